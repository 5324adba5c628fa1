import { describe, expect, it, vi } from "vitest";
import { Field } from "../src/controls/field";
import { formatNumber } from "../src/controls/track";
import type { ControlSpec } from "../src/protocol";

function field(spec: ControlSpec, readonly = false) {
  const changed = vi.fn();
  const made = new Field("n", spec, { readonly, frameUrl: "about:blank", language: "en", changed });
  document.body.append(made.element);
  const input = made.element.querySelector<HTMLInputElement>("input, select, textarea") as HTMLInputElement;
  return { field: made, input, changed, output: made.element.querySelector("output") };
}

const type = (input: HTMLInputElement, value: string, event = "input") => {
  input.value = value;
  input.dispatchEvent(new Event(event, { bubbles: true }));
};

describe("slider", () => {
  it("moves live and gives an integer", () => {
    const { field: made, input, changed, output } = field({ control_type: "slider", subtype: "integer", range: [1, 20], step: 1, default: 3 });
    expect(made.value).toBe(3);
    expect(output?.textContent).toBe("3");
    type(input, "7");
    expect(made.value).toBe(7);
    expect(changed).toHaveBeenCalledTimes(1);
    expect(input.getAttribute("aria-valuetext")).toBe("7");
    type(input, "7");
    expect(changed).toHaveBeenCalledTimes(1);
  });

  it("sends back a value between two steps as it came", () => {
    const { field: made } = field({ control_type: "slider", subtype: "continuous", range: [0, 1], step: 0.25, default: 0.3 });
    expect(made.value).toBe(0.3);
  });

  it("shows the text of a discrete value and gives its index", () => {
    const { field: made, input, output } = field({ control_type: "slider", subtype: "discrete", values: ["red", "green"], default: 1 });
    expect(output?.textContent).toBe("green");
    type(input, "0");
    expect(made.value).toBe(0);
    expect(output?.textContent).toBe("red");
  });

  it("is not moved by the program while it is dragged", () => {
    const { field: made, input } = field({ control_type: "slider", subtype: "integer", range: [1, 20], step: 1, default: 3 });
    input.dispatchEvent(new Event("pointerdown"));
    type(input, "9");
    made.set(4);
    expect(made.value).toBe(9);
    input.dispatchEvent(new Event("pointerup"));
    made.set(4);
    expect(input.value).toBe("4");
  });

  it("writes numbers without binary noise", () => {
    expect(formatNumber(0.1 + 0.2)).toBe("0.3");
    expect(formatNumber(1e-7)).toBe("1e-7");
  });
});

describe("input box", () => {
  it("tells on Enter and when it is left, once", () => {
    const { field: made, input, changed } = field({ control_type: "input_box", subtype: "expression", default: "1" });
    type(input, "2+2");
    expect(changed).not.toHaveBeenCalled();
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    expect(made.value).toBe("2+2");
    input.dispatchEvent(new Event("change"));
    expect(changed).toHaveBeenCalledTimes(1);
  });

  it("is a textarea when it has several rows; there Enter is a new line", () => {
    const { input, changed } = field({ control_type: "input_box", subtype: "text", default: "", height: 4 });
    expect(input.tagName).toBe("TEXTAREA");
    input.value = "a";
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
    expect(changed).not.toHaveBeenCalled();
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", ctrlKey: true }));
    expect(changed).toHaveBeenCalledTimes(1);
  });

  it("keeps what is being typed when the program sets it", () => {
    const { field: made, input } = field({ control_type: "input_box", subtype: "text", default: "a" });
    input.focus();
    input.value = "half typed";
    made.set("b");
    expect(input.value).toBe("half typed");
  });
});

describe("checkbox and selector", () => {
  it("give true or false, and an index", () => {
    const box = field({ control_type: "checkbox", default: true });
    expect(box.field.value).toBe(true);
    box.input.click();
    expect(box.field.value).toBe(false);
    expect(box.changed).toHaveBeenCalledTimes(1);
    const list = field({ control_type: "selector", subtype: "list", values: ["a", "b"], default: 1 });
    expect(list.field.value).toBe(1);
    type(list.input, "0", "change");
    expect(list.field.value).toBe(0);
  });
});

describe("every control", () => {
  it("has a label that is text, and an error that belongs to the input", () => {
    const { field: made, input } = field({ control_type: "checkbox", label: "<b>bold</b>", default: false });
    const label = made.element.querySelector("label");
    expect(label?.textContent).toBe("<b>bold</b>");
    expect(label?.querySelector("b")).toBeNull();
    expect(label?.htmlFor).toBe(input.id);
    made.setError("no");
    const error = made.element.querySelector('[role="alert"]');
    expect(error?.textContent).toBe("no");
    expect(input.getAttribute("aria-describedby")).toBe(error?.id);
    made.setError(null);
    expect(input.hasAttribute("aria-describedby")).toBe(false);
  });

  it.each([
    { control_type: "hologram", default: 5 },
    { control_type: "constructor", default: 5 },
    { control_type: "selector", subtype: "wheel", default: 5 },
    { control_type: "slider", subtype: "discrete", values: 7 as unknown as string[], default: 5 },
  ])("that is not understood becomes a note and keeps its value: $control_type", (spec) => {
    const { field: made } = field(spec);
    expect(made.element.textContent).toContain("cannot be shown");
    expect(made.value).toBe(5);
  });

  it("can be read-only", () => {
    expect(field({ control_type: "checkbox", default: true }, true).input.disabled).toBe(true);
  });
});
