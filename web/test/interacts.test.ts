import { beforeEach, describe, expect, it } from "vitest";
import { Interacts } from "../src/interact/interacts";
import { SavedValues } from "../src/interact/saved_values";
import { OutputArea } from "../src/output/area";
import type { Message } from "../src/protocol";
import { displayRegistry, extension, FakeClock, iopub, sliderStart, status, stream } from "./fakes";

const registry = displayRegistry();

function rig(saved = new SavedValues()) {
  const clock = new FakeClock();
  const root = new OutputArea(registry);
  document.body.replaceChildren(root.element);
  const sent: Message[] = [];
  const session = { alive: true, restarts: 0 };
  const interacts = new Interacts({
    clock,
    root,
    saved,
    frameUrl: "about:blank",
    language: "en",
    makeArea: () => new OutputArea(registry),
    send: (message) => sent.push(message),
    alive: () => session.alive,
    restart: () => (session.restarts += 1),
    shown: () => {},
      ended: () => {},
    changed: () => {},
  });
  const feed = (...messages: Message[]) => {
    for (const message of messages) {
      const area = interacts.route(message);
      if (area && message.header.msg_type === "stream") area.stream("stdout", String(message.content["text"]));
    }
  };
  const panel = (name: string) => root.element.querySelector<HTMLElement>(`[data-function="${name}"]`);
  const output = (name: string) => panel(name)?.querySelector<HTMLElement>('[part="output"]');
  const move = (name: string, value: number) => {
    const input = panel(name)?.querySelector("input") as HTMLInputElement;
    input.value = String(value);
    input.dispatchEvent(new Event("input"));
  };
  const states = () => sent.map(({ metadata }) => metadata.interact?.state);
  return { clock, root, sent, session, interacts, feed, panel, output, move, states, saved };
}

const f = (state: number) => ({ function_name: "f", state });
const start = (state = 1, extra = {}) => extension("interact_start", sliderStart("f", state, extra), 1);
const end = (state: number) => extension("interact_end", f(state), 1, f(state));

let it_: ReturnType<typeof rig>;
beforeEach(() => {
  it_ = rig();
});

describe("an interact", () => {
  it("grows a panel, and its output stands under it", () => {
    it_.feed(start(), stream("one", 2, f(1)), end(1));
    expect(it_.panel("f")).not.toBeNull();
    expect(it_.output("f")?.textContent).toBe("one");
    expect(it_.output("f")?.dataset["state"]).toBe("1");
    expect(it_.output("f")?.getAttribute("aria-busy")).toBe("false");
  });

  it("sends all values with a state above all seen, one at a time", () => {
    it_.feed(start(3), end(3));
    it_.move("f", 5);
    it_.move("f", 6);
    it_.move("f", 7);
    expect(it_.states()).toEqual([4]);
    expect(it_.sent[0]?.metadata.interact?.values).toEqual({ n: 5 });
    it_.feed(status("busy", 4, f(4)));
    expect(it_.sent[1]?.metadata.interact).toMatchObject({ state: 5, values: { n: 7 } });
  });

  it("keeps the old output until the new one begins, then drops what is older", () => {
    it_.feed(start(), stream("one", 2, f(1)), end(1));
    it_.move("f", 5);
    expect(it_.output("f")?.textContent).toBe("one");
    expect(it_.output("f")?.getAttribute("aria-busy")).toBe("true");
    it_.feed(status("busy", 3, f(2)));
    expect(it_.output("f")?.textContent).toBe("one");
    it_.feed(stream("two", 4, f(2)), stream("late", 5, f(1)), end(2));
    expect(it_.output("f")?.textContent).toBe("two");
    expect(it_.output("f")?.dataset["state"]).toBe("2");
  });

  it("is cleared when the new state says nothing, but not when it was refused", () => {
    it_.feed(start(), stream("one", 2, f(1)), end(1));
    it_.move("f", 5);
    it_.feed(extension("interact_error", { ...f(2), errors: { n: "no such thing" } }, 3, f(2)), end(2));
    expect(it_.output("f")?.textContent).toBe("one");
    expect(it_.panel("f")?.querySelector('[role="alert"]')?.textContent).toBe("no such thing");
    it_.move("f", 6);
    it_.feed(status("busy", 4, f(3)), end(3));
    expect(it_.panel("f")?.querySelector<HTMLElement>('[role="alert"]')?.hidden).toBe(true);
    expect(it_.output("f")?.textContent).toBe("");
    expect(it_.output("f")?.dataset["state"]).toBe("3");
  });

  it("goes above the state of another watcher", () => {
    it_.feed(start());
    it_.move("f", 5);
    const request = it_.sent[0] as Message;
    it_.feed({ ...iopub("execute_reply", { status: "error", ename: "StaleState", state: 9 }), parent_header: request.header });
    expect(it_.sent[1]?.metadata.interact).toMatchObject({ state: 10, values: { n: 5 } });
  });

  it("repeats an unanswered change as the very same message", () => {
    it_.feed(start());
    it_.move("f", 5);
    it_.clock.advance(2_000);
    expect(it_.sent[1]).toEqual(it_.sent[0]);
  });

  it("takes values from the program without sending them", () => {
    it_.feed(start(), extension("interact_update", { function_name: "f", values: { n: 12 } }, 2));
    expect(it_.panel("f")?.querySelector("input")?.value).toBe("12");
    expect(it_.sent).toEqual([]);
  });

  it("waits for its button when it has one", () => {
    it_.feed(start(1, { options: { update: "button" } }));
    it_.move("f", 5);
    expect(it_.sent).toEqual([]);
    it_.panel("f")?.querySelector("button")?.click();
    expect(it_.states()).toEqual([2]);
  });

  it("is throttled when it asks for that, and still sends the last value", () => {
    it_.feed(start(1, { options: { throttle: 500 } }));
    it_.move("f", 5);
    it_.feed(status("busy", 2, f(2)), end(2));
    it_.move("f", 6);
    it_.move("f", 7);
    expect(it_.states()).toEqual([2]);
    it_.clock.advance(500);
    expect(it_.sent[1]?.metadata.interact?.values).toEqual({ n: 7 });
  });
});

