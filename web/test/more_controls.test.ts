import { afterEach, describe, expect, it, vi } from "vitest";
import { asColour } from "../src/controls/color_selector";
import { Field } from "../src/controls/field";
import { toBase64 } from "../src/base64";
import { formatSize } from "../src/files/size";
import { CONTROL_TYPES } from "../src/controls/registry";
import type { ControlSpec, WireValue } from "../src/protocol";
import { fakeMatchMedia } from "./fakes";

function rig(spec: ControlSpec, readonly = false) {
  const told: WireValue[] = [];
  const changed = vi.fn((field: Field) => void told.push(field.value));
  const field = new Field("n", spec, { readonly, frameUrl: "about:blank", language: "en", changed });
  document.body.append(field.element);
  const all = <T extends HTMLElement = HTMLInputElement>(selector = "input"): T[] => [...field.element.querySelectorAll<T>(selector)];
  const error = () => field.element.querySelector<HTMLElement>('[role="alert"]') as HTMLElement;
  return { field, changed, told, all, error };
}

const put = (input: HTMLInputElement | undefined, value: string, event = "input") => {
  if (!input) throw new Error("no such input");
  input.value = value;
  input.dispatchEvent(new Event(event, { bubbles: true }));
};
const key = (target: HTMLElement | undefined, name: string) => target?.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, cancelable: true }));

fakeMatchMedia();
afterEach(() => document.body.replaceChildren());

describe("range slider", () => {
  const spec: ControlSpec = { control_type: "range_slider", subtype: "integer", range: [0, 10], step: 1, default: [2, 7], label: "Between" };

  it("has two named inputs in a named group, and its ends cannot cross", () => {
    const { field, all, told } = rig(spec);
    const [low, high] = all();
    expect([low?.getAttribute("aria-label"), high?.getAttribute("aria-label")]).toEqual(["Between, from", "Between, to"]);
    expect(document.getElementById(all<HTMLElement>("fieldset")[0]?.getAttribute("aria-labelledby") ?? "")?.textContent).toBe("Between");
    put(low, "9");
    expect(field.value).toEqual([7, 7]);
    expect(low?.value).toBe("7");
    put(high, "3");
    expect(field.value).toEqual([7, 7]);
    put(low, "4");
    expect(told).toEqual([[7, 7], [4, 7]]);
    expect(all<HTMLElement>("output")[0]?.textContent).toBe("4 – 7");
  });

  it("puts values in order", () => {
    expect(rig({ ...spec, default: [8, 1] }).field.value).toEqual([1, 8]);
  });
});

describe("multi slider", () => {
  it("gives a list, one number for each", () => {
    const { field, all } = rig({
      control_type: "multi_slider",
      default: [1, 0.5, 1],
      sliders: [{ label: "a", subtype: "integer", range: [0, 9], step: 1 }, { subtype: "continuous", range: [0, 1], step: 0.5 }, { subtype: "discrete", values: ["x", "y"] }],
    });
    expect(field.value).toEqual([1, 0.5, 1]);
    put(all()[0], "4");
    expect(field.value).toEqual([4, 0.5, 1]);
    expect(all().map((input) => input.getAttribute("aria-label"))).toEqual(["n, a", "n, 2", "n, 3"]);
    expect(all()[2]?.getAttribute("aria-valuetext")).toBe("y");
  });
});

describe("input grid", () => {
  const spec: ControlSpec = { control_type: "input_grid", nrows: 2, ncols: 2, default: [["1", "2"], ["3", "4"]], label: "M" };

  it("gives rows of text; each box has a name, and up and down change the row", () => {
    const { field, all, changed } = rig(spec);
    expect(all()[3]?.getAttribute("aria-label")).toBe("M, row 2, column 2");
    put(all()[1], "7", "change");
    expect(field.value).toEqual([["1", "7"], ["3", "4"]]);
    expect(changed).toHaveBeenCalledTimes(1);
    all()[1]?.focus();
    key(all()[1], "ArrowDown");
    expect(document.activeElement).toBe(all()[3]);
    key(all()[3], "ArrowDown");
    expect(document.activeElement).toBe(all()[3]);
    key(all()[3], "ArrowUp");
    expect(document.activeElement).toBe(all()[1]);
  });

  it("shows a refusal at every box and takes it back", () => {
    const { field, all } = rig(spec);
    field.setError("row 1: no number");
    expect(all().every((input) => input.getAttribute("aria-invalid") === "true")).toBe(true);
    field.setError(null);
    expect(all().some((input) => input.hasAttribute("aria-invalid") || input.hasAttribute("aria-describedby"))).toBe(false);
  });
});

