// The panel of one interact: its fields, its output, and what the reader has set but not yet applied.
import { Field } from "../controls/field";
import { make } from "../dom";
import type { OutputArea } from "../output/area";
import type { ControlSpec, InteractOptions, InteractStart, Layout, WireValue, WireValues } from "../protocol";
import { Arrangement } from "./arrangement";
import { planLayout } from "./layout";
import type { Language } from "../words";
import type { InteractUpdate } from "./start";
import { WORDS } from "./words";

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);
const withoutDefault = ({ default: _, ...rest }: ControlSpec): unknown => rest;
const shape = (controls: Record<string, ControlSpec>, layout: Layout, options: InteractOptions): string =>
  JSON.stringify([Object.entries(controls).map(([name, spec]) => [name, withoutDefault(spec)]), layout, options]);

/** Two panels with the same shape can stand in for each other. */
export const panelShape = ({ controls, layout, options }: InteractStart): string => shape(controls, layout, options);

/** Values that a link to a cell must not carry: words of the program, and the reader's files. */
const PRIVATE = new Set(["html_box", "file_box"]);

export class Panel {
  readonly element: HTMLElement;
  readonly area: OutputArea;
  /** Whom a change is told; a successor of the function takes the panel over by setting it. */
  onChange: (values: WireValues) => void = () => {};
  /** Told when the reader lets go of a control. */
  onSettle: () => void = () => {};
  readonly #fields = new Map<string, Field>();
  readonly #options: InteractOptions;
  readonly #frameUrl: string;
  readonly #language: Language;
  readonly #arrangement: Arrangement;
  readonly #error = make("div", { class: "control-error", role: "alert", hidden: true });
  readonly #actions = make("div", { class: "actions" });
  readonly #notApplied = make("span", { class: "note", role: "status" });
  #specs: Record<string, ControlSpec>;
  #layout: Layout;
  #applied: WireValues = {};
  /** Clicks that wait for the Update button. */
  #clicks: WireValues = {};
  /** Updates that would move a control out of the reader's hand. */
  #held: InteractUpdate[] = [];

