// One output inside the frame: text and images as in the page, everything else by the renderer of its type.
import { make } from "../dom";
import type { Content, Plain, Rich } from "../output/content";
import { Drawing } from "../output/drawing";
import type { OutputWords } from "../output/words";
import { loadRenderer, type Rendering } from "./renderers";

export class FrameSlot {
  readonly element = make("div", { class: "slot" });
  readonly #words: OutputWords;
  #drawing: Drawing | null = null;
  #rendering: Rendering | null = null;
  /** What the drawing or the rendering is for. */
  #type = "";
  #turn = 0;

  constructor(words: OutputWords) {
    this.#words = words;
  }

  async show(content: Content): Promise<void> {
    const turn = ++this.#turn;
    if (content.kind !== "rich") return this.#draw(content);
    try {
      await this.#render(content, () => turn === this.#turn);
    } catch (error) {
      if (turn !== this.#turn) return;
      await this.#draw({ kind: "error", text: this.#words.failed(content.type, error instanceof Error ? error.message : String(error)) });
    }
  }

  write(text: string, stderr: boolean): void {
    this.#drawing?.write(text, stderr);
  }

  remove(): void {
    this.#turn += 1;
    this.#rendering?.destroy?.();
    this.element.remove();
  }

  #draw(content: Plain): Promise<void> {
    // A picture may become text where it stands; the others are of one kind for life.
    const type = content.kind === "image" ? "text" : content.kind;
    if (!this.#drawing || this.#type !== type || content.kind === "error") {
      this.#drawing = new Drawing(content.kind, this.#words);
      this.#replace(type, null, this.#drawing.element);
    }
    return this.#drawing.show(content);
  }

  /** The old content stays until the renderer of the new has been loaded. */
  async #render({ type, data, metadata }: Rich, isNewest: () => boolean): Promise<void> {
    if (!this.#rendering || this.#type !== type) {
      const render = await loadRenderer(type);
      if (!isNewest()) return;
      const host = make("div", { class: "rich" });
      this.#drawing = null;
      this.#replace(type, render(host, this.#words), host);
    }
    await this.#rendering?.show(data, metadata, isNewest);
  }

  #replace(type: string, rendering: Rendering | null, element: HTMLElement): void {
    this.#rendering?.destroy?.();
    this.#rendering = rendering;
    this.#type = type;
    this.element.replaceChildren(element);
  }
}