describe("nested interacts", () => {
  const g = (state: number) => ({ function_name: "f/g", state });
  const nested = (state: number, parent: number) => extension("interact_start", sliderStart("f/g", state, { parent: "f" }), 1, f(parent));

  it("stand in the output of their parent, and are made anew with it, in place", () => {
    it_.feed(start(), stream("f1", 2, f(1)), nested(1, 1), stream("g1", 3, g(1)), end(1));
    const before = it_.panel("f/g");
    expect(it_.output("f")?.contains(before)).toBe(true);
    it_.move("f/g", 4);
    it_.feed(stream("g4", 4, g(2)));
    it_.move("f", 2);
    it_.feed(stream("f2", 5, f(2)));
    // The name is free until it is used again: late output of the old one has no place.
    it_.feed(stream("ghost", 6, g(2)));
    expect(it_.root.element.textContent).not.toContain("ghost");
    it_.feed(nested(3, 2), stream("g3", 7, g(3)), end(2));
    expect(it_.panel("f/g")).toBe(before);
    expect(it_.panel("f/g")?.querySelector("input")?.value).toBe("1");
    expect(it_.output("f/g")?.textContent).toBe("g3");
    it_.move("f/g", 8);
    expect(it_.sent.at(-1)?.metadata.interact).toMatchObject({ function_name: "f/g", state: 4 });
  });

  it("vanish when the parent no longer makes them", () => {
    it_.feed(start(), nested(1, 1), end(1));
    it_.move("f", 2);
    it_.feed(stream("alone", 5, f(2)), end(2));
    expect(it_.panel("f/g")).toBeNull();
    expect(it_.output("f")?.textContent).toBe("alone");
  });
});

describe("after the end of a session", () => {
  it("a change asks for a new one, which gets the values without showing the defaults", () => {
    it_.feed(start(), stream("one", 2, f(1)), end(1));
    it_.interacts.stop();
    it_.session.alive = false;
    it_.move("f", 9);
    expect(it_.session.restarts).toBe(1);
    expect(it_.sent).toEqual([]);

    const next = rig(it_.saved);
    next.feed(start());
    expect(next.panel("f")?.querySelector("input")?.value).toBe("9");
    expect(next.sent[0]?.metadata.interact).toMatchObject({ state: 2, values: { n: 9 } });
    next.feed(stream("default", 3, f(1)), end(1));
    expect(next.output("f")?.textContent).toBe("");
    next.feed(stream("nine", 4, f(2)), end(2));
    expect(next.output("f")?.textContent).toBe("nine");
  });

  it("after a reload values are shown again, not sent again", () => {
    const saved = new SavedValues({ f: { values: { n: 6 }, state: 4 } });
    const next = rig(saved);
    next.feed(start(1), stream("six", 9, f(4)), end(4));
    next.interacts.replayed();
    next.clock.advance(60_000);
    expect(next.panel("f")?.querySelector("input")?.value).toBe("6");
    expect(next.sent).toEqual([]);
    next.move("f", 7);
    expect(next.states()).toEqual([5]);
  });

  it("after a reload a change that was never answered is sent again", () => {
    const next = rig(new SavedValues({ f: { values: { n: 6 }, state: 4 } }));
    next.feed(start(1), stream("one", 2, f(1)), end(1));
    next.interacts.replayed();
    next.clock.advance(4_000);
    expect(next.sent[0]?.metadata.interact).toMatchObject({ state: 4, values: { n: 6 } });
  });
});

