// The lines of a traceback that lie in a cell, as buttons that lead to the code.
import { make } from "../dom";

/** Told of a press, and bubbles: `cell` is IPython's number of the execution, `line` counts from 1. */
export const LINE_CHOSEN = "longwire-line";

export interface ChosenLine {
  cell: number;
  line: number;
}

const PLACE = /^\s*Cell In\[(\d+)\], line (\d+)/;

/** Numbers only, whoever says them. */
export function chosenLine(data: unknown): ChosenLine | null {
  const { cell, line } = (data ?? {}) as Record<string, unknown>;
  return Number.isSafeInteger(cell) && Number.isSafeInteger(line) ? { cell: Number(cell), line: Number(line) } : null;
}

export const tellLine = (element: Element, detail: ChosenLine): boolean => element.dispatchEvent(new CustomEvent(LINE_CHOSEN, { detail, bubbles: true }));

export function linkLines(traceback: Element): void {
  for (const line of traceback.querySelectorAll(":scope > .line")) {
    const [, cell, number] = PLACE.exec(line.textContent ?? "") ?? [];
    if (!cell || !number) continue;
    const button = make("button", { type: "button", class: "line-link" }, ...line.childNodes);
    button.addEventListener("click", () => tellLine(button, { cell: Number(cell), line: Number(number) }));
    line.append(button);
  }
}
