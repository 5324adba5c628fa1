// A hand that drags a slider at 60 Hz, and an eye that notes what is shown when.
import { within, type Cell } from "./cell";

const HERTZ = 60;
const FINAL_WAIT = 60_000;

/** What one drag came to; times in milliseconds, `staleness` from the last event to the output of the final value. */
export interface Drag {
  events: number;
  staleness: number;
  runs: number;
  /** New values shown before the last event, and all told. */
  live: number;
  shown: number;
  /** The longest time without anything new, from the first event to the final value. */
  silence: number;
  /** Values that were shown after a newer one. */
  backwards: number;
  received: number;
  sent: number;
}

/** Moves the slider from `from + 1` to `from + events`, one step an event. */
export async function drag(cell: Cell, from: number, events: number): Promise<Drag> {
  const before = { ...cell.traffic, runs: await cell.runs() };
  const final = from + events;
  const news: number[] = [];
  let newest = from;
  let backwards = 0;
  const shown = new Promise<number>((resolve) => {
    cell.onShown = (value) => {
      if (value < newest) backwards += 1;
      if (value <= newest) return;
      newest = value;
      news.push(performance.now());
      if (value === final) resolve(performance.now());
    };
  });
  const began = performance.now();
  let last = began;
  for (let number = 1; number <= events; number++) {
    await until(began + (number * 1000) / HERTZ);
    last = performance.now();
    cell.set(from + number);
  }
  cell.release();
  const ended = await within(FINAL_WAIT, `the output of ${final}`, shown);
  const times = [began + 1000 / HERTZ, ...news];
  return {
    events,
    staleness: ended - last,
    runs: (await cell.runs()) - before.runs,
    live: news.filter((at) => at < last).length,
    shown: news.length,
    silence: Math.max(...times.slice(1).map((at, index) => at - (times[index] as number))),
    backwards,
    received: cell.traffic.received - before.received,
    sent: cell.traffic.sent - before.sent,
  };
}

const until = (at: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.max(0, at - performance.now())));
