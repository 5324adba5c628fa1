// The field around a control: its label, its error, and what ties them to the input.
import { make, uniqueId } from "../dom";
import type { ControlSpec, WireValue } from "../protocol";
import type { Control } from "./control";
import { factoryFor } from "./registry";
import { unknown } from "./unknown";

export class Field {
  readonly element: HTMLElement;
  readonly #control: Control;
  readonly #error: HTMLElement;

  constructor(name: string, spec: ControlSpec, readonly: boolean, changed: () => void) {
    const id = uniqueId("control");
    const context = { id, name, readonly, changed };
    try {
      this.#control = factoryFor(spec)(spec, context);
    } catch {
      // A malformed specification must not take the other controls with it.
      this.#control = unknown(spec, context);
    }
    const text = typeof spec.label === "string" ? spec.label : name;
    const label = make("label", { for: id, class: "label" }, text);
    this.#error = make("div", { class: "control-error", id: `${id}-error`, role: "alert", hidden: true });
    this.element = make("div", { part: "control", class: "field", "data-argument": name }, label, this.#control.element, this.#error);
    if (text === "") this.#control.input?.setAttribute("aria-label", name);
  }

  get value(): WireValue {
    return this.#control.get();
  }

  set(value: WireValue): void {
    this.#control.set(value);
  }

  /** Shows why this value was refused, or that it no longer is. */
  setError(text: string | null): void {
    const { input } = this.#control;
    this.#error.hidden = text === null;
    this.#error.textContent = text ?? "";
    if (text === null) {
      input?.removeAttribute("aria-describedby");
      input?.removeAttribute("aria-invalid");
    } else {
      input?.setAttribute("aria-describedby", this.#error.id);
      input?.setAttribute("aria-invalid", "true");
    }
  }
}
