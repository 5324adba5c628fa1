// How long to wait before the next attempt to connect.

const FIRST = 500;
const CAP = 30_000;

/** Exponential with jitter, so that the cells of many readers do not return in one wave. */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(CAP, FIRST * 2 ** Math.min(attempt, 16));
  return ceiling * (0.5 + random() / 2);
}
