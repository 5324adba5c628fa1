// A slider over integers, a continuous range, or a list of values.
import { make } from "../dom";
import type { ControlFactory } from "./control";
import { asNumber } from "./control";

/** Enough digits to tell two steps apart, and no binary noise. */
export function formatNumber(value: number): string {
  return String(Number(value.toPrecision(10)));
}

export const slider: ControlFactory = (spec, { id, readonly, changed }) => {
  const texts = spec.subtype === "discrete" ? (spec.values ?? []).map(String) : null;
  const [low, high] = texts ? [0, Math.max(0, texts.length - 1)] : [asNumber(spec.range?.[0], 0), asNumber(spec.range?.[1], 1)];
  const whole = texts !== null || spec.subtype === "integer";
  const step = asNumber(spec.step, whole ? 1 : (high - low) / 250);
  const input = make("input", { type: "range", id, min: low, max: high, step: step > 0 ? step : "any", disabled: readonly });
  const output = make("output", { for: id, hidden: spec.display_value === false });
  // Kept apart from the input, which rounds to its step: a value nobody moved is sent back as it came.
  let value = asNumber(spec.default, low);
  let dragging = false;

  const show = () => {
    const text = texts ? (texts[value] ?? "") : formatNumber(value);
    output.textContent = text;
    input.setAttribute("aria-valuetext", text);
  };
  const set = (next: unknown) => {
    value = Math.min(high, Math.max(low, asNumber(next, low)));
    input.value = String(value);
    show();
  };
  set(value);

  input.addEventListener("pointerdown", () => (dragging = true));
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) input.addEventListener(end, () => (dragging = false));
  input.addEventListener("input", () => {
    const next = whole ? Math.round(input.valueAsNumber) : Number(input.valueAsNumber.toPrecision(12));
    if (next === value) return;
    value = next;
    show();
    changed();
  });
  // The widest text reserves its place, so that the track does not change its length while it is dragged.
  const widest = Math.max(1, ...(texts ?? [formatNumber(low), formatNumber(high), formatNumber(high - step), formatNumber(low + step)]).map((text) => text.length));
  output.style.minWidth = `${Math.min(widest, 24)}ch`;

  return {
    element: make("span", { class: "slider" }, input, output),
    input,
    get: () => value,
    set: (next) => {
      if (!dragging) set(next);
    },
  };
};
