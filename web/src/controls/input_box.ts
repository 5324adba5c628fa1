// A text box: raw text, an expression, or a number; its value is always text.
import { make } from "../dom";
import { inUse, type ControlFactory } from "./control";

export const inputBox: ControlFactory = (spec, { id, readonly, changed }) => {
  const rows = Math.max(1, Math.min(50, Number(spec.height ?? 1) || 1));
  const mode = spec.subtype === "integer" ? "numeric" : spec.subtype === "float" ? "decimal" : "text";
  const common = { id, inputmode: mode, autocomplete: "off", autocapitalize: "off", spellcheck: spec.subtype === "text" ? "true" : "false", readonly, class: spec.subtype === "text" ? "" : "code" };
  const input = rows > 1 ? make("textarea", { ...common, rows }) : make("input", { ...common, type: "text" });
  if (spec.width) input.style.width = `min(100%, ${Math.max(2, Math.min(200, Number(spec.width) || 20)) + 2}ch)`;
  let value = String(spec.default ?? "");
  input.value = value;

  const commit = () => {
    if (input.value === value) return;
    value = input.value;
    changed();
  };
  input.addEventListener("change", commit);
  input.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, isComposing } = event as KeyboardEvent;
    if (key === "Enter" && !isComposing && (rows === 1 || ctrlKey || metaKey)) {
      event.preventDefault();
      commit();
    }
  });

  return {
    element: input,
    input,
    get: () => value,
    set: (next) => {
      // What the reader has typed but not sent must not vanish under the cursor.
      const editing = inUse(input) && input.value !== value;
      value = String(next);
      if (!editing) input.value = value;
    },
  };
};