describe("clicks", () => {
  const controls = { n: { control_type: "slider", subtype: "integer", range: [1, 20], step: 1, default: 1 }, go: { control_type: "button", text: "Go" } };
  const begin = () => it_.feed(start(1, { controls }), end(1));
  const click = () => it_.panel("f")?.querySelector("button")?.click();
  const values = () => it_.sent.map(({ metadata }) => metadata.interact?.values);

  it("are sent with one change, and not lost behind a newer one", () => {
    begin();
    it_.move("f", 2);
    click();
    it_.move("f", 3);
    it_.feed(status("busy", 2, f(2)));
    expect(values()).toEqual([{ n: 2, go: false }, { n: 3, go: true }]);
    it_.move("f", 4);
    // One that is on its way is never overtaken: it would be lost, or counted twice.
    it_.clock.advance(3_000);
    expect(it_.sent[2]).toEqual(it_.sent[1]);
    it_.feed(status("busy", 3, f(3)));
    expect(values().at(-1)).toEqual({ n: 4, go: false });
    expect(it_.saved.all["f"]?.values).toEqual({ n: 4, go: false });
  });

  it("start a session anew, and count there", () => {
    begin();
    it_.interacts.stop();
    it_.session.alive = false;
    click();
    const next = rig(it_.saved);
    next.feed(start(1, { controls }));
    expect(next.sent[0]?.metadata.interact?.values).toEqual({ n: 1, go: true });
  });
});

describe("interact_update", () => {
  const counter = { n: { control_type: "slider", subtype: "integer", range: [1, 20], step: 1, default: 1 }, total: { control_type: "input_box", subtype: "integer", default: "0" } };
  const update = (content: object, state?: number) => extension("interact_update", { function_name: "f", ...content }, 3, state === undefined ? undefined : f(state));

  it("is not undone by a change that waits", () => {
    it_.feed(start(1, { controls: counter, layout: [] }), end(1));
    it_.move("f", 2);
    it_.move("f", 3);
    it_.feed(update({ values: { total: "7", n: 20 } }, 2));
    expect(it_.sent.at(-1)?.metadata.interact?.values).toMatchObject({ n: 3 });
    it_.move("f", 4);
    it_.feed(status("busy", 9, f(3)));
    expect(it_.sent.at(-1)?.metadata.interact?.values).toMatchObject({ n: 4, total: "7" });
  });

  it("adds and removes controls, which then belong to every change", () => {
    it_.feed(start(), end(1), update({ controls: { c: { control_type: "checkbox", default: true } }, layout: [[["n", null], ["c", null]]] }));
    it_.move("f", 5);
    expect(it_.sent[0]?.metadata.interact?.values).toEqual({ n: 5, c: true });
    it_.feed(update({ removed: ["c"] }), end(2));
    it_.move("f", 6);
    expect(it_.sent.at(-1)?.metadata.interact?.values).toEqual({ n: 6 });
  });
});

describe("the state of a cell", () => {
  const inner = (state: number, parent: number) => extension("interact_start", sliderStart("f/g", state, { parent: "f" }), 1, f(parent));

  it("has every function, also after the end of the session", () => {
    it_.feed(start(), inner(1, 1), end(1));
    it_.move("f/g", 4);
    expect(it_.interacts.state).toEqual({ f: { n: 1 }, "f/g": { n: 4 } });
    it_.interacts.stop();
    expect(it_.interacts.state).toEqual({ f: { n: 1 }, "f/g": { n: 4 } });
  });

  it("from a link is applied by the next run, inner functions included", () => {
    it_.saved.preset({ f: { n: 9 }, "f/g": { n: 3 } });
    it_.saved.forget();
    expect(it_.saved.waiting).toEqual({ f: { n: 9 }, "f/g": { n: 3 } });
    it_.feed(start(), stream("default", 2, f(1)), inner(1, 1), end(1));
    expect(it_.states()).toEqual([2]);
    expect(it_.root.element.textContent).not.toContain("default");
    it_.feed(stream("nine", 3, f(2)), inner(2, 2));
    expect(it_.sent.at(-1)?.metadata.interact).toMatchObject({ function_name: "f/g", values: { n: 3 } });
    expect(it_.saved.waiting).toEqual({});
  });

  it("is applied to what stands; what is made anew by that gets its part then", () => {
    it_.feed(start(), inner(1, 1), end(1));
    const rest = it_.interacts.apply({ f: { n: 5 }, "f/g": { n: 6 }, other: { n: 7 } });
    expect(it_.sent.map(({ metadata }) => metadata.interact?.function_name)).toEqual(["f"]);
    expect(rest).toEqual({ "f/g": { n: 6 }, other: { n: 7 } });
  });

  it("that equals the defaults is not sent", () => {
    it_.saved.preset({ f: { n: 1 } });
    it_.feed(start(), stream("one", 2, f(1)), end(1));
    expect(it_.sent).toEqual([]);
    expect(it_.output("f")?.textContent).toBe("one");
  });
});
