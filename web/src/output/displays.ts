// Who shows what was displayed under an id, in any area of a cell, so that it can be updated there.
import type { Picture } from "./content";

type Update = (picture: Picture) => void;

export class Displays {
  readonly #updates = new Map<string, Set<Update>>();

  /** For the proof that nothing grows. */
  get size(): number {
    return this.#updates.size;
  }

  /** Returns what ends it; without an id there is nothing to follow. */
  add(id: string, update: Update): () => void {
    if (!id) return () => {};
    const group = this.#updates.get(id) ?? new Set();
    this.#updates.set(id, group.add(update));
    return () => {
      if (group.delete(update) && group.size === 0 && this.#updates.get(id) === group) this.#updates.delete(id);
    };
  }

  /** Whether anything shows it. */
  update(id: string, picture: Picture): boolean {
    const group = this.#updates.get(id);
    for (const update of group ?? []) update(picture);
    return group !== undefined;
  }

  clear(): void {
    this.#updates.clear();
  }
}
