// The highest state of every function name ever seen in a session, for names whose panel is gone.

/** A program may make ever new names; the newest are remembered, the oldest will hardly come back. */
const KEPT = 10_000;

export class StateCounts {
  readonly #counts = new Map<string, number>();

  get size(): number {
    return this.#counts.size;
  }

  get(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  raise(name: string, state: number): void {
    const highest = Math.max(this.get(name), state);
    this.#counts.delete(name);
    this.#counts.set(name, highest);
    if (this.#counts.size > KEPT) this.#counts.delete(this.#counts.keys().next().value as string);
  }
}
