// What outputs say to their reader, in the page and inside the frame.
import type { Words } from "../words";

const en = {
  output: "Output",
  text: "Text output",
  table: "Table",
  figure: "Figure",
  linesLeftOut: (count: number) => `[… ${count.toLocaleString("en")} lines are not shown …]`,
  outputsLeftOut: (count: number) => `[… ${count.toLocaleString("en")} outputs are not shown …]`,
  noWay: (types: string) => `[no way to show ${types || "an empty output"}]`,
  failed: (type: string, why: string) => `This output (${type}) could not be drawn: ${why}`,
  flooded: "This output was stopped: it sent more messages than a page can take.",
  download: (what: string) => `Download (${what})`,
};

const de: typeof en = {
  output: "Ausgabe",
  text: "Textausgabe",
  table: "Tabelle",
  figure: "Abbildung",
  linesLeftOut: (count) => `[… ${count.toLocaleString("de")} Zeilen werden nicht gezeigt …]`,
  outputsLeftOut: (count) => `[… ${count.toLocaleString("de")} Ausgaben werden nicht gezeigt …]`,
  noWay: (types) => `[${types || "eine leere Ausgabe"}: kann nicht gezeigt werden]`,
  failed: (type, why) => `Diese Ausgabe (${type}) konnte nicht gezeichnet werden: ${why}`,
  flooded: "Diese Ausgabe wurde angehalten: Sie hat mehr Nachrichten gesendet, als eine Seite verträgt.",
  download: (what) => `Herunterladen (${what})`,
};

export const WORDS: Words<typeof en> = { en, de };
export type OutputWords = typeof en;
