// What the author has asked for in the attributes of the element.
import { languageOf, type Language } from "../words";
import type { CellWords } from "./words";

export type EditorMode = "full" | "collapsed" | "read-only" | "hidden";

export interface CellOptions {
  language: Language;
  words: CellWords;
  /** Where config.json, frame.html and the chunks lie. */
  base: string;
  /** "SESSION:TOKEN" of a session to look on at. */
  watch: string | null;
  /** Where the code is, when it is not in the element. */
  source: string | null;
  autorun: boolean;
  /** A selector of the element that shows the output; null: the cell does. */
  outputLocation: string | null;
  /** The name that the cells of one session share. */
  linked: string | null;
  editor: EditorMode;
  runLabel: string;
  label: string;
  pool: string | undefined;
  kernel: string | undefined;
  /** Seconds. */
  idleTimeout: number | undefined;
}

/** Who runs one cell after the other thinks in between. */
const LINKED_IDLE_TIMEOUT = 600;
const MODES: readonly string[] = ["full", "collapsed", "read-only", "hidden"];

export function editorMode(element: Element): EditorMode {
  const mode = element.getAttribute("editor") ?? "";
  if (MODES.includes(mode)) return mode as EditorMode;
  return element.hasAttribute("controls-only") ? "hidden" : "full";
}

/** Whether the author's `hide` names this part. */
export const hides = (element: Element, part: string): boolean => (element.getAttribute("hide") ?? "").split(/\s+/).includes(part);

export function readOptions(element: Element, scriptBase: string, words: CellWords): CellOptions {
  const text = (name: string): string | undefined => element.getAttribute(name) || undefined;
  return {
    language: languageOf(element),
    words,
    base: new URL(text("endpoint") ?? scriptBase, document.baseURI).href.replace(/\/*$/, "/"),
    watch: element.getAttribute("watch"),
    source: text("src") ?? null,
    linked: text("linked") ?? null,
    outputLocation: text("output-location") ?? null,
    autorun: element.hasAttribute("autorun"),
    editor: editorMode(element),
    runLabel: text("run-label") ?? words.run,
    label: text("label") ?? words.code,
    pool: text("pool"),
    kernel: text("kernel"),
    idleTimeout: Number(text("idle-timeout")) || (text("linked") ? LINKED_IDLE_TIMEOUT : undefined),
  };
}
