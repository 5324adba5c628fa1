// A drop-down list; its value is an index into the texts.
import { make } from "../dom";
import { asNumber, type ControlFactory } from "./control";

export const selector: ControlFactory = (spec, { id, readonly, changed }) => {
  const texts = (spec.values ?? []).map(String);
  const input = make("select", { id, disabled: readonly }, ...texts.map((text, index) => make("option", { value: index }, text)));
  input.selectedIndex = asNumber(spec.default, 0);
  input.addEventListener("change", changed);
  return {
    element: input,
    input,
    get: () => Math.max(0, input.selectedIndex),
    set: (next) => {
      input.selectedIndex = asNumber(next, 0);
    },
  };
};
