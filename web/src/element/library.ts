// Loads the interact library once, when the first cell needs it.
export type Library = typeof import("../interact/library");

/** A chunk that did not come may come at the next try. */
const WAITS = [500, 2_000];

let loading: Promise<Library> | null = null;

export function loadLibrary(): Promise<Library> {
  loading ??= attempt(0).catch((error: unknown) => {
    loading = null;
    throw error;
  });
  return loading;
}

async function attempt(number: number): Promise<Library> {
  try {
    return await import("../interact/library");
  } catch (error) {
    const wait = WAITS[number];
    if (wait === undefined) throw error;
    await new Promise((resolve) => setTimeout(resolve, wait));
    return attempt(number + 1);
  }
}
