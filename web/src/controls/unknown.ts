// A control that this version does not know: shown as a note, its default is sent back unchanged.
import { note, type ControlFactory } from "./control";

export const unknown: ControlFactory = (spec) => {
  let value = spec.default ?? "";
  const element = note("");
  const show = () => {
    element.textContent = `${String(value)} (a control of type “${String(spec.control_type)}” cannot be shown here)`;
  };
  show();
  return {
    element,
    input: null,
    get: () => value,
    set: (next) => {
      value = next;
      show();
    },
  };
};
