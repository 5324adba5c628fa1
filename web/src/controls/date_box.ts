// A date, by the browser's own calendar: "YYYY-MM-DD" or null.
import { make } from "../dom";
import type { ControlFactory } from "./control";

const asDate = (value: unknown): string => (typeof value === "string" && /^\d{4,6}-\d\d-\d\d$/.test(value) ? value : "");

export const dateBox: ControlFactory = (spec, { id, readonly, changed, complain }) => {
  const min = asDate(spec.min);
  const max = asDate(spec.max);
  const input = make("input", { type: "date", id, min: min || null, max: max || null, readonly });
  let value = asDate(spec.default);
  input.value = value;
  const commit = () => {
    const next = input.value;
    if (next === "" && input.validity?.badInput) return;
    // Texts of this form sort as the dates do.
    if (next && min && next < min) return complain(`The earliest date is ${min}.`);
    if (next && max && next > max) return complain(`The latest date is ${max}.`);
    complain(null);
    if (next === value) return;
    value = next;
    changed();
  };
  input.addEventListener("change", commit);
  return {
    element: input,
    input,
    get: () => value || null,
    set: (next) => {
      value = asDate(next);
      input.value = value;
    },
  };
};
