// A row or grid of buttons: the index of the one whose click made this change, else null.
import { make } from "../dom";
import { gridColumns, setGrid, setWidth, type ControlFactory } from "./control";

export const buttonBar: ControlFactory = (spec, { readonly, changed }) => {
  let clicked: number | null = null;
  const buttons = (spec.values ?? []).map((text, index) => {
    const button = make("button", { type: "button", disabled: readonly }, String(text));
    setWidth(button, spec.width);
    button.addEventListener("click", () => {
      clicked = index;
      try {
        changed();
      } finally {
        clicked = null;
      }
    });
    return button;
  });
  const element = make("fieldset", { class: "choices" }, ...buttons);
  setGrid(element, gridColumns(buttons.length, spec.nrows, spec.ncols));
  return { element, input: buttons[0] ?? null, group: true, rest: null, get: () => clicked, set: () => {} };
};
