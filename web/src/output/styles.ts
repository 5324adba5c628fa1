// The look of text output, in the page and in the frame.

export const STYLES = `
pre { margin: 0; font: 13.5px/1.45 var(--lw-mono); white-space: pre-wrap; overflow-wrap: anywhere; tab-size: 8; }
pre.plain { white-space: pre; overflow: auto hidden; }
.stderr { background: light-dark(#fdf1f0, #2b1a1c); color: light-dark(#8c1d18, #ffb4ab); }
.dropped { color: var(--lw-muted); font-style: italic; }
.line-link.line-link { all: unset; cursor: pointer; }
.line-link.line-link:hover { text-decoration: underline; }
.line-link:focus-visible { outline: 2px solid var(--lw-accent); }
pre.error { padding: 10px 12px; border-inline-start: 3px solid var(--lw-danger); border-radius: 4px; background: var(--lw-danger-surface); }
.display { min-width: 0; }
.display img { display: block; max-width: 100%; height: auto; }
.display img[src^="data:image/png"], .display img[src^="data:image/svg"] { background: #fff; border-radius: 4px; }
`;
