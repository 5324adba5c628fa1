// The look of a cell, light and dark by color-scheme; every colour is a custom property.
export const STYLES = `
:host {
  --lw-mono: ui-monospace, "SF Mono", "Cascadia Code", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  --lw-code-size: 14px;
  --lw-text: light-dark(#1c2330, #e3e7ee);
  --lw-muted: light-dark(#5d6778, #97a1b3);
  --lw-background: light-dark(#ffffff, #161a22);
  --lw-surface: light-dark(#f6f8fb, #1c212b);
  --lw-border: light-dark(#d9dfe8, #303845);
  --lw-field-border: light-dark(#828d9f, #6a7588);
  --lw-accent: light-dark(#1f5fd0, #7fb0ff);
  --lw-on-accent: light-dark(#ffffff, #0d1420);
  --lw-danger: light-dark(#b3261e, #ff8a80);
  --lw-danger-surface: light-dark(#fdf1f0, #2b1a1c);
  --lw-warn-surface: light-dark(#fff6e0, #2c2412);
  --lw-line: light-dark(#eef2f8, #1f2531);
  --lw-selection: light-dark(#cfe0fb, #2f4670);
  --lw-keyword: light-dark(#8b2fb8, #d7a1f5);
  --lw-string: light-dark(#1d6f42, #8fd6a3);
  --lw-number: light-dark(#a04500, #f0b072);
  --lw-function: light-dark(#1f5fd0, #8bb8ff);
  --lw-decorator: light-dark(#9a5b00, #e7c06f);
  --ansi-0: light-dark(#1c2330, #7b8699); --ansi-1: light-dark(#b3261e, #ff8a80);
  --ansi-2: light-dark(#1d6f42, #7fd49a); --ansi-3: light-dark(#8a5a00, #e7c06f);
  --ansi-4: light-dark(#1f5fd0, #8bb8ff); --ansi-5: light-dark(#8b2fb8, #d7a1f5);
  --ansi-6: light-dark(#006a78, #74d5e0); --ansi-7: light-dark(#5d6778, #d3d9e3);
  --ansi-8: light-dark(#5d6778, #97a1b3); --ansi-9: light-dark(#c5352c, #ffa79f);
  --ansi-10: light-dark(#207a49, #9be4b3); --ansi-11: light-dark(#946200, #f2d28b);
  --ansi-12: light-dark(#2f6fdf, #a9caff); --ansi-13: light-dark(#9a3ec8, #e3bbfa);
  --ansi-14: light-dark(#00757f, #94e3ec); --ansi-15: light-dark(#3b4557, #ffffff);
  --lw-font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  display: block;
}
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([hidden]), [hidden] { display: none !important; }
*, ::before, ::after { box-sizing: border-box; }
/* What the page's texts look like must not be inherited. */
.box { all: initial; display: block; box-sizing: border-box; visibility: inherit; color-scheme: inherit; color: var(--lw-text); font: var(--lw-font);
  background: var(--lw-background); border: 1px solid var(--lw-border); border-radius: 10px; overflow: hidden; }
.editor { background: var(--lw-surface); border-bottom: 1px solid var(--lw-border); }
.editor:focus-within { box-shadow: inset 0 0 0 2px var(--lw-accent); }
.editor textarea { display: block; width: 100%; margin: 0; padding: 10px 12px 10px 46px; border: 0; outline: 0; resize: none; overflow: auto;
  background: transparent; color: inherit; font: var(--lw-code-size)/1.5 var(--lw-mono); tab-size: 4; white-space: pre; max-height: var(--lw-editor-max-height, 512px); }
.toolbar { display: flex; flex-wrap: wrap; align-items: center; gap: 8px; padding: 8px 12px; }
button { min-height: 34px; padding: 0 14px; border-radius: 7px; border: 1px solid var(--lw-field-border); background: var(--lw-background); color: var(--lw-text);
  font: inherit; font-weight: 550; cursor: pointer; }
button:hover { background: var(--lw-line); }
button.run { border-color: var(--lw-accent); background: var(--lw-accent); color: var(--lw-on-accent); }
button.run:hover { filter: brightness(1.08); }
:focus-visible { outline: 2px solid var(--lw-accent); outline-offset: 2px; }
.status { color: var(--lw-muted); font-size: 13px; display: inline-flex; align-items: center; gap: 7px; margin-inline-start: auto; font-variant-numeric: tabular-nums; }
.status::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: currentColor; opacity: .55; flex: none; }
.status[data-status="running"]::before, .status[data-status="starting"]::before, .status[data-status="queued"]::before,
.status[data-status="connecting"]::before, .status[data-status="reconnecting"]::before { background: var(--lw-accent); opacity: 1; animation: pulse 1.2s ease-in-out infinite; }
.status[data-status="lost"], .status[data-status="offline"], .status[data-failed] { color: var(--lw-danger); }
.elapsed:empty { display: none; }
.elapsed { color: var(--lw-muted); font-size: 13px; font-variant-numeric: tabular-nums; }
@keyframes pulse { 50% { opacity: .25; } }
.toggle { margin: 6px 8px; min-height: 30px; font-size: 14px; }
.toggle::before { content: "▸ "; }
.toggle[aria-expanded="true"]::before { content: "▾ "; }
.box:focus { outline: none; }
.box:focus-visible { outline: 2px solid var(--lw-accent); }
:host([controls-only]) .box.interactive > .toolbar { display: none; }
.hint { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.notice { padding: 9px 14px; background: var(--lw-warn-surface); border-top: 1px solid var(--lw-border); font-size: 14px; }
.output-box:not(:has(> :not(:empty, [hidden]))) { display: none; }
.box:has(> .output-box:only-child > .area:empty), .box:has(> .output-box:only-child:empty) { display: none; }
.output-box { padding: 12px 14px; border-top: 1px solid var(--lw-border); overflow-x: auto; }
.output-box:only-child { border-top: 0; }
.area { display: grid; grid-template-columns: minmax(0, 1fr); gap: 8px; align-content: start; transition: opacity .15s; }
.area.dim { opacity: .55; }
iframe { display: block; width: 100%; border: 0; background: transparent; }
input[type="text"], input[type="password"] { min-height: 34px; max-width: 100%; padding: 4px 9px; border: 1px solid var(--lw-field-border); border-radius: 6px;
  background: var(--lw-background); color: inherit; font: inherit; }
.note { color: var(--lw-muted); font-size: 14px; overflow-wrap: anywhere; }
.prompt { display: grid; gap: 6px; padding: 10px 12px; background: var(--lw-surface); border: 1px solid var(--lw-border); border-radius: 8px; }
.prompt label { white-space: pre-wrap; overflow-wrap: anywhere; }
button.small { min-height: 28px; padding: 0 10px; font-size: 13.5px; }
.dropping { outline: 2px dashed var(--lw-accent); outline-offset: -2px; }
.added { padding: 0 12px; }
.files { display: flex; flex-wrap: wrap; gap: 6px 16px; margin: 0; padding: 0 0 8px; list-style: none; font-size: 14px; }
.files li { display: flex; align-items: center; gap: 6px; min-width: 0; overflow-wrap: anywhere; }
.files li[data-state="refused"] { color: var(--lw-danger); }
.files:empty { display: none; }
.made { margin-top: 10px; }
.asks { color: var(--lw-muted); }
.answer { display: flex; gap: 8px; }
.answer input { flex: 1; min-width: 0; }
@media (max-width: 480px) { .output-box { padding: 10px; } }
@media (pointer: coarse) { button, input[type="text"] { min-height: 40px; } }
@media (prefers-reduced-motion: reduce) { *, ::before { animation: none !important; transition: none !important; } }
@media (forced-colors: active) { button.run { border-width: 2px; } }
@media print {
  .toolbar, .notice, .toggle { display: none; }
  .box { border-color: #999; overflow: visible; break-inside: auto; }
  .area, .output-box { overflow: visible; }
  .display, .field { break-inside: avoid; }
}
`;
