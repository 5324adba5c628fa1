// A small terminal model: lines of styled runs, a cursor, and a bound on what is kept.
import { applySgr, PLAIN, tokenize, type Style } from "./ansi";

export interface Run {
  text: string;
  style: Style;
}

export interface Line {
  runs: Run[];
  length: number;
  /** Raised at every change, so that a view redraws only what changed. */
  version: number;
}

export interface Limits {
  lines: number;
  characters: number;
}

export const LIMITS: Limits = { lines: 2_000, characters: 1_000_000 };
/** The share of the lines that is kept from the beginning when the middle is dropped. */
const HEAD_SHARE = 0.1;

const emptyLine = (): Line => ({ runs: [], length: 0, version: 0 });

export class Terminal {
  lines: Line[] = [emptyLine()];
  /** How many lines were dropped, and after which line they stood. */
  dropped = 0;
  readonly head: number;
  #row = 0;
  #column = 0;
  #style: Style = PLAIN;
  #rest = "";
  #characters = 0;
  readonly #limits: Limits;

  constructor(limits: Limits = LIMITS) {
    this.#limits = limits;
    this.head = Math.floor(limits.lines * HEAD_SHARE);
  }

  write(text: string, stderr = false): void {
    if (this.#style.stderr !== stderr) this.#style = { ...this.#style, stderr };
    const { tokens, rest } = tokenize(this.#rest + text);
    // An escape sequence that never ends must not swallow the output for ever.
    this.#rest = rest.length > 4_000 ? "" : rest;
    for (const token of tokens) {
      if ("text" in token) this.#put(token.text);
      else this.#control(token.final, token.parameters);
    }
    this.#trim();
  }

  /** The text without its styles. */
  get text(): string {
    return this.lines.map((line) => line.runs.map((run) => run.text).join("")).join("\n");
  }

  #control(final: string, parameters: number[]): void {
    const count = Math.max(1, parameters[0] ?? 1);
    switch (final) {
      case "\n":
        this.#row += 1;
        this.#column = 0;
        this.#ensureRow();
        break;
      case "\r":
        this.#column = 0;
        break;
      case "\b":
        this.#column = Math.max(0, this.#column - 1);
        break;
      case "m":
        this.#style = applySgr(this.#style, parameters);
        break;
      case "A":
        this.#row = Math.max(0, this.#row - count);
        break;
      case "B":
        this.#row = Math.min(this.lines.length - 1, this.#row + count);
        break;
      case "C":
        this.#column += Math.min(count, 1_000);
        break;
      case "D":
        this.#column = Math.max(0, this.#column - count);
        break;
      case "G":
        this.#column = Math.min(count, 1_000) - 1;
        break;
      case "K":
        this.#eraseInLine(parameters[0] ?? 0);
        break;
      case "J":
        if (parameters[0] === 2 || parameters[0] === 3) this.#clear();
        break;
      case "H":
        // There is no screen: home makes sense only together with a clear.
        if (this.lines.length === 1) this.#column = 0;
        break;
      default:
        break;
    }
  }

  #ensureRow(): void {
    while (this.lines.length <= this.#row) this.lines.push(emptyLine());
  }

  #clear(): void {
    this.lines = [emptyLine()];
    this.#row = this.#column = this.#characters = this.dropped = 0;
  }

  #put(text: string): void {
    const line = this.lines[this.#row] as Line;
    line.version += 1;
    if (this.#column > line.length) this.#append(line, " ".repeat(this.#column - line.length), PLAIN);
    if (this.#column < line.length) this.#overwrite(line, text);
    else this.#append(line, text, this.#style);
    this.#column += text.length;
  }

  #append(line: Line, text: string, style: Style): void {
    const last = line.runs[line.runs.length - 1];
    if (last && last.style === style) last.text += text;
    else line.runs.push({ text, style });
    line.length += text.length;
    this.#characters += text.length;
  }

  #overwrite(line: Line, text: string): void {
    const after = slice(line.runs, this.#column + text.length, line.length);
    this.#setRuns(line, [...slice(line.runs, 0, this.#column), { text, style: this.#style }, ...after]);
  }

  #eraseInLine(mode: number): void {
    const line = this.lines[this.#row] as Line;
    line.version += 1;
    if (mode === 0) this.#setRuns(line, slice(line.runs, 0, this.#column));
    else if (mode === 2) this.#setRuns(line, []);
    else if (mode === 1) {
      const blank = { text: " ".repeat(Math.min(this.#column, line.length)), style: PLAIN };
      this.#setRuns(line, [blank, ...slice(line.runs, this.#column, line.length)]);
    }
  }

  #setRuns(line: Line, runs: Run[]): void {
    const length = runs.reduce((sum, run) => sum + run.text.length, 0);
    this.#characters += length - line.length;
    line.runs = runs;
    line.length = length;
  }

  /** Keeps the beginning and the end: the middle of a flood is what nobody reads. */
  #trim(): void {
    const { lines, characters } = this.#limits;
    let excess = Math.max(0, this.lines.length - lines);
    if (excess > 0) this.#drop(excess);
    while (this.#characters > characters && this.lines.length > this.head + 1) {
      excess = Math.ceil((this.lines.length - this.head) / 10);
      this.#drop(Math.min(excess, this.lines.length - this.head - 1));
    }
    const current = this.lines[this.#row] as Line;
    if (this.#characters > characters) {
      const keep = Math.floor(characters / 2);
      this.#setRuns(current, slice(current.runs, Math.max(0, current.length - keep), current.length));
      current.version += 1;
      this.#column = Math.min(this.#column, current.length);
      this.dropped += 1;
    }
  }

  #drop(count: number): void {
    const gone = this.lines.splice(this.head, count);
    for (const line of gone) this.#characters -= line.length;
    this.dropped += gone.length;
    this.#row = Math.max(0, this.#row - gone.length);
  }
}

function slice(runs: Run[], from: number, to: number): Run[] {
  const result: Run[] = [];
  let at = 0;
  for (const run of runs) {
    const text = run.text.slice(Math.max(0, from - at), Math.max(0, to - at));
    if (text) result.push({ text, style: run.style });
    at += run.text.length;
  }
  return result;
}
