// What the page and the sandboxed frame say to each other over their MessagePort.
import type { Content } from "../output/content";
import { chosenLine, type ChosenLine } from "../output/line_links";
import type { ToWidgets } from "../widgets/widgets";
import type { Language } from "../words";

/** The looks of the page around the frame. */
export interface Theme {
  language: Language;
  colorScheme: "light" | "dark";
  color: string;
  fontFamily: string;
  fontSize: string;
  /** Custom properties of the cell. */
  variables: Record<string, string>;
}

/** A change of the list of slots; a slot is one output, numbered by the page. */
export type Operation =
  | { type: "insert"; slot: number; before: number | null }
  | { type: "show"; slot: number; content: Content }
  | { type: "write"; slot: number; text: string; stderr: boolean }
  | { type: "remove"; slot: number };

export type ToFrame =
  | { type: "theme"; theme: Theme }
  /** Applied together: nobody sees the frame between two operations of a batch. */
  | { type: "batch"; batch: number; operations: Operation[] }
  | { type: "widgets"; message: ToWidgets };

export type FromFrame =
  | { type: "height"; height: number }
  /** The batch, and all before it, can be seen at this height. */
  | { type: "drawn"; batch: number; height: number }
  /** The reader wants to see a line of the code. */
  | { type: "line"; chosen: ChosenLine }
  /** Whoever takes it has to look at it: it may be anything. */
  | { type: "widgets"; request: unknown };

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);

/** What comes out of a frame may have been sent by hostile output: anything else than the above is null. */
export function fromFrame(data: unknown): FromFrame | null {
  if (typeof data !== "object" || data === null) return null;
  const { type, batch, height, request } = data as Record<string, unknown>;
  if (type === "widgets") return { type, request };
  if (type === "line") {
    const chosen = chosenLine((data as Record<string, unknown>)["chosen"]);
    return chosen && { type, chosen };
  }
  if (!isNumber(height)) return null;
  if (type === "height") return { type, height };
  return type === "drawn" && isNumber(batch) ? { type, batch, height } : null;
}

/** The handshake, by window.postMessage: the frame says hello, the page answers with the port. */
export const HELLO = "longwire-hello";
export const PORT = "longwire-port";
