// The look of panels and controls; loaded with them.

export const STYLES = `
.panel { display: grid; grid-template-columns: minmax(0, 1fr); gap: 10px; container-type: inline-size; }
.area .area .panel { padding: 12px; border: 1px solid var(--lw-border); border-radius: 8px; }
.rows { display: grid; grid-template-columns: minmax(0, 1fr); gap: 10px; align-content: start; min-width: 0; }
.rows:empty, .actions:empty { display: none; }
.row, .middle { display: grid; grid-template-columns: var(--columns); gap: 10px 24px; align-items: start; }
.cell, .column { min-width: 0; }
.cell:not(.output-cell), .column { container-type: inline-size; }
.middle.alone:has(> .output-cell > .area:empty) { display: none; }
.no-output > .middle > .output-cell > .area > :not(.error, .panel) { display: none; }
.actions { display: flex; flex-wrap: wrap; align-items: center; gap: 6px 12px; }
.field { display: grid; grid-template-columns: minmax(0, var(--lw-label, max-content)) minmax(0, 1fr); gap: 2px 10px; align-items: center; min-height: 34px; }
.field > .label { font-weight: 550; overflow-wrap: anywhere; }
.field > .label:empty { display: none; }
.field > .label:empty + * { grid-column: 1 / -1; }
.field > :not(.label, .slider, .control-error, .html-box, .file) { justify-self: start; }
.unapplied > .label::after { content: " •" / ""; color: var(--lw-accent); }
.unapplied > .label:empty { display: inline; }
.unapplied > .label:empty + * { grid-column: auto; }
.control-error { grid-column: 1 / -1; color: var(--lw-danger); font-size: 13.5px; white-space: pre-wrap; overflow-wrap: anywhere; }
.panel > .control-error { padding: 6px 10px; border-inline-start: 3px solid var(--lw-danger); background: var(--lw-danger-surface); }
fieldset { min-width: 0; margin: 0; padding: 0; border: 0; }
.slider { display: flex; align-items: center; gap: 12px; min-width: 0; max-width: 640px; }
.slider output { text-align: end; font-variant-numeric: tabular-nums; flex: none; max-width: 50%; overflow-wrap: anywhere; }
.sublabel { flex: none; min-width: 2ch; max-width: 40%; overflow-wrap: anywhere; color: var(--lw-muted); }
.field > .multi { display: grid; gap: 0; width: 100%; }
input[type="range"] { flex: 1; min-width: 64px; height: 32px; margin: 0; accent-color: var(--lw-accent); cursor: pointer; touch-action: pan-y; }
input:disabled, select:disabled { cursor: default; }
.range { position: relative; flex: 1; min-width: 80px; height: 32px; --thumb: 18px;
  --start: calc(var(--thumb) / 2 + (100% - var(--thumb)) * var(--from)); --stop: calc(var(--thumb) / 2 + (100% - var(--thumb)) * var(--to)); }
.range::before, .range::after { content: ""; position: absolute; top: 13px; height: 6px; border-radius: 3px; inset-inline: 0; background: var(--lw-track, light-dark(#d5dae2, #454d5a)); }
.range::after { inset-inline: var(--start) auto; width: calc((100% - var(--thumb)) * (var(--to) - var(--from))); background: var(--lw-accent); }
fieldset:disabled .range::after { background: var(--lw-muted); }
.range input { position: absolute; inset: 0; width: 100%; appearance: none; background: none; pointer-events: none; z-index: 0; }
.range::before, .range::after { z-index: 0; }
.range input::-webkit-slider-thumb { appearance: none; pointer-events: auto; width: var(--thumb); height: var(--thumb); border: 0; border-radius: 50%; background: var(--lw-accent); }
.range input::-moz-range-thumb { pointer-events: auto; width: var(--thumb); height: var(--thumb); border: 0; border-radius: 50%; background: var(--lw-accent); }
.range input:disabled::-webkit-slider-thumb { background: var(--lw-muted); }
.range input:disabled::-moz-range-thumb { background: var(--lw-muted); }
.range input:focus-visible { outline: 0; }
.range input:focus-visible::-webkit-slider-thumb { outline: 2px solid var(--lw-accent); outline-offset: 2px; }
.range input:focus-visible::-moz-range-thumb { outline: 2px solid var(--lw-accent); outline-offset: 2px; }
input[type="checkbox"], input[type="radio"] { width: 20px; height: 20px; margin: 6px 0; accent-color: var(--lw-accent); flex: none; }
.field textarea, select, input[type="date"] { min-height: 34px; max-width: 100%; padding: 4px 9px; border: 1px solid var(--lw-field-border); border-radius: 6px;
  background: var(--lw-background); color: inherit; font: inherit; }
.field > input[type="text"]:not([style]), .field > textarea:not([style]) { width: min(100%, 512px); }
.field textarea { resize: vertical; }
input.code, textarea.code { font-family: var(--lw-mono); font-size: 14px; }
[aria-invalid="true"] { border-color: var(--lw-danger) !important; }
.choices { display: flex; flex-wrap: wrap; gap: 6px 16px; max-width: 100%; }
.choices.grid { display: grid; overflow-x: auto; }
.choices:has(> button), .joined { gap: 6px; }
.choice { display: flex; align-items: center; gap: 8px; min-width: 0; cursor: pointer; overflow-wrap: anywhere; }
.choice.button { position: relative; justify-content: center; min-height: 34px; padding: 0 14px; border: 1px solid var(--lw-field-border); border-radius: 7px; font-weight: 550; text-align: center; }
.choice.button:hover { background: var(--lw-line); }
.choice.button:has(:checked) { background: var(--lw-accent); border-color: var(--lw-accent); color: var(--lw-on-accent); }
.choice.button:has(:focus-visible) { outline: 2px solid var(--lw-accent); outline-offset: 2px; }
.choice.button input { position: absolute; inset: 0; width: 100%; height: 100%; margin: 0; opacity: 0; cursor: pointer; }
fieldset:disabled .choice, button:disabled { opacity: .6; cursor: default; }
.input-grid { max-width: 100%; overflow-x: auto; }
.input-grid table { border-spacing: 4px; margin: -4px; border-collapse: separate; }
.input-grid td { padding: 0; }
.colour { display: flex; align-items: center; gap: 8px; }
input[type="color"] { width: 52px; height: 34px; padding: 3px; border: 1px solid var(--lw-field-border); border-radius: 6px; background: var(--lw-background); cursor: pointer; }
.colour input[type="text"] { width: 11ch; }
.file { display: flex; flex-wrap: wrap; align-items: center; gap: 4px 12px; min-width: 0; }
input[type="file"] { max-width: 100%; font: inherit; font-size: 14px; }
input[type="file"]::file-selector-button { min-height: 34px; padding: 0 14px; margin-inline-end: 10px; border: 1px solid var(--lw-field-border); border-radius: 7px;
  background: var(--lw-background); color: var(--lw-text); font: inherit; font-weight: 550; cursor: pointer; }
.html-box { overflow-wrap: anywhere; white-space: pre-wrap; }
button.update.waiting { border-color: var(--lw-accent); color: var(--lw-accent); }
@container (max-width: 544px) { .row, .middle { grid-template-columns: minmax(0, 1fr); } .spacer { display: none; } }
@container (max-width: 368px) { .field { grid-template-columns: minmax(0, 1fr); } .field[data-control="checkbox"] { grid-template-columns: minmax(0, max-content) auto; justify-content: start; } }
@media (pointer: coarse) { select, input[type="date"], .choice.button { min-height: 40px; } .range { --thumb: 24px; } }
@media (forced-colors: active) { .range input::-webkit-slider-thumb { background: ButtonText; } .choice.button:has(:checked) { outline: 2px solid Highlight; } }
`;
