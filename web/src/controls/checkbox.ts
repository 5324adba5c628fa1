// A checkbox: true or false.
import { make } from "../dom";
import type { ControlFactory } from "./control";

export const checkbox: ControlFactory = (spec, { id, readonly, changed }) => {
  const input = make("input", { type: "checkbox", id, disabled: readonly });
  input.checked = spec.default === true;
  input.addEventListener("change", changed);
  return {
    element: input,
    input,
    get: () => input.checked,
    set: (next) => {
      input.checked = next === true;
    },
  };
};
