// Text to take away: a field that shows all of it, and a button that copies it.
import { make, uniqueId } from "../dom";

export interface CopyField {
  element: HTMLElement;
  text: string;
}

export interface CopyFieldOptions {
  label: string;
  copy: string;
  /** Lines to show; 1 makes it an input. */
  lines?: number;
  /** Told whether the text is on the clipboard. */
  copied(done: boolean): void;
}

export function copyField({ label, copy, lines = 1, copied }: CopyFieldOptions): CopyField {
  const id = uniqueId("copy");
  const attributes = { id, "aria-label": label, readonly: true, spellcheck: "false" };
  const field = lines === 1 ? make("input", { ...attributes, type: "text" }) : make("textarea", { ...attributes, rows: lines, wrap: "off" });
  const button = make("button", { type: "button", "aria-describedby": id }, copy);
  field.addEventListener("focus", () => field.select());
  button.addEventListener("click", () => void take(field).then(copied));
  return {
    element: make("div", { class: "copy" }, field, button),
    get text() {
      return field.value;
    },
    set text(text: string) {
      field.value = text;
    },
  };
}

/** Pages that are not secure, and frames that may not, have no clipboard: there the selection is copied. */
async function take(field: HTMLInputElement | HTMLTextAreaElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    field.focus();
    field.select();
    return document.execCommand("copy");
  }
}
