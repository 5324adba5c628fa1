// Draws a terminal model as text nodes and spans, only the lines that changed.
import { make } from "../dom";
import type { Style } from "./ansi";
import { Terminal, type Line, type Run } from "./terminal";
import type { OutputWords } from "./words";

export class TerminalView {
  readonly element: HTMLElement;
  readonly terminal = new Terminal();
  #drawn = new Map<Line, { node: HTMLElement; version: number }>();
  #notice: HTMLElement | null = null;
  readonly #words: OutputWords;

  constructor(className: string, words: OutputWords) {
    this.#words = words;
    // Streams wrap; a table drawn in text must not, so it scrolls, and what scrolls must be reachable by keyboard.
    const scrolls = className === "plain" ? { tabindex: 0, role: "group", "aria-label": words.text } : {};
    this.element = make("pre", { class: className, ...scrolls });
  }

  write(text: string, stderr = false): void {
    this.terminal.write(text, stderr);
    this.#draw();
  }

  #draw(): void {
    const { lines, head, dropped } = this.terminal;
    const alive = new Set(lines);
    for (const [line, { node }] of this.#drawn) {
      if (!alive.has(line)) {
        node.remove();
        this.#drawn.delete(line);
      }
    }
    let before: Node | null = null;
    // From the end, because almost all changes are there: known lines stop costing after the version check.
    for (let i = lines.length - 1; i >= 0; i--) {
      const line = lines[i] as Line;
      let drawn = this.#drawn.get(line);
      if (!drawn) {
        drawn = { node: make("span", { class: "line" }), version: -1 };
        this.#drawn.set(line, drawn);
        this.element.insertBefore(drawn.node, before);
      }
      const newline = i < lines.length - 1;
      const version = line.version * 2 + Number(newline);
      if (drawn.version !== version) {
        drawn.version = version;
        drawn.node.replaceChildren(...line.runs.map(drawRun), ...(newline ? ["\n"] : []));
      }
      before = drawn.node;
    }
    if (dropped > 0) this.#drawNotice(dropped, lines[head]);
  }

  #drawNotice(dropped: number, next: Line | undefined): void {
    this.#notice ??= make("span", { class: "dropped" });
    this.#notice.textContent = `${this.#words.linesLeftOut(dropped)}\n`;
    const node = next && this.#drawn.get(next)?.node;
    if (this.#notice.nextSibling !== (node ?? null) || !this.#notice.isConnected) this.element.insertBefore(this.#notice, node ?? null);
  }
}

function drawRun({ text, style }: Run): Node | string {
  const css = runStyle(style);
  if (Object.keys(css).length === 0 && !style.stderr) return text;
  const span = document.createElement("span");
  if (style.stderr) span.className = "stderr";
  span.textContent = text;
  Object.assign(span.style, css);
  return span;
}

/** Fixed colours were chosen for a black or for a white terminal; only their lightness is moved. */
function legible(colour: string): string {
  if (!colour.startsWith("rgb")) return colour;
  return `light-dark(oklch(from ${colour} min(l, 0.5) c h), oklch(from ${colour} max(l, 0.75) c h))`;
}

function runStyle(style: Style): Partial<CSSStyleDeclaration> {
  const css: Partial<CSSStyleDeclaration> = {};
  let { foreground, background } = style;
  if (style.inverse) [foreground, background] = [background ?? "var(--lw-background)", foreground ?? "var(--lw-text)"];
  if (foreground) css.color = background ? foreground : legible(foreground);
  if (background) css.backgroundColor = background;
  if (style.bold) css.fontWeight = "bold";
  if (style.faint) css.opacity = "0.7";
  if (style.italic) css.fontStyle = "italic";
  if (style.underline) css.textDecoration = "underline";
  return css;
}
