// What an output can hold, where it can stand, and who makes it.
import type { OutputWords } from "./words";

/** Drawn by the page, or by the frame when it stands behind something that needs one. */
export type Plain =
  | { kind: "stream" }
  | { kind: "error"; text: string }
  | { kind: "notice"; text: string }
  | { kind: "text"; text: string }
  | { kind: "image"; source: string; alt: string; width: number | null; height: number | null };

/** Drawn inside the sandboxed frame only. */
export interface Rich {
  kind: "rich";
  /** The MIME type. */
  type: string;
  data: unknown;
  metadata: Record<string, unknown>;
}

export type Content = Plain | Rich;

/** What a kernel displays, as opposed to what it prints. */
export type Picture = Rich | Extract<Plain, { kind: "text" | "image" }>;

/** One output in its place. */
export interface Output {
  /** What stands for it in the page: an element of its own, or that of the frame that it shares. */
  readonly element: HTMLElement;
  readonly frame: Frame | null;
  /** How many lines of text it shows. */
  readonly lines: number;
  /** Shows new content in place; resolves when that can be seen at its right height. */
  show(content: Content): Promise<void>;
  /** Goes on with a stream. */
  write(text: string, stderr: boolean): void;
  remove(): void;
}

/** Several outputs, one under the other, in a sandboxed frame. */
export interface Frame {
  /** Never changed for another: outputs are placed before and after it. */
  readonly element: HTMLElement;
  /** False once it has been stopped, and while it does not answer. */
  readonly usable: boolean;
  /** A place for an output before another one, or at the end. */
  insert(before: Output | null): Output;
  destroy(): void;
}

/** Makes the outputs of one session; the frames of another are closed to it. */
export interface OutputFactory {
  readonly words: OutputWords;
  choose(data: Record<string, unknown>, metadata: Record<string, unknown>): Picture;
  drawing(kind: Plain["kind"]): Output;
  /** `emptied` is told when the last output has gone. */
  frame(emptied: (frame: Frame) => void): Frame;
  /** Whether new output may be put into this frame. */
  accepts(frame: Frame): boolean;
}
