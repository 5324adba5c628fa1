import { describe, expect, it, vi } from "vitest";
import { Interacts } from "../src/interact/interacts";
import { SavedValues } from "../src/interact/saved_values";
import { StateCounts } from "../src/interact/state_counts";
import { OutputArea } from "../src/output/area";
import type { Message } from "../src/protocol";
import { displayRegistry, extension, FakeClock, iopub, sliderStart, stream } from "./fakes";

// Thousands of real frames take minutes here; that a frame lets go of its listeners is tested with the panel.
const frames = vi.hoisted(() => ({ living: 0 }));
vi.mock("../src/output/output_frame", async () => {
  const { Slot } = await import("../src/output/slot");
  return {
    OutputFrame: class {
      element = document.createElement("i");
      usable = true;
      #slots = 0;
      constructor(_url: string, _language: string, readonly emptied: (frame: object) => void = () => {}) {
        frames.living += 1;
      }
      insert() {
        return new Slot(this as never, ++this.#slots);
      }
      remove(): void {
        if (--this.#slots === 0) this.emptied(this);
      }
      post(): void {}
      async drawn(): Promise<void> {}
      destroy(): void {
        frames.living -= 1;
        this.element.remove();
      }
    },
  };
});

const registry = displayRegistry();
const f = (state: number) => ({ function_name: "f", state });
const start = () => extension("interact_start", sliderStart("f", 1), 1);
const end = (state: number) => extension("interact_end", f(state), 1, f(state));

function rig() {
  const root = new OutputArea(registry);
  const makeArea = () => new OutputArea(registry);
  const nothing = () => {};
  const interacts = new Interacts({ clock: new FakeClock(), root, saved: new SavedValues(), frameUrl: "", language: "en", makeArea, send: nothing, alive: () => true, restart: nothing, shown: nothing, ended: nothing, changed: nothing });
  const feed = (...messages: Message[]) => {
    for (const message of messages) {
      const area = interacts.route(message);
      if (message.header.msg_type === "display_data") area?.display(message.content);
      if (message.header.msg_type === "stream") area?.stream("stdout", String(message.content["text"]));
    }
  };
  return { root, interacts, feed };
}

describe("a thousand re-creations", () => {
  it.each([[1_000, 0], [250, 7]])("leave nothing behind: no panels, no listeners, no entries (%d, each %d. cut short)", (rounds, cutShort) => {
    const it_ = rig();
    const nested = (name: string, state: number, parent: string, of: number) =>
      extension("interact_start", sliderStart(name, state, { parent, controls: { h: { control_type: "html_box", html: "<b>x</b>" }, n: { control_type: "checkbox", default: false } } }), 1, { function_name: parent, state: of });
    const html = (tag: { function_name: string; state: number }) => iopub("display_data", { data: { "text/html": "<i>x</i>" }, metadata: {}, transient: { display_id: `d${tag.state}` } }, 1, tag);
    it_.feed(start());
    const seen: { nodes: number; listeners: number; displays: number; interacts: number }[] = [];
    let state = 1;
    for (let round = 1; round <= rounds; round++) {
      const tag = f(round);
      if (round > 1) it_.feed(extension("interact_end", f(round - 1), 1, f(round - 1)));
      it_.feed(stream("outer", 1, tag));
      // A changing number of inner interacts, one of them with an inner one of its own and names that never come back.
      for (let i = 0; i <= round % 3; i++) {
        const name = `f/g-${i}`;
        const g = { function_name: name, state: ++state };
        const h = { function_name: `${name}/h${round}`, state: 1 };
        it_.feed(nested(name, state, "f", round), html(g), nested(h.function_name, 1, name, state), html(h));
        // Some runs are cut short: their end never comes.
        if (cutShort === 0 || round % cutShort !== 0) it_.feed(extension("interact_end", h, 1, h), extension("interact_end", g, 1, g));
      }
      it_.feed(end(round));
      if (round % 3 === 0) seen.push({ interacts: it_.interacts.sizes.interacts, listeners: frames.living, displays: registry.displays.size, nodes: it_.root.element.querySelectorAll("*").length });
    }
    expect(seen.length).toBe(Math.floor(rounds / 3));
    const half = Math.floor(seen.length / 2);
    if (cutShort === 0) expect(seen.at(-1)).toEqual(seen[1]);
    // What cut-short runs leave is thrown out after a while: the second half is no larger than the first.
    const most = (of: "nodes" | "listeners" | "displays" | "interacts", part: typeof seen) => Math.max(...part.map((one) => one[of]));
    for (const of of ["nodes", "listeners", "displays", "interacts"] as const) expect(most(of, seen.slice(half))).toBeLessThanOrEqual(most(of, seen.slice(0, half)));
    expect(it_.interacts.sizes.sent).toBeLessThanOrEqual(64);
    expect(it_.interacts.sizes.counts).toBeLessThanOrEqual(10_000);
    it_.feed(stream("alone", 1, f(rounds + 1)), end(rounds + 1));
    expect(it_.interacts.sizes).toMatchObject({ interacts: 1 });
    expect([frames.living, registry.displays.size]).toEqual([0, 0]);
  }, 60_000);

  it("remembers the newest 10,000 names", () => {
    const counts = new StateCounts();
    for (let i = 0; i < 12_000; i++) counts.raise(`f${i}`, i);
    expect([counts.size, counts.get("f11999"), counts.get("f1")]).toEqual([10_000, 11_999, 0]);
  });
});