describe("input box", () => {
  it("is sent at every key when it wants that, but not in the middle of a composition", () => {
    const { all, told } = rig({ control_type: "input_box", subtype: "text", default: "", keypress: true });
    put(all()[0], "a");
    put(all()[0], "ab");
    all()[0]?.dispatchEvent(new Event("compositionstart"));
    put(all()[0], "abk");
    expect(told).toEqual(["a", "ab"]);
    all()[0]?.dispatchEvent(new Event("compositionend"));
    expect(told).toEqual(["a", "ab", "abk"]);
  });
});

describe("selector", () => {
  const values = ["a", "b", "c", "d", "e"];

  it.each(["radio", "buttons"])("as %s: native radio inputs in a radiogroup", (subtype) => {
    const { field, all, changed } = rig({ control_type: "selector", subtype, values, default: 1 });
    expect(all<HTMLElement>("fieldset")[0]?.getAttribute("role")).toBe("radiogroup");
    expect(all().map(({ type }) => type)).toEqual(values.map(() => "radio"));
    expect(new Set(all().map(({ name }) => name)).size).toBe(1);
    all()[3]?.click();
    expect(field.value).toBe(3);
    expect(changed).toHaveBeenCalledTimes(1);
  });

  it("has rows and columns", () => {
    const columns = (extra: object) => rig({ control_type: "selector", subtype: "buttons", values, default: 0, ...extra }).all<HTMLElement>("fieldset")[0]?.style.gridTemplateColumns ?? "";
    expect(columns({ ncols: 3 })).toContain("repeat(3,");
    expect(columns({ nrows: 2 })).toContain("repeat(3,");
    expect(columns({})).toBe("");
  });

  it.each(["list", "radio", "buttons"])("with many choices, as %s, gives the indexes", (subtype) => {
    const { field } = rig({ control_type: "selector", subtype, values, multiple: true, default: [0, 2] });
    expect(field.value).toEqual([0, 2]);
    field.set([4]);
    expect(field.value).toEqual([4]);
    field.set([]);
    expect(field.value).toEqual([]);
  });

  it("leaves out indexes that point nowhere", () => {
    expect(rig({ control_type: "selector", values, default: 17 }).field.value).toBe(0);
    expect(rig({ control_type: "selector", values, multiple: true, default: [1, 17] }).field.value).toEqual([1]);
    expect(rig({ control_type: "selector", values: [], default: 0 }).field.value).toBe(0);
  });
});

describe("colour", () => {
  it("is chosen or written", () => {
    const { field, all, error, told } = rig({ control_type: "color_selector", default: "#ff0000", label: "Ink" });
    const [chooser, box] = all();
    expect(chooser?.type).toBe("color");
    expect(box?.getAttribute("aria-label")).toBe("Ink, as text");
    put(box, "0F0", "change");
    expect(chooser?.value).toBe("#00ff00");
    put(box, "greenish", "change");
    expect(error().textContent).toContain("#rrggbb");
    expect(field.value).toBe("#00ff00");
    put(chooser, "#0000ff");
    expect(error().hidden).toBe(true);
    expect(told).toEqual(["#00ff00", "#0000ff"]);
    expect(box?.value).toBe("#0000ff");
  });

  it("can do without the box", () => {
    expect(rig({ control_type: "color_selector", default: "#123456", hide_box: true }).all().length).toBe(1);
    expect([asColour("#ABC"), asColour("12"), asColour(null)]).toEqual(["#aabbcc", null, null]);
  });
});

describe("buttons", () => {
  it("are true for one change only", () => {
    for (const control_type of ["button", "update_button"]) {
      const { field, all, told } = rig({ control_type, text: "Go" });
      all<HTMLElement>("button")[0]?.click();
      expect(told).toEqual([true]);
      expect(field.value).toBe(false);
      expect(field.rest).toBe(false);
    }
  });

  it("of a bar give their index once", () => {
    const { field, all, told } = rig({ control_type: "button_bar", values: ["a", "b"], ncols: 1 });
    all<HTMLElement>("button")[1]?.click();
    expect(told).toEqual([1]);
    expect(field.value).toBeNull();
  });
});

