// Turns the layout on the wire into a plan: rows above the output, columns beside it, rows below it.
import { isObject, type Layout, type LayoutRow } from "../protocol";

export const OUTPUT = "_output";

export interface Column {
  rows: LayoutRow[];
  share: number | null;
}

export interface Plan {
  top: LayoutRow[];
  before: Column[];
  output: number | null;
  after: Column[];
  bottom: LayoutRow[];
}

/** How wide the output is when controls stand beside it and no width was given. */
const OUTPUT_SHARE = 3;

/**
 * What is not placed stands first, one per row, and the output last. A name that is
 * unknown or placed twice is an error in the kernel; here its first place counts.
 */
export function planLayout(layout: Layout, names: string[]): Plan {
  const unplaced = new Set(names);
  const tidy = (rows: unknown): LayoutRow[] =>
    (Array.isArray(rows) ? rows : []).filter(Array.isArray).map((row) => row.map(cell).filter(([name]) => name === null || name === OUTPUT || unplaced.delete(name))).filter((row) => row.length > 0);
  const missing = (): LayoutRow[] => [...unplaced].map((name) => [[name, null]]);

  if (isObject(layout)) {
    const [top, left, right, bottom] = (["top", "left", "right", "bottom"] as const).map((side) =>
      tidy(layout[side]).map((row) => row.filter(([name]) => name !== OUTPUT)).filter((row) => row.length > 0),
    ) as [LayoutRow[], LayoutRow[], LayoutRow[], LayoutRow[]];
    const column = (rows: LayoutRow[]): Column[] => (rows.length > 0 ? [{ rows, share: 1 }] : []);
    return { top: [...missing(), ...top], before: column(left), output: left.length + right.length > 0 ? OUTPUT_SHARE : null, after: column(right), bottom };
  }
  const rows = tidy(layout);
  const at = rows.findIndex((row) => row.some(([name]) => name === OUTPUT));
  if (at < 0) return { top: [...missing(), ...rows], before: [], output: null, after: [], bottom: [] };
  const row = rows[at] as LayoutRow;
  const place = row.findIndex(([name]) => name === OUTPUT);
  const columns = (cells: LayoutRow): Column[] => cells.filter(([name]) => name !== OUTPUT).map(([name, share]) => ({ rows: name === null ? [] : [[[name, null]]], share }));
  return {
    top: [...missing(), ...rows.slice(0, at)],
    before: columns(row.slice(0, place)),
    output: row[place]?.[1] ?? null,
    after: columns(row.slice(place + 1)),
    bottom: rows.slice(at + 1).map((other) => other.filter(([name]) => name !== OUTPUT)).filter((other) => other.length > 0),
  };
}

/** The tracks of one row; what has no width shares what the others leave. */
export function tracks(shares: (number | null)[]): string {
  const given = shares.filter((share) => share !== null);
  const sum = given.reduce((total, share) => total + share, 0);
  const open = shares.length - given.length;
  const rest = sum > 0 && sum < 1 ? (1 - sum) / open : 1;
  return shares.map((share) => `minmax(0, ${share ?? rest}fr)`).join(" ");
}

function cell(given: unknown): LayoutRow[number] {
  const [name, width] = Array.isArray(given) ? given : [given, null];
  return [typeof name === "string" ? name : null, typeof width === "number" && width > 0 && Number.isFinite(width) ? width : null];
}
