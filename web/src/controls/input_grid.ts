// A table of text boxes; its value is rows of texts. Up and Down go from row to row.
import { make } from "../dom";
import { asList, asNumber, clamp, cssWidth, type ControlFactory } from "./control";
import { makeTextInput } from "./text_input";

export const inputGrid: ControlFactory = (spec, { title, readonly, changed }) => {
  const given = asList(spec.default).map(asList);
  const nrows = clamp(Math.floor(asNumber(spec.nrows, given.length)), 0, 100);
  const ncols = clamp(Math.floor(asNumber(spec.ncols, given[0]?.length ?? 0)), 0, 100);
  const boxes = Array.from({ length: nrows }, (_, row) =>
    Array.from({ length: ncols }, (_, column) => {
      const label = `${title}, row ${row + 1}, column ${column + 1}`;
      const box = makeTextInput(given[row]?.[column], { label, subtype: spec.subtype ?? "expression", rows: 1, readonly, keypress: false, changed });
      box.input.style.width = cssWidth(spec.width) ?? "8ch";
      return box;
    }),
  );
  // Every box has its whole name, so the table itself is only for the eye.
  const rows = boxes.map((row) => make("tr", {}, ...row.map(({ input }) => make("td", {}, input))));
  const table = make("table", { role: "presentation" }, make("tbody", {}, ...rows));
  table.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!step) return;
    const row = boxes.findIndex((line) => line.some(({ input }) => input === event.target));
    const column = boxes[row]?.findIndex(({ input }) => input === event.target) ?? -1;
    const next = boxes[row + step]?.[column]?.input;
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.select();
  });
  return {
    element: make("fieldset", { class: "input-grid" }, table),
    input: boxes[0]?.[0]?.input ?? null,
    group: true,
    get: () => boxes.map((row) => row.map(({ value }) => value)),
    set: (next) => asList(next).forEach((row, i) => asList(row).forEach((text, j) => boxes[i]?.[j]?.set(String(text ?? "")))),
  };
};
