// A slider over integers, a continuous range, or a list of values.
import { make } from "../dom";
import type { ControlFactory } from "./control";
import { makeTrack, reserve, scaleOf } from "./track";

export const slider: ControlFactory = (spec, { id, readonly, changed }) => {
  const scale = scaleOf(spec);
  const output = make("output", { for: id, hidden: spec.display_value === false });
  const track = makeTrack(scale, spec.default, { id, disabled: readonly, changed, shown: (value) => (output.textContent = scale.text(value)) });
  reserve(output, scale.width);
  return {
    element: make("span", { class: "slider" }, track.input, output),
    input: track.input,
    moving: track.moving,
    get: () => track.value,
    set: track.set,
  };
};
