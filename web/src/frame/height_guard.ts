// Stops a frame whose content is as tall as its window (100vh) from growing without end.

const GROWTHS = 3;
const WITHIN = 250;
/** Content that follows the window gets this height and scrolls inside. */
export const FROZEN_HEIGHT = 480;

export class HeightGuard {
  #last = -1;
  #lastTold = -Infinity;
  #growths = 0;
  #frozen = false;

  /** New content: believe it again. */
  reset(): void {
    this.#growths = 0;
    this.#frozen = false;
    this.#last = -1;
  }

  /** The content has changed by itself, so growing is legitimate. */
  changed(): void {
    this.#growths = 0;
  }

  /** The height that is believed, told or not. */
  believed(height: number, now: number): number {
    return this.next(height, now) ?? (this.#frozen ? FROZEN_HEIGHT : this.#last);
  }

  /** The height to tell the page, or null when there is nothing to tell. */
  next(height: number, now: number): number | null {
    const rounded = Math.ceil(height);
    if (this.#frozen || rounded === this.#last) return null;
    const followsOurResize = rounded > this.#last && this.#last >= 0 && now - this.#lastTold < WITHIN;
    this.#growths = followsOurResize ? this.#growths + 1 : 0;
    this.#last = rounded;
    this.#lastTold = now;
    if (this.#growths >= GROWTHS) {
      this.#frozen = true;
      return FROZEN_HEIGHT;
    }
    return rounded;
  }
}
