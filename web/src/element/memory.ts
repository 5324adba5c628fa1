// What a cell remembers across a reload, in sessionStorage.
import type { SessionKey } from "../channel/contract";
import type { Saved } from "../interact/saved_values";
import type { WireValues } from "../protocol";

export interface Memory {
  /** The author's code: when the page has changed, the reader's old copy is dropped. */
  source: string;
  /** What the editor holds. */
  code: string;
  /** What the session ran. */
  ran: string | null;
  /** The msg_id of the request that it ran. */
  request: string | null;
  session: SessionKey | null;
  /** The last sequence that was shown. */
  last: number;
  values: Saved;
  /** Input requests that have been answered, so that a replay does not ask again. */
  answered: string[];
}

/** Storage is small: a large file of the reader is chosen again after a reload. */
const LARGEST_TEXT = 200_000;
const withoutFiles = (_: string, value: unknown): unknown => {
  const data = (value as { data?: unknown } | null)?.data;
  return typeof data === "string" && data.length > LARGEST_TEXT ? undefined : value;
};

export const emptyMemory = (source: string): Memory => ({ source, code: source, ran: null, request: null, session: null, last: 0, values: {}, answered: [] });

export const valuesOf = (saved: Saved): Record<string, WireValues> => Object.fromEntries(Object.entries(saved).map(([name, { values }]) => [name, values]));

const SAVE_AFTER = 250;

export class MemoryStore {
  #timer = 0;

  constructor(private readonly key: string) {}

  load(source: string): Memory {
    try {
      const stored = JSON.parse(sessionStorage.getItem(this.key) ?? "null") as Partial<Memory> | null;
      if (stored && stored.source === source) return { ...emptyMemory(source), ...stored };
    } catch {
      // Storage can be forbidden or full of something else; the cell works without.
    }
    return emptyMemory(source);
  }

  /** When nothing more has changed for a moment; it is asked for then. */
  saveSoon(current: () => Memory): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.save(current()), SAVE_AFTER);
  }

  save(memory: Memory): void {
    clearTimeout(this.#timer);
    try {
      sessionStorage.setItem(this.key, JSON.stringify(memory, withoutFiles));
    } catch {
      // As above.
    }
  }
}
