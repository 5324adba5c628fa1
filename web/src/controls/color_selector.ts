// A colour: the browser's own chooser, and a box for the text "#rrggbb".
import { make } from "../dom";
import { inUse, type ControlFactory } from "./control";
import { WORDS } from "./words";

/** "#rrggbb" for what is meant by "#RGB", "rrggbb" and the like; null when it is no colour. */
export function asColour(text: unknown): string | null {
  const digits = /^\s*#?([0-9a-f]{3}|[0-9a-f]{6})\s*$/i.exec(String(text))?.[1]?.toLowerCase();
  if (!digits) return null;
  return `#${digits.length === 3 ? digits.replace(/./g, "$&$&") : digits}`;
}

export const colorSelector: ControlFactory = (spec, { id, title, readonly, language, changed, complain }) => {
  let value = asColour(spec.default) ?? "#000000";
  const chooser = make("input", { type: "color", id, "aria-label": title, disabled: readonly });
  const box = spec.hide_box ? null : make("input", { type: "text", "aria-label": WORDS[language].asText(title), class: "code", maxlength: 20, autocomplete: "off", spellcheck: "false", readonly });
  const show = () => {
    chooser.value = value;
    if (box && !(inUse(box) && asColour(box.value) !== value)) box.value = value;
  };
  show();
  const take = (next: string) => {
    complain(null);
    if (next === value) return;
    value = next;
    changed();
  };
  chooser.addEventListener("input", () => {
    take(chooser.value);
    if (box) box.value = value;
  });
  const commit = () => {
    if (!box) return;
    const next = asColour(box.value);
    if (next === null) {
      complain(WORDS[language].noColour);
      return;
    }
    box.value = next;
    take(next);
    chooser.value = value;
  };
  box?.addEventListener("change", commit);
  box?.addEventListener("keydown", (event) => {
    if (event.key === "Enter") commit();
  });
  return {
    element: make("fieldset", { class: "colour" }, chooser, ...(box ? [box] : [])),
    input: chooser,
    group: true,
    get: () => value,
    set: (next) => {
      value = asColour(next) ?? value;
      show();
    },
  };
};
