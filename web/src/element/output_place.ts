// Shows a cell's output elsewhere on the page, in a shadow tree that looks as the cell's own.
import { make } from "../dom";

export class OutputPlace {
  readonly root: ShadowRoot;
  readonly #host = document.createElement("interact-output");
  readonly #target: Element;

  constructor(target: Element, output: HTMLElement, theme: string | null) {
    this.#target = target;
    if (theme) this.#host.setAttribute("theme", theme);
    this.root = this.#host.attachShadow({ mode: "open" });
    this.root.append(make("div", { part: "box", class: "box" }, output));
    this.show();
  }

  show(): void {
    this.#target.append(this.#host);
  }

  hide(): void {
    this.#host.remove();
  }
}

/** The element that a selector names first; null for none, and for what is no selector. */
export function elementAt(selector: string): Element | null {
  try {
    return document.querySelector(selector);
  } catch {
    return null;
  }
}
