// The control values of a cell, kept across a reload and across a new session.
import type { WireValues } from "../protocol";

/** A program may make ever new names; only the newest are worth keeping. */
const KEPT = 1_000;

export type Saved = Record<string, { values: WireValues; state: number }>;

/**
 * Within one session a saved value counts only when it is at least as new as the interact
 * it belongs to. In a new session states begin again: there every value is applied once.
 */
export class SavedValues {
  #saved: Saved;
  #restoring = new Set<string>();
  /** From a link: waits for the next run, whatever ran before. */
  readonly #preset = new Map<string, WireValues>();

  constructor(saved: Saved = {}) {
    this.#saved = { ...saved };
  }

  get all(): Saved {
    return this.#saved;
  }

  set(name: string, values: WireValues, state: number): void {
    delete this.#saved[name];
    this.#saved[name] = { values, state };
    const names = Object.keys(this.#saved);
    for (const old of names.slice(0, Math.max(0, names.length - KEPT))) {
      delete this.#saved[old];
      this.#restoring.delete(old);
    }
  }

  /** Set while no session is there to take it. */
  setForNext(name: string, values: WireValues): void {
    this.set(name, values, 0);
    this.#restoring.add(name);
  }

  /** What the next interact of each name is to show, instead of its defaults. */
  preset(state: Record<string, WireValues>): void {
    for (const [name, values] of Object.entries(state)) this.#preset.set(name, values);
  }

  /** What waits to be applied. */
  get waiting(): Record<string, WireValues> {
    const restoring = [...this.#restoring].flatMap((name) => (this.#saved[name] ? [[name, this.#saved[name].values] as const] : []));
    return Object.fromEntries([...restoring, ...this.#preset]);
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
    const preset = this.#preset.get(name);
    if (preset) {
      this.#preset.delete(name);
      this.#restoring.delete(name);
      delete this.#saved[name];
      return { values: preset, send: true };
    }
    const saved = this.#saved[name];
    if (!saved) return null;
    if (this.#restoring.delete(name)) return { values: saved.values, send: true };
    if (saved.state >= state) return { values: saved.values, send: false };
    delete this.#saved[name];
    return null;
  }
}
