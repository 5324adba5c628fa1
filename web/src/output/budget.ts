// Bounds how many messages are taken from a frame: a bucket that fills up again with time.

/** A picture that moves at every frame of the screen sends 60 in a second; a widget some more. */
const PER_SECOND = 300;
const AT_ONCE = 1_500;

export class Budget {
  #left = AT_ONCE;
  #last = 0;

  /** Whether there is enough left for something that costs so much. */
  spend(cost: number, now: number): boolean {
    this.#left = Math.min(AT_ONCE, this.#left + (Math.max(0, now - this.#last) * PER_SECOND) / 1000) - cost;
    this.#last = now;
    return this.#left >= 0;
  }
}
