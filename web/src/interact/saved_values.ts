// The control values of a cell, kept across a reload and across a new session.
import type { WireValues } from "../protocol";

export type Saved = Record<string, { values: WireValues; state: number }>;

/**
 * Within one session a saved value counts only when it is at least as new as the interact
 * it belongs to. In a new session states begin again: there every value is applied once.
 */
export class SavedValues {
  #saved: Saved;
  #restoring = new Set<string>();

  constructor(saved: Saved = {}) {
    this.#saved = { ...saved };
  }

  get all(): Saved {
    return this.#saved;
  }

  set(name: string, values: WireValues, state: number): void {
    this.#saved[name] = { values, state };
  }

  /** Set while no session is there to take it. */
  setForNext(name: string, values: WireValues): void {
    this.set(name, values, 0);
    this.#restoring.add(name);
  }

  /** A new session will run the same code: what the reader had set is to be applied again. */
  restore(): void {
    this.#restoring = new Set(Object.keys(this.#saved));
  }

  /** A fresh run: the program's own defaults count. */
  forget(): void {
    this.#saved = {};
    this.#restoring.clear();
  }

  /** What the controls of a just started interact should show, and whether that must be sent. */
  take(name: string, state: number): { values: WireValues; send: boolean } | null {
    const saved = this.#saved[name];
    if (!saved) return null;
    if (this.#restoring.delete(name)) return { values: saved.values, send: true };
    if (saved.state >= state) return { values: saved.values, send: false };
    delete this.#saved[name];
    return null;
  }
}
