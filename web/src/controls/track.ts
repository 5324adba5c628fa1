// One native range input over integers, a continuous range, or a list of texts; what all sliders are made of.
import { make } from "../dom";
import type { ControlSpec } from "../protocol";
import { asNumber, clamp } from "./control";

/** Enough digits to tell two steps apart, and no binary noise. */
export function formatNumber(value: number): string {
  return String(Number(value.toPrecision(10)));
}

export interface Scale {
  low: number;
  high: number;
  step: number;
  whole: boolean;
  text(value: number): string;
  /** How many characters the widest value takes. */
  width: number;
}

export function scaleOf(spec: Partial<ControlSpec>): Scale {
  if (spec.values !== undefined && !Array.isArray(spec.values)) throw new TypeError("values must be a list");
  const texts = spec.subtype === "discrete" ? (spec.values ?? []).map(String) : null;
  const [low, high] = texts ? [0, Math.max(0, texts.length - 1)] : [asNumber(spec.range?.[0], 0), asNumber(spec.range?.[1], 1)];
  const whole = texts !== null || spec.subtype === "integer";
  const step = texts ? 1 : asNumber(spec.step, whole ? 1 : (high - low) / 250);
  const text = (value: number) => (texts ? (texts[value] ?? "") : formatNumber(value));
  const width = (texts ?? [low, high, high - step, low + step].map(formatNumber)).reduce((widest, { length }) => Math.max(widest, length), 1);
  return { low, high, step, whole, text, width };
}

export interface Track {
  input: HTMLInputElement;
  value: number;
  set(value: unknown): void;
  moving(): boolean;
}

interface TrackOptions {
  id?: string;
  label?: string;
  disabled: boolean;
  /** May correct what the reader asks for. */
  limit?(value: number): number;
  /** The shown value may have changed, by whomever. */
  shown(value: number): void;
  changed(): void;
}

export function makeTrack(scale: Scale, start: unknown, options: TrackOptions): Track {
  const { low, high, step, whole } = scale;
  const input = make("input", { type: "range", id: options.id, "aria-label": options.label, min: low, max: high, step: step > 0 ? step : "any", disabled: options.disabled });
  let dragging = false;
  // Kept apart from the input, which rounds to its step: a value nobody moved is sent back as it came.
  const track: Track = {
    input,
    value: low,
    moving: () => dragging,
    set: (next) => {
      track.value = clamp(asNumber(next, low), low, high);
      show();
    },
  };
  const show = () => {
    input.value = String(track.value);
    input.setAttribute("aria-valuetext", scale.text(track.value));
    options.shown(track.value);
  };
  input.addEventListener("pointerdown", () => (dragging = true));
  for (const end of ["pointerup", "pointercancel", "lostpointercapture", "blur"]) input.addEventListener(end, () => (dragging = false));
  input.addEventListener("input", () => {
    const asked = whole ? Math.round(input.valueAsNumber) : Number(input.valueAsNumber.toPrecision(12));
    const next = options.limit ? options.limit(asked) : asked;
    if (next !== asked) input.value = String(next);
    if (next === track.value) return;
    track.value = next;
    input.setAttribute("aria-valuetext", scale.text(next));
    options.shown(next);
    options.changed();
  });
  track.set(start);
  return track;
}

/** The widest text reserves its place, so that the track does not change its length while it is dragged. */
export const reserve = (output: HTMLElement, characters: number): void => {
  output.style.minWidth = `min(${Math.min(characters, 24)}ch, 45%)`;
};
