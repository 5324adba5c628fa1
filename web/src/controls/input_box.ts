// A text box: raw text, an expression, or a number; its value is always text.
import { asNumber, clamp, setWidth, type ControlFactory } from "./control";
import { makeTextInput } from "./text_input";

export const inputBox: ControlFactory = (spec, { id, readonly, changed }) => {
  const rows = clamp(Math.floor(asNumber(spec.height, 1)), 1, 50);
  const box = makeTextInput(spec.default, { id, subtype: spec.subtype ?? "expression", rows, readonly, keypress: spec.keypress === true, changed });
  setWidth(box.input, spec.width);
  return {
    element: box.input,
    input: box.input,
    get: () => box.value,
    set: (next) => box.set(String(next ?? "")),
  };
};