  constructor(start: InteractStart, area: OutputArea, frameUrl = "", language: Language = "en") {
    this.area = area;
    this.#options = start.options;
    this.#frameUrl = frameUrl;
    this.#language = language;
    const words = WORDS[language];
    this.#specs = { ...start.controls };
    this.#layout = start.layout;
    for (const [name, spec] of Object.entries(start.controls)) this.#fields.set(name, this.#field(name, spec));
    const { readonly, output } = start.options;
    const label = words.controlsOf(start.function_name, readonly === true);
    this.element = make("section", { part: "panel", class: output === false ? "panel no-output" : "panel", "data-function": start.function_name, role: "group", "aria-label": label });
    this.element.addEventListener("change", () => this.onSettle());
    this.#arrangement = new Arrangement(area.element);
    const [top, middle, bottom] = this.#arrangement.elements as [HTMLElement, HTMLElement, HTMLElement];
    this.element.append(top, this.#actions, this.#error, middle, bottom);
    this.#arrange();
    this.#applied = this.values;
  }

  get shape(): string {
    return shape(this.#specs, this.#layout, this.#options);
  }

  get values(): WireValues {
    return Object.fromEntries([...this.#fields].map(([name, field]) => [name, field.value]));
  }

  /** The values without clicks: what may be set again later. */
  resting(values: WireValues): WireValues {
    const entries = Object.entries(values).map(([name, value]): [string, WireValue] => {
      const rest = this.#fields.get(name)?.rest;
      return [name, rest === undefined ? value : rest];
    });
    return Object.fromEntries(entries);
  }

  /** What a link to this cell carries. */
  get shared(): WireValues {
    const fields = [...this.#fields].filter(([, { rest, spec }]) => rest === undefined && !PRIVATE.has(spec.control_type));
    return Object.fromEntries(fields.map(([name, field]) => [name, field.value]));
  }

  /** Those of the values that are clicks. */
  clicks(values: WireValues): WireValues {
    return Object.fromEntries(Object.entries(values).filter(([name, value]) => ![undefined, value].includes(this.#fields.get(name)?.rest)));
  }

  /** The newer values, with the clicks of older ones that have not reached the program. */
  carry(older: WireValues, newer: WireValues): WireValues {
    return { ...newer, ...this.clicks(older), ...this.clicks(newer) };
  }

  /** Values that count from now on, and that the program knows or is about to be told. */
  setValues(values: WireValues): void {
    for (const [name, value] of Object.entries(values)) {
      const field = this.#fields.get(name);
      if (!field || field.rest !== undefined) continue;
      field.set(value);
      this.#applied[name] = field.value;
    }
    this.#mark();
  }

  /** The controls of a new run of the function that made this panel, which differ in their values only. */
  renew(controls: Record<string, ControlSpec>): void {
    this.#specs = { ...controls };
    this.#clicks = {};
    this.setErrors({});
    this.setValues(Object.fromEntries(Object.entries(controls).map(([name, spec]) => [name, spec.default ?? null])));
  }

  /** What the program changed while the panel is in use. `outdated`: it did not know the reader's newest change yet. */
  update(update: InteractUpdate, outdated = false): void {
    const structural = Object.keys(update.controls).length + update.removed.length > 0 || update.layout !== null;
    if (structural && (this.#held.length > 0 || [...this.#fields.values()].some(({ moving }) => moving))) {
      this.#held.push(update);
    } else if (structural) this.#restructure(update);
    for (const [name, value] of Object.entries(update.values)) {
      const field = this.#fields.get(name);
      if (!field || field.rest !== undefined) continue;
      field.suggest(value, outdated);
      this.#applied[name] = value;
    }
    this.#mark();
  }

  setErrors(errors: Record<string, unknown>): void {
    for (const [name, field] of this.#fields) field.setError(Object.hasOwn(errors, name) ? String(errors[name]) : null);
    const others = Object.entries(errors).filter(([name]) => !this.#fields.has(name));
    const text = others.map(([name, words]) => (name ? `${name}: ${String(words)}` : String(words))).join("\n");
    if (this.#error.textContent !== text) this.#error.textContent = text;
    this.#error.hidden = text === "";
  }

  destroy(): void {
    for (const field of this.#fields.values()) field.destroy();
    this.area.dispose();
    this.onChange = () => {};
  }

  get #manual(): boolean {
    return this.#options.update === "button" || Array.isArray(this.#options.update);
  }

  #field(name: string, spec: ControlSpec): Field {
    return new Field(name, spec, {
      readonly: this.#options.readonly === true,
      frameUrl: this.#frameUrl,
      language: this.#language,
      changed: (field) => this.#changed(field),
      released: () => this.#released(),
    });
  }

  #restructure({ controls, removed, layout }: InteractUpdate): void {
    for (const name of removed) {
      this.#fields.get(name)?.destroy();
      this.#fields.delete(name);
      for (const record of [this.#specs, this.#applied, this.#clicks]) delete record[name];
    }
    for (const [name, spec] of Object.entries(controls)) {
      const old = this.#fields.get(name);
      const known = this.#specs[name];
      this.#specs[name] = spec;
      if (old && known && same(withoutDefault(known), withoutDefault(spec))) {
        old.suggest(spec.default ?? null, false);
        continue;
      }
      const focused = old?.element.contains((old.element.getRootNode() as Document | ShadowRoot).activeElement ?? null);
      const field = this.#field(name, spec);
      this.#fields.set(name, field);
      this.#applied[name] = field.value;
      old?.element.replaceWith(field.element);
      old?.destroy();
      if (focused) field.focus();
    }
    if (layout) this.#layout = layout;
    this.#arrange();
  }

  #arrange(): void {
    // One column for all labels, as wide as the longest; CSS alone cannot align across rows.
    const longest = [...this.#fields.values()].reduce((widest, { element }) => Math.max(widest, element.querySelector(".label")?.textContent?.length ?? 0), 1);
    this.element.style.setProperty("--lw-label", `${Math.min(18, longest + 1)}ch`);
    this.#arrangement.arrange(planLayout(this.#layout, [...this.#fields.keys()]), (name) => this.#fields.get(name)?.element ?? null);
    const types = [...this.#fields.values()].map(({ spec }) => spec.control_type);
    const button = this.#options.update === "button" && this.#options.readonly !== true && !types.includes("update_button");
    if (button && !this.#actions.querySelector("button")) {
      const drawn = make("button", { type: "button", class: "update", part: "update" }, WORDS[this.#language].update);
      drawn.addEventListener("click", () => this.#tell());
      this.#actions.prepend(drawn);
    } else if (!button) this.#actions.querySelector("button")?.remove();
    if (this.#manual) this.#actions.append(this.#notApplied);
  }

  #changed(field: Field): void {
    const { update } = this.#options;
    if (!this.#manual || field.spec.control_type === "update_button" || (Array.isArray(update) && update.includes(field.name))) this.#tell();
    else {
      if (field.rest !== undefined) this.#clicks[field.name] = field.value;
      this.#mark();
    }
  }

  #tell(): void {
    const values = { ...this.values, ...this.#clicks };
    this.#clicks = {};
    this.#applied = this.resting(values);
    this.#mark();
    this.onChange(values);
  }

  #mark(): void {
    if (!this.#manual) return;
    let waiting = false;
    for (const [name, field] of this.#fields) {
      const unapplied = field.rest === undefined ? !same(field.value, this.#applied[name]) : Object.hasOwn(this.#clicks, name);
      field.setUnapplied(unapplied);
      waiting ||= unapplied;
    }
    for (const button of this.element.querySelectorAll(":scope > .actions > .update, .rows .update")) {
      if (button.closest(".panel") === this.element) button.classList.toggle("waiting", waiting);
    }
    const words = waiting ? WORDS[this.#language].unapplied : "";
    if (this.#notApplied.textContent !== words) this.#notApplied.textContent = words;
  }

  #released(): void {
    if (this.#held.length === 0 || [...this.#fields.values()].some(({ moving }) => moving)) return;
    for (const update of this.#held.splice(0)) this.#restructure(update);
    this.#mark();
  }
}
