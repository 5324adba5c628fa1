// One displayed object: an image, text, or a frame; shows new content in place, without flicker.
import { make } from "../dom";
import { HtmlFrame } from "./html_frame";
import { choose, type Picture } from "./mime";
import { TerminalView } from "./terminal_view";

export class Display {
  readonly element = make("div", { class: "display" });
  /** How many lines of text it shows. */
  lines = 0;
  #kind: Picture["kind"] | null = null;
  #image: HTMLImageElement | null = null;
  #frame: HtmlFrame | null = null;

  constructor(private readonly frameUrl: string) {}

  get kind(): Picture["kind"] | null {
    return this.#kind;
  }

  /** Resolves when the new content can be seen at its right height. */
  async show(picture: Picture): Promise<void> {
    const same = picture.kind === this.#kind;
    this.#kind = picture.kind;
    this.lines = 0;
    switch (picture.kind) {
      case "image":
        return this.#showImage(picture, same);
      case "html":
        if (!same || !this.#frame) {
          this.#frame?.destroy();
          this.#frame = new HtmlFrame(this.frameUrl);
          this.element.replaceChildren(this.#frame.element);
        }
        return this.#frame.show(picture.html);
      default: {
        const view = new TerminalView("plain");
        view.write(picture.text);
        this.lines = view.terminal.lines.length;
        this.element.replaceChildren(view.element);
      }
    }
  }

  destroy(): void {
    this.#frame?.destroy();
  }

  async #showImage(picture: Picture & { kind: "image" }, same: boolean): Promise<void> {
    if (!same || !this.#image) {
      this.#image = make("img", { part: "image" });
      this.element.replaceChildren(this.#image);
    }
    const image = this.#image;
    // The old picture stays until the new one is loaded: that is how a browser changes a source.
    image.alt = picture.alt || "Figure";
    for (const side of ["width", "height"] as const) {
      if (picture[side] === null) image.removeAttribute(side);
      else image[side] = picture[side];
    }
    image.src = picture.source;
    await image.decode?.().catch(() => {});
  }
}

export const picture = choose;
