// Tables in markup: wide ones scroll sideways, long ones within a box under a heading that stays.
import { make } from "../../dom";
import type { OutputWords } from "../../output/words";

const LONG = 200;

export function fitTables(host: HTMLElement, words: OutputWords): void {
  for (const table of host.querySelectorAll("table")) {
    if (table.parentElement?.closest("table")) continue;
    const long = table.rows.length > LONG;
    // What scrolls must be reachable by keyboard.
    const box = make("div", { class: long ? "table long" : "table", tabindex: 0, role: "group", "aria-label": table.caption?.textContent || words.table });
    table.replaceWith(box);
    box.append(table);
  }
}
