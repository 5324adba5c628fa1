// A button, and the button that applies all changes: true with the change of its click, else false.
import { make } from "../dom";
import { setWidth, type ControlFactory } from "./control";
import { WORDS } from "./words";

const clickable = (otherwise: "click" | "update", className: string): ControlFactory => (spec, { id, readonly, language, changed }) => {
  const input = make("button", { type: "button", id, disabled: readonly, class: className }, String(spec.text ?? "") || WORDS[language][otherwise]);
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

export const button = clickable("click", "");
export const updateButton = clickable("update", "update");
