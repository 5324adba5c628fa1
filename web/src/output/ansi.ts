// Reads ANSI escape sequences: colours become styles, cursor moves become operations.

export interface Style {
  foreground: string | null;
  background: string | null;
  bold: boolean;
  faint: boolean;
  italic: boolean;
  underline: boolean;
  inverse: boolean;
  stderr: boolean;
}

export const PLAIN: Style = Object.freeze({
  foreground: null,
  background: null,
  bold: false,
  faint: false,
  italic: false,
  underline: false,
  inverse: false,
  stderr: false,
});

const CUBE = [0, 95, 135, 175, 215, 255];

/** A colour as CSS: the first 16 follow the theme, the rest are fixed by the standard. */
export function indexedColour(index: number): string | null {
  if (!(index >= 0 && index <= 255)) return null;
  if (index < 16) return `var(--ansi-${index})`;
  if (index < 232) {
    const cube = index - 16;
    return `rgb(${CUBE[Math.floor(cube / 36)]},${CUBE[Math.floor(cube / 6) % 6]},${CUBE[cube % 6]})`;
  }
  const grey = 8 + (index - 232) * 10;
  return `rgb(${grey},${grey},${grey})`;
}

const clampByte = (value: number | undefined): number => Math.max(0, Math.min(255, value ?? 0));

function extended(parameters: number[], at: number): [colour: string | null, used: number] {
  if (parameters[at] === 5) return [indexedColour(parameters[at + 1] ?? -1), 2];
  if (parameters[at] === 2) {
    const [red, green, blue] = [1, 2, 3].map((offset) => clampByte(parameters[at + offset]));
    return [`rgb(${red},${green},${blue})`, 4];
  }
  return [null, 1];
}

/** The style after a "select graphic rendition" sequence. */
export function applySgr(style: Style, parameters: number[]): Style {
  const next = { ...style };
  for (let i = 0; i < parameters.length; i++) {
    const code = parameters[i] as number;
    if (code === 0) Object.assign(next, PLAIN, { stderr: style.stderr });
    else if (code === 1) next.bold = true;
    else if (code === 2) next.faint = true;
    else if (code === 3) next.italic = true;
    else if (code === 4) next.underline = true;
    else if (code === 7) next.inverse = true;
    else if (code === 22) next.bold = next.faint = false;
    else if (code === 23) next.italic = false;
    else if (code === 24) next.underline = false;
    else if (code === 27) next.inverse = false;
    else if (code >= 30 && code <= 37) next.foreground = indexedColour(code - 30);
    else if (code === 39) next.foreground = null;
    else if (code >= 40 && code <= 47) next.background = indexedColour(code - 40);
    else if (code === 49) next.background = null;
    else if (code >= 90 && code <= 97) next.foreground = indexedColour(code - 82);
    else if (code >= 100 && code <= 107) next.background = indexedColour(code - 92);
    else if (code === 38 || code === 48) {
      const [colour, used] = extended(parameters, i + 1);
      if (code === 38) next.foreground = colour;
      else next.background = colour;
      i += used;
    }
  }
  return next;
}

export type Token = { text: string } | { final: string; parameters: number[] };

const ESCAPE = "\u001b";
// CSI sequences, OSC sequences (titles, links: skipped), other two-byte escapes, and the control characters we act on.
const PATTERN =
  /\u001b\[([0-9;:?<=>]*)[ -/]*([@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\^_]|[\r\n\b]|\u001b/g;
// A sequence that the end of the text has cut in two.
const UNFINISHED = /\u001b(?:\[[0-9;:?<=>]*[ -/]*|\][^\u0007\u001b]{0,2000})?$/;

/** Cuts text into plain runs, control characters and sequences; `rest` waits for more. */
export function tokenize(text: string): { tokens: Token[]; rest: string } {
  const unfinished = text.includes(ESCAPE) ? UNFINISHED.exec(text) : null;
  const rest = unfinished ? unfinished[0] : "";
  const whole = rest ? text.slice(0, -rest.length) : text;
  const tokens: Token[] = [];
  let last = 0;
  for (const match of whole.matchAll(PATTERN)) {
    if (match.index > last) tokens.push({ text: whole.slice(last, match.index) });
    last = match.index + match[0].length;
    if (match[2] !== undefined) {
      const parameters = (match[1] ?? "").split(/[;:]/).map((part) => Number.parseInt(part, 10) || 0);
      tokens.push({ final: match[2], parameters });
    } else if (match[0].length === 1 && match[0] !== ESCAPE) tokens.push({ final: match[0], parameters: [] });
  }
  if (last < whole.length) tokens.push({ text: whole.slice(last) });
  return { tokens, rest };
}
