// Several sliders that together give a list.
import { make } from "../dom";
import { asList, type ControlFactory } from "./control";
import { makeTrack, reserve, scaleOf } from "./track";

export const multiSlider: ControlFactory = (spec, { id, title, readonly, changed }) => {
  const sliders = asList(spec.sliders) as NonNullable<typeof spec.sliders>;
  const defaults = asList(spec.default);
  const element = make("fieldset", { class: "multi", disabled: readonly });
  const tracks = sliders.map((one, index) => {
    const scale = scaleOf(one);
    const own = `${id}-${index}`;
    const words = typeof one.label === "string" && one.label !== "" ? one.label : null;
    const output = make("output", { for: own, hidden: spec.display_value === false });
    const track = makeTrack(scale, defaults[index], {
      id: own,
      label: `${title}, ${words ?? index + 1}`,
      disabled: readonly,
      changed,
      shown: (value) => (output.textContent = scale.text(value)),
    });
    reserve(output, scale.width);
    const row = make("span", { class: "slider" }, track.input, output);
    if (words) row.prepend(make("span", { class: "sublabel", "aria-hidden": "true" }, words));
    element.append(row);
    return track;
  });
  return {
    element,
    input: tracks[0]?.input ?? null,
    group: true,
    moving: () => tracks.some((track) => track.moving()),
    get: () => tracks.map(({ value }) => value),
    set: (next) => asList(next).forEach((value, index) => tracks[index]?.set(value)),
  };
};
