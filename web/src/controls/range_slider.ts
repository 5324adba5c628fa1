// Two sliders on one track: a low and a high end that cannot cross.
import { make } from "../dom";
import { asList, type ControlFactory } from "./control";
import { makeTrack, reserve, scaleOf, type Track } from "./track";

export const rangeSlider: ControlFactory = (spec, { id, title, readonly, changed }) => {
  const scale = scaleOf(spec);
  const both = make("span", { class: "range" });
  const output = make("output", { for: `${id} ${id}-high`, hidden: spec.display_value === false });
  let ready = false;
  const shown = () => {
    if (!ready) return;
    output.textContent = `${scale.text(low.value)} – ${scale.text(high.value)}`;
    const part = (track: Track) => (scale.high > scale.low ? (track.value - scale.low) / (scale.high - scale.low) : 0);
    both.style.setProperty("--from", String(part(low)));
    both.style.setProperty("--to", String(part(high)));
    // Where both ends meet near the right edge, only the low one can still go anywhere.
    low.input.style.zIndex = part(low) > 0.5 ? "1" : "";
  };
  const [first, second] = asList(spec.default);
  const options = { disabled: readonly, shown, changed };
  const low = makeTrack(scale, first, { ...options, id, label: `${title}, from`, limit: (value) => Math.min(value, high.value) });
  const high: Track = makeTrack(scale, second ?? scale.high, { ...options, id: `${id}-high`, label: `${title}, to`, limit: (value) => Math.max(value, low.value) });
  const order = () => {
    if (low.value > high.value) {
      const { value } = low;
      low.set(high.value);
      high.set(value);
    }
    ready = true;
    shown();
  };
  order();
  reserve(output, scale.width * 2 + 3);
  both.append(low.input, high.input);
  return {
    element: make("fieldset", { class: "slider", disabled: readonly }, both, output),
    input: low.input,
    group: true,
    moving: () => low.moving() || high.moving(),
    get: () => [low.value, high.value],
    set: (next) => {
      const [from, to] = asList(next);
      low.set(from);
      high.set(to);
      order();
    },
  };
};
