// The panel of one interact: its fields and its output, in the rows of its layout.
import { Field } from "../controls/field";
import { make } from "../dom";
import type { InteractStart, LayoutRow, WireValues } from "../protocol";
import type { OutputArea } from "../output/area";

const OUTPUT = "_output";

/** What is not placed stands first, one per row, and the output last. */
export function completeLayout(layout: LayoutRow[], names: string[]): LayoutRow[] {
  const rows = layout.filter(Array.isArray).map((row) => row.map((cell) => (Array.isArray(cell) ? cell : [cell as string | null, null]) as LayoutRow[number]));
  const placed = new Set(rows.flat().map(([name]) => name));
  const missing: LayoutRow[] = names.filter((name) => !placed.has(name)).map((name) => [[name, null]]);
  return [...missing, ...rows, ...(placed.has(OUTPUT) ? [] : [[[OUTPUT, null]] as LayoutRow])];
}

/** Two panels with the same shape can stand in for each other. */
export const panelShape = ({ controls, layout, options }: InteractStart): string =>
  JSON.stringify([Object.entries(controls).map(([name, { default: _, ...rest }]) => [name, rest]), layout, options]);

export class Panel {
  readonly element: HTMLElement;
  readonly shape: string;
  readonly area: OutputArea;
  /** Whom a change is told; a successor of the function takes the panel over by setting it. */
  onChange: (values: WireValues) => void = () => {};
  readonly #fields = new Map<string, Field>();
  readonly #update: HTMLButtonElement | null;

  constructor(start: InteractStart, area: OutputArea) {
    this.area = area;
    this.shape = panelShape(start);
    const manual = start.options.update === "button";
    const readonly = start.options.readonly === true;
    for (const [name, spec] of Object.entries(start.controls)) {
      this.#fields.set(name, new Field(name, spec, readonly, () => this.#changed(manual)));
    }
    this.#update = manual && !readonly ? make("button", { type: "button", class: "update", part: "update" }, "Update") : null;
    this.#update?.addEventListener("click", () => this.#tell());
    this.element = make("section", { part: "panel", class: "panel", "data-function": start.function_name, role: "group", "aria-label": `Controls of ${start.function_name}` });
    // One column for all labels, as wide as the longest; CSS alone cannot align across rows.
    const longest = Math.max(1, ...Object.entries(start.controls).map(([name, { label }]) => (label ?? name).length));
    this.element.style.setProperty("--lw-label", `${Math.min(18, longest + 1)}ch`);
    for (const row of completeLayout(start.layout, [...this.#fields.keys()])) {
      if (row.some(([name]) => name === OUTPUT) && this.#update && !this.#update.parentElement) this.element.append(this.#update);
      this.element.append(this.#row(row));
    }
  }

  get values(): WireValues {
    return Object.fromEntries([...this.#fields].map(([name, field]) => [name, field.value]));
  }

  setValues(values: WireValues): void {
    for (const [name, value] of Object.entries(values)) this.#fields.get(name)?.set(value);
  }

  setErrors(errors: Record<string, unknown>): void {
    for (const [name, field] of this.#fields) field.setError(Object.hasOwn(errors, name) ? String(errors[name]) : null);
    const unplaced = Object.entries(errors).filter(([name]) => !this.#fields.has(name));
    if (unplaced.length > 0) [...this.#fields.values()].at(-1)?.setError(unplaced.map(([name, text]) => (/^\w+$/.test(name) ? `${name}: ${String(text)}` : String(text))).join("\n"));
  }

  #row(row: LayoutRow): HTMLElement {
    const cells = row.map(([name, width]) => {
      const content = name === OUTPUT ? this.area.element : name === null ? null : this.#fields.get(name)?.element;
      const cell = make("div", { class: name === null ? "cell spacer" : "cell" }, ...(content ? [content] : []));
      if (typeof width === "number" && width > 0) cell.style.flexGrow = String(width);
      return cell;
    });
    return make("div", { class: "row" }, ...cells);
  }

  #changed(manual: boolean): void {
    if (!manual) this.#tell();
    else this.#update?.classList.add("waiting");
  }

  #tell(): void {
    this.#update?.classList.remove("waiting");
    this.setErrors({});
    this.onChange(this.values);
  }
}
