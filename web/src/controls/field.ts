// The field around a control: its label, its error, and when the program may change what the reader holds.
import { make, uniqueId } from "../dom";
import type { ControlSpec, WireValue } from "../protocol";
import type { Language } from "../words";
import { inUse, type Control, type ControlContext } from "./control";
import { factoryFor } from "./registry";
import { unknown } from "./unknown";

export interface FieldHost {
  readonly: boolean;
  frameUrl: string;
  language: Language;
  changed(field: Field): void;
  /** The reader has let go of the control. */
  released?(field: Field): void;
}

/** What names itself needs no label when the author gave none. */
const SELF_NAMED = new Set(["button", "update_button", "html_box"]);
const RELEASES = ["focusout", "pointerup", "pointercancel", "lostpointercapture"];
/** Only these may be called invalid; the others are announced by the error itself. */
const INVALID = "input:not([type=color], [type=file]), select, textarea";

export class Field {
  readonly element: HTMLElement;
  readonly name: string;
  readonly spec: ControlSpec;
  readonly #control: Control;
  readonly #error: HTMLElement;
  readonly #host: FieldHost;
  #held: { value: WireValue } | null = null;

  constructor(name: string, spec: ControlSpec, host: FieldHost) {
    this.name = name;
    this.spec = spec;
    this.#host = host;
    const id = uniqueId("control");
    const text = typeof spec.label === "string" ? spec.label : SELF_NAMED.has(spec.control_type) ? "" : name;
    this.#error = make("div", { class: "control-error", id: `${id}-error`, role: "alert", hidden: true });
    const context: ControlContext = {
      id,
      name,
      title: text || name,
      readonly: host.readonly,
      frameUrl: host.frameUrl,
      language: host.language,
      changed: () => {
        // The reader's own value is newer than what the program wanted before it.
        this.#held = null;
        host.changed(this);
      },
      complain: (words) => this.setError(words),
    };
    this.#control = this.#make(spec, context);
    const { element, input, group } = this.#control;
    const labels = input && !group && text !== "";
    const label = make(labels ? "label" : "span", { for: labels ? id : null, id: `${id}-label`, class: "label" }, text);
    this.element = make("div", { part: "control", class: "field", "data-argument": name, "data-control": spec.control_type }, label, element, this.#error);
    if (group) element.setAttribute(text ? "aria-labelledby" : "aria-label", text ? label.id : name);
    else if (text === "" && input && input.tagName !== "BUTTON") input.setAttribute("aria-label", name);
    for (const event of RELEASES) this.element.addEventListener(event, () => queueMicrotask(() => this.#release()));
  }

  #make(spec: ControlSpec, context: ControlContext): Control {
    try {
      return factoryFor(spec)(spec, context);
    } catch {
      // A malformed specification must not take the other controls with it.
      return unknown(spec, context);
    }
  }

  get value(): WireValue {
    return this.#control.get();
  }

  /** Of buttons: the value when nothing was clicked; undefined for all others. */
  get rest(): WireValue | undefined {
    return this.#control.rest;
  }

  get moving(): boolean {
    return this.#control.moving?.() ?? false;
  }

  /** What must be shown whatever the reader does, save that nothing is pulled out of a moving hand. */
  set(value: WireValue): void {
    if (this.moving) this.#held = { value };
    else {
      this.#held = null;
      this.#control.set(value);
    }
  }

  /**
   * The program's wish. A control in use is left alone: the wish waits until it is let go of,
   * and one that answers an older value than the reader's newest is forgotten.
   */
  suggest(value: WireValue, outdated: boolean): void {
    if (!this.moving && !inUse(this.element)) this.set(value);
    else if (!outdated) this.#held = { value };
  }

  focus(): void {
    this.#control.input?.focus({ preventScroll: true });
  }

  /** Changed by the reader, not yet told to the program. */
  setUnapplied(unapplied: boolean): void {
    this.element.classList.toggle("unapplied", unapplied);
  }

  /** Shows why this value was refused, or that it no longer is. */
  setError(text: string | null): void {
    // The same words again would be read aloud again.
    if (text !== null && !this.#error.hidden && this.#error.textContent === text) return;
    this.#error.hidden = text === null;
    this.#error.textContent = text ?? "";
    const { element, input, group } = this.#control;
    for (const target of new Set([...(group ? [element] : []), ...(input ? [input] : []), ...element.querySelectorAll<HTMLElement>(INVALID)])) {
      if (text === null) {
        target.removeAttribute("aria-describedby");
        target.removeAttribute("aria-invalid");
      } else {
        target.setAttribute("aria-describedby", this.#error.id);
        if (target.matches(INVALID)) target.setAttribute("aria-invalid", "true");
      }
    }
  }

  destroy(): void {
    this.#control.destroy?.();
  }

  #release(): void {
    if (this.moving) return;
    if (this.#held && !inUse(this.element)) this.set(this.#held.value);
    this.#host.released?.(this);
  }
}
