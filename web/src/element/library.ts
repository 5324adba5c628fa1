// Loads what a cell needs once it runs, or comes into view: its session, the output and the controls.
import type { SessionView } from "./session_view";

/** A chunk that did not come may come at the next try. */
const WAITS = [500, 2_000];

export type SessionLibrary = typeof import("./session_library");
export type { SessionView };

let loading: Promise<SessionLibrary> | null = null;

export function loadLibrary(): Promise<SessionLibrary> {
  loading ??= attempt(0).catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function attempt(number: number): Promise<SessionLibrary> {
  try {
    return await import("./session_library");
  } catch (error) {
    const wait = WAITS[number];
    if (wait === undefined) throw error;
    await new Promise((resolve) => setTimeout(resolve, wait));
    return attempt(number + 1);
  }
}
