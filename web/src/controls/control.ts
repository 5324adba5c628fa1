// What every control is: an element, a wire value, and how it tells a change.
import type { ControlSpec, WireValue } from "../protocol";
import { make } from "../dom";

export interface ControlContext {
  /** The id of the input, which the label names. */
  id: string;
  name: string;
  readonly: boolean;
  /** The reader has changed the value. */
  changed(): void;
}

export interface Control {
  /** The input and whatever belongs to it; label and error are drawn around it. */
  element: HTMLElement;
  /** The focusable element that errors and labels belong to; null when there is none. */
  input: HTMLElement | null;
  get(): WireValue;
  /** Sets without telling; must leave alone what the reader is moving right now. */
  set(value: WireValue): void;
}

export type ControlFactory = (spec: ControlSpec, context: ControlContext) => Control;

/** Whether the reader is at work on this input (also inside a shadow root). */
export function inUse(input: HTMLElement): boolean {
  return (input.getRootNode() as Document | ShadowRoot).activeElement === input;
}

/** Read-only presentation for what this version cannot draw. */
export const note = (text: string): HTMLElement => make("span", { class: "note" }, text);

export const asNumber = (value: unknown, otherwise: number): number =>
  typeof value === "number" && Number.isFinite(value) ? value : otherwise;
