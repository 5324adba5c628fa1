// A button, and the button that applies all changes: true with the change of its click, else false.
import { make } from "../dom";
import { setWidth, type ControlFactory } from "./control";

const clickable = (otherwise: string, className: string): ControlFactory => (spec, { id, readonly, changed }) => {
  const input = make("button", { type: "button", id, disabled: readonly, class: className }, String(spec.text ?? otherwise) || otherwise);
  setWidth(input, spec.width);
  let clicked = false;
  input.addEventListener("click", () => {
    clicked = true;
    try {
      changed();
    } finally {
      clicked = false;
    }
  });
  return { element: input, input, rest: false, get: () => clicked, set: () => {} };
};

export const button = clickable("Click", "");
export const updateButton = clickable("Update", "update");
