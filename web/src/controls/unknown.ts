// A control that this version does not know: shown as a note, its default is sent back unchanged.
import type { WireValue } from "../protocol";
import { note, type ControlFactory } from "./control";

export const unknown: ControlFactory = (spec) => {
  let value: WireValue = spec.default ?? null;
  const element = note("");
  element.classList.add("unknown");
  const show = () => {
    element.textContent = `${typeof value === "object" ? JSON.stringify(value) : String(value)} (a control of type “${String(spec.control_type)}” cannot be shown here)`;
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
