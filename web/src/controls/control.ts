// What every control is: an element, a wire value, and how it tells a change.
import type { ControlSpec, WireValue } from "../protocol";
import { make } from "../dom";
import type { Language } from "../words";

export interface ControlContext {
  /** The id of the input, which the label names. */
  id: string;
  name: string;
  /** The words of the label, or the name where there is none: for inputs that must be named one by one. */
  title: string;
  readonly: boolean;
  frameUrl: string;
  language: Language;
  /** The reader has changed the value. */
  changed(): void;
  /** The browser itself refuses an input: the words stand where the program's error would. */
  complain(text: string | null): void;
}

export interface Control {
  /** The input and whatever belongs to it; label and error are drawn around it. */
  element: HTMLElement;
  /** The focusable element that the label belongs to; null when there is none. */
  input: HTMLElement | null;
  /** More than one input, in a fieldset that bears the label. */
  group?: boolean;
  /** Of buttons: the value when nothing was clicked. `get` gives another only while the click is told. */
  rest?: WireValue;
  /** Whether the reader drags it right now. */
  moving?(): boolean;
  get(): WireValue;
  /** Sets without telling. */
  set(value: WireValue): void;
  destroy?(): void;
}

export type ControlFactory = (spec: ControlSpec, context: ControlContext) => Control;

/** Whether the reader is at work on this input or inside this group (also inside a shadow root). */
export function inUse(element: HTMLElement): boolean {
  return element.contains((element.getRootNode() as Document | ShadowRoot).activeElement ?? null);
}

/** Read-only presentation for what this version cannot draw. */
export const note = (text: string): HTMLElement => make("span", { class: "note" }, text);

export const asNumber = (value: unknown, otherwise: number): number =>
  typeof value === "number" && Number.isFinite(value) ? value : otherwise;

export const asList = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

export const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** A number counts characters; a text is a length of CSS, as the Sage notebook had it. */
export function cssWidth(width: unknown): string | null {
  if (typeof width === "number" && width > 0) return `${clamp(width, 2, 200) + 2}ch`;
  return typeof width === "string" && /^\d+(\.\d+)?(px|em|rem|ch|ex|%)$/.test(width) ? width : null;
}

export function setWidth(element: HTMLElement, width: unknown): void {
  const wanted = cssWidth(width);
  if (wanted) element.style.width = `min(100%, ${wanted})`;
}

/** The columns of a grid of buttons, or null when they simply flow. */
export function gridColumns(count: number, nrows: unknown, ncols: unknown): number | null {
  if (typeof ncols === "number" && ncols >= 1) return Math.floor(ncols);
  if (typeof nrows === "number" && nrows >= 1) return Math.max(1, Math.ceil(count / Math.floor(nrows)));
  return null;
}

export function setGrid(element: HTMLElement, columns: number | null): void {
  if (columns !== null) element.style.gridTemplateColumns = `repeat(${columns}, minmax(0, max-content))`;
  element.classList.toggle("grid", columns !== null);
}
