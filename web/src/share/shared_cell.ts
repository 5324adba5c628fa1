// What a link to a cell carries, and the check of what a link says: it may come from anybody.
import type { WireValues } from "../protocol";

const EDITORS = ["full", "collapsed", "read-only", "hidden"] as const;

export interface Layout {
  editor?: (typeof EDITORS)[number];
  controls_only?: boolean;
  linked?: string;
}

export interface SharedCell {
  code: string;
  language: string;
  kernel?: string;
  /** {function: {argument: wire value}} */
  state: Record<string, WireValues>;
  layout: Layout;
}

/** As the service has it: no cell is larger. */
export const MAX_BYTES = 256 * 1024;
const MAX_NAMES = 200;
const MAX_DEPTH = 20;

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isShort = (value: unknown, length: number): value is string => typeof value === "string" && value.length <= length;
const isShallow = (value: unknown, depth = MAX_DEPTH): boolean =>
  typeof value !== "object" || value === null || (depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1)));

/** The cell that parsed JSON describes, without whatever else is in there; null when it describes none. */
export function readCell(value: unknown): SharedCell | null {
  if (!isRecord(value) || typeof value["code"] !== "string") return null;
  const { code, language, kernel, state, layout } = value;
  return {
    code,
    language: isShort(language, 40) ? language : "python",
    ...(typeof kernel === "string" && /^[\w.-]{1,64}$/.test(kernel) ? { kernel } : {}),
    state: isRecord(state) ? readState(state) : {},
    layout: isRecord(layout) ? readLayout(layout) : {},
  };
}

function readState(state: Record<string, unknown>): SharedCell["state"] {
  const functions = Object.entries(state).filter(([name, values]) => isShort(name, MAX_NAMES) && isRecord(values) && isShallow(values));
  return Object.fromEntries(functions.slice(0, MAX_NAMES)) as SharedCell["state"];
}

function readLayout({ editor, controls_only, linked }: Record<string, unknown>): Layout {
  const known = EDITORS.find((one) => one === editor);
  return {
    ...(known ? { editor: known } : {}),
    ...(typeof controls_only === "boolean" ? { controls_only } : {}),
    ...(isShort(linked, 100) ? { linked } : {}),
  };
}
