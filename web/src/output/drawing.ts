// Draws text and images as DOM nodes, for the page and for the frame alike; new content takes the old one's place without flicker.
import { make } from "../dom";
import type { Content, Output, Plain } from "./content";
import { linkLines } from "./line_links";
import { TerminalView } from "./terminal_view";
import type { OutputWords } from "./words";

const OWN_TERMINAL = ["stream", "error"];

export class Drawing implements Output {
  readonly element: HTMLElement;
  readonly frame = null;
  readonly #words: OutputWords;
  #view: TerminalView | null = null;
  #image: HTMLImageElement | null = null;

  constructor(kind: Plain["kind"], words: OutputWords) {
    this.#words = words;
    if (OWN_TERMINAL.includes(kind)) this.#view = new TerminalView(kind, words);
    this.element = this.#view?.element ?? make("div", { class: kind === "notice" ? "dropped" : "display" });
    if (kind === "error") this.element.setAttribute("part", "error");
  }

  get lines(): number {
    return this.#view?.terminal.lines.length ?? 0;
  }

  async show(content: Content): Promise<void> {
    switch (content.kind) {
      case "image":
        this.#view = null;
        return this.#showImage(content);
      case "text":
        this.#image = null;
        this.#view = new TerminalView("plain", this.#words);
        this.#view.write(content.text);
        this.element.replaceChildren(this.#view.element);
        break;
      case "error":
        this.#view?.write(content.text);
        linkLines(this.element);
        break;
      case "notice":
        this.element.textContent = content.text;
        break;
      default:
        break;
    }
  }

  write(text: string, stderr: boolean): void {
    this.#view?.write(text, stderr);
  }

  remove(): void {
    this.element.remove();
  }

  async #showImage(picture: Extract<Plain, { kind: "image" }>): Promise<void> {
    if (!this.#image) {
      this.#image = make("img", { part: "image" });
      this.element.replaceChildren(this.#image);
    }
    const image = this.#image;
    // The old picture stays until the new one is loaded: that is how a browser changes a source.
    image.alt = picture.alt;
    for (const side of ["width", "height"] as const) {
      if (picture[side] === null) image.removeAttribute(side);
      else image[side] = picture[side];
    }
    image.src = picture.source;
    await image.decode?.().catch(() => {});
  }
}
