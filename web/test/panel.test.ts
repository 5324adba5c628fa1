import { beforeEach, describe, expect, it } from "vitest";
import { planLayout, tracks } from "../src/interact/layout";
import { Panel } from "../src/interact/panel";
import { interactStart, interactUpdate } from "../src/interact/start";
import { OutputArea } from "../src/output/area";
import type { InteractOptions, InteractStart, Layout, WireValues } from "../src/protocol";
import { displayRegistry, fakeMatchMedia } from "./fakes";

const NUMBER = { control_type: "slider", subtype: "integer", range: [0, 10], step: 1, default: 1 };

function rig({ controls = { a: NUMBER, b: NUMBER } as Record<string, object>, layout = [] as Layout, options = {} as InteractOptions } = {}) {
  const start = interactStart({ function_name: "f", state: 1, controls, layout, options, parent: null }) as InteractStart;
  const area = new OutputArea(displayRegistry());
  const panel = new Panel(start, area);
  document.body.replaceChildren(panel.element);
  const told: WireValues[] = [];
  panel.onChange = (values) => void told.push(values);
  const field = (name: string) => panel.element.querySelector<HTMLElement>(`[data-argument="${name}"]`) as HTMLElement;
  const input = (name: string) => field(name).querySelector("input, button") as HTMLInputElement;
  const move = (name: string, value: number) => {
    input(name).value = String(value);
    input(name).dispatchEvent(new Event("input"));
  };
  const order = () => [...panel.element.querySelectorAll<HTMLElement>("[data-argument], .area")].map((element) => element.dataset["argument"] ?? "_output");
  return { panel, area, told, field, input, move, order };
}

beforeEach(() => document.body.replaceChildren());

describe("layout", () => {
  it("puts first what is not placed, and the output last", () => {
    expect(rig({ layout: [[["b", 2], [null, null]]] }).order()).toEqual(["a", "b", "_output"]);
  });

  it("stands around the output in reading order", () => {
    const controls = { a: NUMBER, b: NUMBER, c: NUMBER, d: NUMBER };
    const layout: Layout = { top: [[["d", null]]], left: [[["c", null]]], right: [[["b", null]]], bottom: [[["a", null]]] };
    const { order, area } = rig({ controls, layout });
    expect(order()).toEqual(["d", "c", "_output", "b", "a"]);
    expect(area.element.closest(".middle")?.querySelectorAll("[data-argument]").length).toBe(2);
    expect(rig({ controls, layout: [[["a", 1], ["_output", 2], ["b", 1]], [["c", null]]] }).order()).toEqual(["d", "a", "_output", "b", "c"]);
  });

  it("has shares and spacers", () => {
    expect(tracks([2, null])).toBe("minmax(0, 2fr) minmax(0, 1fr)");
    expect(tracks([0.25, null, null])).toBe("minmax(0, 0.25fr) minmax(0, 0.375fr) minmax(0, 0.375fr)");
    const { panel } = rig({ layout: [[["a", 3], [null, 1]]] });
    expect(panel.element.querySelectorAll(".spacer").length).toBe(1);
  });

  it("forgives names that are unknown, doubled or no names at all", () => {
    const plan = planLayout([[["a", -1], ["zz", 1], ["a", 1]], 7, [["_output", null], ["_output", 2]]] as unknown as Layout, ["a"]);
    expect(plan).toEqual({ top: [[["a", null]]], before: [], output: null, after: [], bottom: [] });
  });
});

describe("options", () => {
  it("update: marks what is not applied, and tells all at once", () => {
    const { panel, told, field, move } = rig({ options: { update: "button" } });
    const update = panel.element.querySelector<HTMLElement>('[part="update"]');
    move("a", 5);
    expect(told).toEqual([]);
    expect(field("a").classList.contains("unapplied")).toBe(true);
    expect(field("b").classList.contains("unapplied")).toBe(false);
    expect(panel.element.querySelector('[role="status"]')?.textContent).toContain("not applied");
    move("a", 1);
    expect(field("a").classList.contains("unapplied")).toBe(false);
    move("a", 6);
    update?.click();
    expect(told).toEqual([{ a: 6, b: 1 }]);
    expect(field("a").classList.contains("unapplied")).toBe(false);
    expect(panel.element.querySelector('[role="status"]')?.textContent).toBe("");
  });

  it("update: named arguments run the function, the others wait for them", () => {
    const { panel, told, field, move } = rig({ options: { update: ["b"] } });
    move("a", 5);
    expect(told).toEqual([]);
    expect(field("a").classList.contains("unapplied")).toBe(true);
    expect(panel.element.querySelector('[part="update"]')).toBeNull();
    move("b", 2);
    expect(told).toEqual([{ a: 5, b: 2 }]);
    expect(field("a").classList.contains("unapplied")).toBe(false);
  });

  it("update: an update button of the author is the only one, and clicks wait for it", () => {
    const { panel, told, input } = rig({ controls: { go: { control_type: "button", text: "x" }, u: { control_type: "update_button", text: "Now" } }, options: { update: "button" } });
    expect(panel.element.querySelector('[part="update"]')).toBeNull();
    input("go").click();
    expect(told).toEqual([]);
    input("u").click();
    input("u").click();
    expect(told).toEqual([{ go: true, u: true }, { go: false, u: true }]);
  });

  it("read-only is told, and no update button is drawn", () => {
    const { panel, input } = rig({ options: { readonly: true, update: "button" } });
    expect(panel.element.getAttribute("aria-label")).toContain("read-only");
    expect(input("a").disabled).toBe(true);
    expect(panel.element.querySelector('[part="update"]')).toBeNull();
  });

  it("output: false hides what is printed, never an error", () => {
    expect(rig({ options: { output: false } }).panel.element.classList.contains("no-output")).toBe(true);
  });
});

