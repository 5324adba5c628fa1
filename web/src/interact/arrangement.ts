// Puts the fields of a panel and its output where the plan says; what can stay where it is is not touched.
import { make } from "../dom";
import type { LayoutRow } from "../protocol";
import { tracks, type Column, type Plan } from "./layout";

type Content = (name: string) => HTMLElement | null;

/**
 * The cell of the output is never moved: a frame that is moved in the page loads again.
 * A row that stays the same is not moved either, so that a drag inside it goes on.
 */
export class Arrangement {
  readonly top = make("div", { class: "rows" });
  readonly #middle = make("div", { class: "middle" });
  readonly #output: HTMLElement;
  readonly #bottom = make("div", { class: "rows" });
  #before: HTMLElement[] = [];
  #after: HTMLElement[] = [];

  constructor(output: HTMLElement) {
    this.#output = make("div", { class: "cell output-cell" }, output);
    this.#middle.append(this.#output);
  }

  get elements(): HTMLElement[] {
    return [this.top, this.#middle, this.#bottom];
  }

  arrange(plan: Plan, content: Content): void {
    const root = this.#middle.getRootNode() as Document | ShadowRoot;
    const active = root.activeElement as HTMLElement | null | undefined;
    reconcile(this.top, plan.top, content);
    this.#before = this.#columns(this.#before, plan.before, content, (column) => this.#middle.insertBefore(column, this.#output));
    this.#after = this.#columns(this.#after, plan.after, content, (column) => this.#middle.append(column));
    reconcile(this.#bottom, plan.bottom, content);
    this.#middle.style.setProperty("--columns", tracks([...plan.before.map(({ share }) => share), plan.output, ...plan.after.map(({ share }) => share)]));
    this.#middle.classList.toggle("alone", plan.before.length + plan.after.length === 0);
    // What had to be moved loses the focus.
    if (active?.isConnected && root.activeElement !== active) active.focus({ preventScroll: true });
  }

  #columns(old: HTMLElement[], columns: Column[], content: Content, place: (column: HTMLElement) => void): HTMLElement[] {
    const elements = columns.map((_, index) => old[index] ?? make("div"));
    for (const surplus of old.slice(columns.length)) surplus.remove();
    for (const [index, column] of columns.entries()) {
      const element = elements[index] as HTMLElement;
      if (!element.parentElement) place(element);
      element.className = column.rows.length > 0 ? "rows column" : "cell spacer";
      reconcile(element, column.rows, content);
    }
    return elements;
  }
}

function reconcile(container: HTMLElement, rows: LayoutRow[], content: Content): void {
  const old = new Map(([...container.children] as HTMLElement[]).map((row) => [row.dataset["key"], row]));
  const wanted = rows.map((row) => {
    const key = JSON.stringify(row);
    const existing = old.get(key);
    old.delete(key);
    const element = existing ?? build(row, key);
    for (const [index, [name]] of row.entries()) {
      const inside = name === null ? null : content(name);
      const cell = element.children[index];
      if (inside && cell && cell.firstElementChild !== inside) cell.replaceChildren(inside);
    }
    return element;
  });
  for (const row of old.values()) row.remove();
  for (const [index, row] of wanted.entries()) {
    const there = container.children[index] ?? null;
    if (there !== row) container.insertBefore(row, there);
  }
}

function build(row: LayoutRow, key: string): HTMLElement {
  const element = make("div", { class: "row", "data-key": key }, ...row.map(([name]) => make("div", { class: name === null ? "cell spacer" : "cell" })));
  element.style.setProperty("--columns", tracks(row.map(([, share]) => share)));
  return element;
}
