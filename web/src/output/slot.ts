// One output inside a frame, as the page knows it: enough to send it again when the frame is loaded again.
import type { Operation } from "../frame/protocol";
import type { Content, Output } from "./content";
import type { OutputFrame } from "./output_frame";
import { LIMITS } from "./terminal";

const linesOf = (text: string): number => text.split("\n").length - 1;

export class Slot implements Output {
  readonly frame: OutputFrame;
  readonly number: number;
  #content: Content | null = null;
  #written: { text: string; stderr: boolean }[] = [];
  #characters = 0;
  #lines = 0;

  constructor(frame: OutputFrame, number: number) {
    this.frame = frame;
    this.number = number;
  }

  get element(): HTMLElement {
    return this.frame.element;
  }

  /** As many as a terminal keeps of them. */
  get lines(): number {
    return Math.min(this.#lines, LIMITS.lines);
  }

  /** What makes this slot anew. */
  get operations(): Operation[] {
    const slot = this.number;
    const written = this.#written.map(({ text, stderr }): Operation => ({ type: "write", slot, text, stderr }));
    return [{ type: "insert", slot, before: null }, ...(this.#content ? [{ type: "show", slot, content: this.#content } as const] : []), ...written];
  }

  show(content: Content): Promise<void> {
    this.#content = content;
    this.#lines = content.kind === "text" || content.kind === "error" ? linesOf(content.text) + 1 : 0;
    this.frame.post({ type: "show", slot: this.number, content });
    return this.frame.drawn();
  }

  write(text: string, stderr: boolean): void {
    this.#lines += linesOf(text);
    this.#note(text, stderr);
    this.frame.post({ type: "write", slot: this.number, text, stderr });
  }

  remove(): void {
    this.frame.remove(this);
  }

  /** Of a long stream the end is kept. */
  #note(text: string, stderr: boolean): void {
    const last = this.#written.at(-1);
    if (last && last.stderr === stderr) last.text += text;
    else this.#written.push({ text, stderr });
    this.#characters += text.length;
    if (this.#characters <= 2 * LIMITS.characters) return;
    let left = LIMITS.characters;
    this.#written = this.#written
      .reverse()
      .map((part) => {
        const kept = left > 0 ? part.text.slice(-left) : "";
        left -= kept.length;
        return { ...part, text: kept };
      })
      .filter((part) => part.text)
      .reverse();
    this.#characters = LIMITS.characters - left;
  }
}
