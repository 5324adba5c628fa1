// One box for text, an expression or a number: looks, and what Enter and leaving do. For boxes and grids of them.
import { make } from "../dom";
import { inUse } from "./control";

export interface TextInput {
  input: HTMLInputElement | HTMLTextAreaElement;
  value: string;
  set(value: string): void;
}

interface TextOptions {
  id?: string;
  label?: string;
  subtype: string | undefined;
  rows: number;
  readonly: boolean;
  /** Tell at every key, not only when the box is left. */
  keypress: boolean;
  changed(): void;
}

export function makeTextInput(start: unknown, { id, label, subtype, rows, readonly, keypress, changed }: TextOptions): TextInput {
  const inputmode = subtype === "integer" ? "numeric" : subtype === "float" ? "decimal" : "text";
  const prose = subtype === "text" || subtype === undefined;
  const common = { id, "aria-label": label, inputmode, autocomplete: "off", autocapitalize: "off", spellcheck: String(prose), readonly, class: prose ? "" : "code" };
  const input = rows > 1 ? make("textarea", { ...common, rows }) : make("input", { ...common, type: "text" });
  const box: TextInput = {
    input,
    value: String(start ?? ""),
    set: (next) => {
      // What the reader has typed but not sent must not vanish under the cursor.
      const editing = inUse(input) && input.value !== box.value;
      box.value = next;
      if (!editing) input.value = next;
    },
  };
  input.value = box.value;
  let composing = false;
  const commit = () => {
    if (input.value === box.value) return;
    box.value = input.value;
    changed();
  };
  input.addEventListener("change", commit);
  if (keypress) {
    input.addEventListener("compositionstart", () => (composing = true));
    input.addEventListener("compositionend", () => {
      composing = false;
      commit();
    });
    input.addEventListener("input", () => !composing && commit());
  }
  input.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, isComposing } = event as KeyboardEvent;
    if (key === "Enter" && !isComposing && (rows === 1 || ctrlKey || metaKey)) {
      event.preventDefault();
      commit();
    }
  });
  return box;
}
