// The look of the frame's own page; what output brings along may say otherwise.
import { STYLES as TEXT } from "../output/styles";

export const STYLES = `
html, body { margin: 0; background: transparent; }
body { overflow: hidden; line-height: 1.5; }
.slots { display: grid; grid-template-columns: minmax(0, 1fr); gap: 8px; }
.slot { display: flow-root; overflow: auto hidden; min-width: 0; }
.slot:empty { display: none; }
a { color: var(--lw-accent); }
.rich img, .rich svg, .rich video { max-width: 100%; }
.table { overflow-x: auto; }
.table.long { overflow-y: auto; max-height: 420px; border: 1px solid var(--lw-border); border-radius: 6px; }
.table.long thead th, .table.long tr:first-child th { position: sticky; top: 0; background: var(--lw-background); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: 0.25em 0.6em; text-align: right; border-bottom: 1px solid var(--lw-border); }
.markdown th, .markdown td { text-align: inherit; }
.markdown > :first-child { margin-top: 0; }
.markdown > :last-child { margin-bottom: 0; }
.markdown pre { padding: 8px 10px; background: var(--lw-surface); border-radius: 6px; }
code { font-family: var(--lw-mono); }
.latex { overflow-x: auto; white-space: pre-line; }
.json { font: 13.5px/1.5 var(--lw-mono); overflow-wrap: anywhere; }
.json details > :not(summary) { margin-inline-start: 1.5em; }
.json .key, .json .count, .json .null { color: var(--lw-muted); }
.json .string { color: var(--ansi-2); }
.json .number, .json .boolean { color: var(--ansi-4); }
` + TEXT;