describe("html box", () => {
  it("puts markup only into the sandboxed frame, and text as text", () => {
    const markup = rig({ control_type: "html_box", html: "<b>x</b>" });
    expect(markup.field.element.querySelector("b")).toBeNull();
    expect(markup.field.element.querySelector("iframe")?.getAttribute("sandbox")).not.toContain("same-origin");
    expect(rig({ control_type: "html_box", text: "<b>x</b>" }).field.element.textContent).toContain("<b>x</b>");
    expect(markup.field.value).toBeNull();
    markup.field.destroy();
  });
});

describe("date box", () => {
  it("gives a date or null and keeps to its bounds in words", () => {
    const { field, all, error } = rig({ control_type: "date_box", min: "2020-01-01", max: "2020-12-31", default: "2020-05-05" });
    put(all()[0], "2021-01-01", "change");
    expect(error().textContent).toContain("2020-12-31");
    expect(field.value).toBe("2020-05-05");
    put(all()[0], "", "change");
    expect(field.value).toBeNull();
    expect(error().hidden).toBe(true);
  });
});

describe("file box", () => {
  const choose = async (input: HTMLInputElement | undefined, file: File) => {
    Object.defineProperty(input, "files", { value: [file], configurable: true });
    input?.dispatchEvent(new Event("change"));
    await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const file = (text: string, name = "a.csv") => Object.assign(new File([text], name, { type: "text/csv" }), { arrayBuffer: async () => new TextEncoder().encode(text).buffer });

  it("reads the file, and refuses one that is too large", async () => {
    const { field, all, error, told } = rig({ control_type: "file_box", accept: ".csv", limit: 10 });
    expect(all()[0]?.accept).toBe(".csv");
    await choose(all()[0], file("1,2"));
    expect(told).toEqual([{ name: "a.csv", type: "text/csv", data: "MSwy" }]);
    expect(field.element.textContent).toContain("a.csv (3 bytes)");
    await choose(all()[0], file("x".repeat(11), "big.csv"));
    expect(error().textContent).toContain("big.csv has 11 bytes");
    expect(told.length).toBe(1);
    all<HTMLElement>("button")[0]?.click();
    expect(field.value).toBeNull();
  });

  it("writes bytes as base64, and sizes in words", () => {
    expect(toBase64(new Uint8Array([0, 255, 1]))).toBe("AP8B");
    expect([formatSize(5), formatSize(1536), formatSize(5 << 20)]).toEqual(["5 bytes", "1.5 KB", "5 MB"]);
  });
});

describe("every control", () => {
  const common = { values: ["a", "b"], sliders: [{ range: [0, 1] as [number, number] }], nrows: 1, ncols: 1, range: [0, 1] as [number, number], text: "T", default: null };

  it.each(CONTROL_TYPES)("%s survives any value, and is disabled when read-only", (control_type) => {
    const { field, all } = rig({ control_type, ...common }, true);
    const inputs = all<HTMLInputElement>("input, select, textarea, button");
    expect(inputs.every((input) => input.readOnly || input.matches(":disabled"))).toBe(true);
    const junk: WireValue[] = [null, "x", -5, [9, "a"], { a: 1 }, [["z"]], true];
    for (const value of junk) expect(() => field.set(value)).not.toThrow();
    field.setError("no");
    field.setError(null);
    field.destroy();
  });

  it.each(CONTROL_TYPES)("%s has a name for every input", (control_type) => {
    const { all, field } = rig({ control_type, ...common, label: "Speed" });
    for (const input of all("input, select, textarea, button")) {
      const named = input.getAttribute("aria-label") ?? input.textContent?.trim() ?? "";
      expect(named || [...(input.labels ?? [])].map(({ textContent }) => textContent).join("")).not.toBe("");
    }
    field.destroy();
  });

  it("in use is left alone until it is let go of", async () => {
    const { field, all } = rig({ control_type: "checkbox", default: false });
    all()[0]?.focus();
    field.suggest(true, false);
    expect(field.value).toBe(false);
    all()[0]?.blur();
    await Promise.resolve();
    expect(field.value).toBe(true);
    all()[0]?.focus();
    // Older than what the reader has set since: forgotten.
    field.suggest(false, true);
    all()[0]?.blur();
    await Promise.resolve();
    expect(field.value).toBe(true);
  });
});
