import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Coalescer } from "../src/interact/coalescer";
import type { WireValues } from "../src/protocol";
import { FakeClock } from "./fakes";

function rig() {
  const clock = new FakeClock();
  const sent: { values: WireValues; state: number }[] = [];
  const coalescer = new Coalescer((values, state) => sent.push({ values, state }), clock);
  return { clock, sent, coalescer };
}

describe("latest wins", () => {
  it("sends the first change at once and then only the newest", () => {
    const { sent, coalescer } = rig();
    coalescer.raise(3);
    for (const n of [1, 2, 3, 4]) coalescer.change({ n });
    expect(sent).toEqual([{ values: { n: 1 }, state: 4 }]);
    coalescer.heard(4);
    expect(sent.at(-1)).toEqual({ values: { n: 4 }, state: 5 });
    expect(sent.length).toBe(2);
  });

  it("repeats the same state when nothing answers, and sends the newest when there is one", () => {
    const { clock, sent, coalescer } = rig();
    coalescer.change({ n: 1 });
    clock.advance(2_000);
    expect(sent.at(-1)).toEqual({ values: { n: 1 }, state: 1 });
    expect(sent.length).toBe(2);
    coalescer.change({ n: 2 });
    clock.advance(4_000);
    expect(sent.at(-1)).toEqual({ values: { n: 2 }, state: 2 });
  });

  it("lets a newer value overtake one that waits behind a run", () => {
    const { clock, sent, coalescer } = rig();
    coalescer.change({ n: 1 });
    coalescer.change({ n: 2 });
    clock.advance(49);
    expect(sent.length).toBe(1);
    clock.advance(1);
    expect(sent.at(-1)).toEqual({ values: { n: 2 }, state: 2 });
  });

  it("sends the newest at once when the reader lets go", () => {
    const { sent, coalescer } = rig();
    coalescer.change({ n: 1 });
    coalescer.change({ n: 2 });
    coalescer.settle();
    expect(sent.at(-1)).toEqual({ values: { n: 2 }, state: 2 });
    coalescer.settle();
    expect(sent.length).toBe(2);
  });

  it("tells that the reader has let go, with the newest value or else once more with what is under way", () => {
    const clock = new FakeClock();
    const sent: [number, boolean, boolean][] = [];
    const coalescer = new Coalescer((_, state, again, settled) => sent.push([state, again, settled]), clock);
    coalescer.change({ n: 1 });
    coalescer.change({ n: 2 });
    coalescer.settle(true);
    coalescer.settle(true);
    coalescer.heard(2);
    coalescer.change({ n: 3 });
    coalescer.settle(true);
    coalescer.settle(true);
    coalescer.heard(3);
    coalescer.settle(true);
    expect(sent).toEqual([[1, false, false], [2, false, true], [3, false, false], [3, true, true]]);
  });

  it("goes above the state that the service knows", () => {
    const { sent, coalescer } = rig();
    coalescer.change({ n: 1 });
    coalescer.stale(7);
    expect(sent.at(-1)).toEqual({ values: { n: 1 }, state: 8 });
  });

  it("repeats as the same change, so that the service can tell", () => {
    const clock = new FakeClock();
    const again: boolean[] = [];
    const coalescer = new Coalescer((_values, _state, repeated) => again.push(repeated), clock);
    coalescer.change({ n: 1 });
    clock.advance(2_000);
    coalescer.stale(1);
    expect(again).toEqual([false, true, false]);
  });

  it("refuses what is older than what is shown", () => {
    const { coalescer } = rig();
    expect(coalescer.heard(2)).toBe(true);
    expect(coalescer.heard(1)).toBe(false);
    expect(coalescer.heard(2)).toBe(true);
  });

  it("watches a change from before a reload", () => {
    const { clock, sent, coalescer } = rig();
    coalescer.resume({ n: 9 }, 5);
    clock.advance(4_000);
    expect(sent).toEqual([{ values: { n: 9 }, state: 5 }]);
    coalescer.change({ n: 10 });
    coalescer.heard(5);
    expect(sent.at(-1)).toEqual({ values: { n: 10 }, state: 6 });
  });

  /** A network that loses, delays and reorders, and a service that refuses stale states. */
  it("always sends the newest, never has two in flight, never shows an older state after a newer", () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant("change" as const) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant("answer" as const), pick: fc.nat(5) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("lose" as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant("other" as const), by: fc.integer({ min: 1, max: 3 }) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant("wait" as const), time: fc.integer({ min: 1, max: 5_000 }) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const clock = new FakeClock();
        let service = 0;
        /** The state that our own message wrote last. */
        let owner = 0;
        let newest = 0;
        let unanswered = 0;
        let delivered: WireValues = {};
        let lossy = false;
        const states: number[] = [];
        let lastSend = -Infinity;
        const refusals: number[] = [];
        const coalescer: Coalescer = new Coalescer((values, state, again) => {
          // At most one in flight: a newer one only after the answer, or after the bound.
          if (unanswered > 0 && !again) expect(clock.now() - lastSend).toBeGreaterThanOrEqual(50);
          unanswered += 1;
          if (!again) lastSend = clock.now();
          if (lossy) {
            lossy = false;
            return;
          }
          if (again && owner === state) return;
          if (state > service) {
            service = owner = state;
            delivered = values;
            states.push(state);
          } else refusals.push(service);
        }, clock);
        const settleRefusals = () => {
          while (refusals.length > 0) {
            unanswered = 0;
            coalescer.stale(refusals.shift() as number);
          }
        };
        let shown = 0;
        const show = (state: number) => {
          const before = unanswered;
          unanswered = 0;
          const accepted = coalescer.heard(state);
          expect(accepted).toBe(state >= shown);
          if (accepted) shown = state;
          if (!accepted && unanswered === 0) unanswered = before;
          if (coalescer.pending && unanswered === 0) unanswered = before;
        };
        for (const action of steps) {
          if (action.kind === "change") coalescer.change({ n: ++newest });
          else if (action.kind === "answer" && states.length > 0) show(states[action.pick % states.length] as number);
          else if (action.kind === "lose") lossy = true;
          else if (action.kind === "other") service += action.by;
          else if (action.kind === "wait") clock.advance(action.time);
          settleRefusals();
        }
        // Once the network is well again, the newest value arrives.
        lossy = false;
        for (let i = 0; i < 40 && coalescer.pending; i++) {
          clock.advance(15_000);
          settleRefusals();
          if (states.length > 0) show(states.at(-1) as number);
        }
        if (newest > 0) expect(delivered).toEqual({ n: newest });
      }),
      { numRuns: 500 },
    );
  });
});