describe("what the program changes", () => {
  it("adds, removes and replaces controls; the output is never moved", () => {
    const { panel, area, order, field } = rig();
    const cell = area.element.parentElement;
    const a = field("a");
    panel.update(interactUpdate({ controls: { c: NUMBER }, removed: ["b"], layout: [[["a", null]], [["c", null], ["_output", 1]]] }));
    expect(order()).toEqual(["a", "c", "_output"]);
    expect(area.element.parentElement).toBe(cell);
    expect(field("a")).toBe(a);
    expect(panel.values).toEqual({ a: 1, c: 1 });
    panel.update(interactUpdate({ controls: { c: { ...NUMBER, range: [0, 3] } }, values: { c: 3 } }));
    expect(panel.values).toEqual({ a: 1, c: 3 });
    expect(field("c").querySelector("input")?.max).toBe("3");
    expect(field("a")).toBe(a);
    panel.update(interactUpdate({ layout: { left: [[["a", null]]], bottom: [[["c", null]]] } }));
    expect(order()).toEqual(["a", "_output", "c"]);
    expect(area.element.parentElement).toBe(cell);
  });

  it("does not disturb a drag, and comes after it", async () => {
    const { panel, field, input, move } = rig();
    const a = field("a");
    input("a").dispatchEvent(new Event("pointerdown", { bubbles: true }));
    move("a", 7);
    panel.update(interactUpdate({ controls: { a: { ...NUMBER, range: [0, 20] } }, values: { b: 4 } }));
    expect(field("a")).toBe(a);
    expect(panel.values).toEqual({ a: 7, b: 4 });
    input("a").dispatchEvent(new Event("pointerup", { bubbles: true }));
    await Promise.resolve();
    expect(field("a")).not.toBe(a);
    expect(input("a").max).toBe("20");
  });

  it("gives the focus to a control that takes the place of the one in use", () => {
    const { panel, input } = rig();
    input("b").focus();
    panel.update(interactUpdate({ controls: { b: { ...NUMBER, range: [0, 20] } } }));
    expect(document.activeElement).toBe(input("b"));
  });
});

describe("errors", () => {
  it("stand at the control, or at the panel", () => {
    const { panel, field, input } = rig();
    panel.setErrors({ a: "too large", "": "no session" });
    const alert = field("a").querySelector('[role="alert"]');
    expect(alert?.textContent).toBe("too large");
    expect(input("a").getAttribute("aria-describedby")).toBe(alert?.id);
    const own = panel.element.querySelector<HTMLElement>(':scope > [role="alert"]');
    expect(own?.textContent).toBe("no session");
    panel.setErrors({});
    expect(own?.hidden).toBe(true);
  });
});

describe("values for a link", () => {
  it("leave out clicks, files and words", () => {
    const { panel } = rig({ controls: { a: NUMBER, go: { control_type: "button" }, f: { control_type: "file_box" }, h: { control_type: "html_box", text: "x" } } });
    expect(panel.shared).toEqual({ a: 1 });
    expect(panel.resting({ a: 3, go: true })).toEqual({ a: 3, go: false });
    expect(panel.carry({ a: 1, go: true }, { a: 2, go: false })).toEqual({ a: 2, go: true });
  });
});

it("lets go of everything when it is destroyed", () => {
  const media = fakeMatchMedia();
  const { panel } = rig({ controls: { h: { control_type: "html_box", html: "x" } } });
  expect(media.listeners).toBe(1);
  panel.destroy();
  expect(media.listeners).toBe(0);
});
