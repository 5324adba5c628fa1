// Drags the sliders of several cells in turn, and prints a line of JSON for each drag.
//
// Longwire's side is the page's own code (web/src/channel, web/src/interact); that of ipywidgets is a twin of its page's
// model classes, whose packages need a whole JupyterLab around them. Both run under the same hand, in one process, and
// neither draws: what is measured ends where a message reaches the code that would draw it.
import type { Cell } from "./cell";
import { drag } from "./hand";
import { IpywidgetsCell } from "./ipywidgets";
import { LongwireCell } from "./longwire";

declare const process: { argv: string[]; stdout: { write(text: string): void }; exit(code: number): never };

interface Case {
  name: string;
  kind: "longwire" | "ipywidgets" | "unthrottled";
  url: string;
  code: string;
  /** What one call of the function takes. */
  run_seconds: number;
  rounds: number;
}

const SECONDS = 2;
const GOLDEN = 0.618034;

function open({ kind, url, code }: Case): Promise<Cell> {
  if (kind === "longwire") return LongwireCell.open(url, code);
  return IpywidgetsCell.open(url, code, kind === "ipywidgets" ? 1 : Infinity);
}

/** Drags end at phases of a run that are spread evenly: else all would find the kernel as busy as each other. */
function eventsOf({ run_seconds }: Case, round: number): number {
  return Math.round(60 * (SECONDS + run_seconds * ((round * GOLDEN) % 1)));
}

async function main(cases: Case[]): Promise<void> {
  const cells: { one: Case; cell: Cell; value: number }[] = [];
  for (const one of cases) cells.push({ one, cell: await open(one), value: 0 });
  const rounds = Math.max(...cases.map((one) => one.rounds));
  for (let round = 0; round < rounds; round++) {
    const turn = cells.map((_, index) => cells[(index + round) % cells.length] as (typeof cells)[number]);
    for (const entry of turn.filter(({ one }) => round < one.rounds)) {
      const events = eventsOf(entry.one, round);
      const found = await drag(entry.cell, entry.value, events);
      entry.value += events;
      process.stdout.write(`${JSON.stringify({ case: entry.one.name, round, ...found })}\n`);
    }
  }
  for (const { cell } of cells) cell.close();
}

main(JSON.parse(process.argv[2] ?? "[]")).then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.stack);
    process.exit(1);
  },
);
