// The HTML with which any page shows a cell.
import type { SharedCell } from "./shared_cell";

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/** What a script element cannot hold: it has no escapes (HTML, "Restrictions for contents of script elements"). */
const ENDS_SCRIPT = /<!--|<\/?script/i;

export function snippet({ code, kernel, layout }: SharedCell, base: string): string {
  const attributes = Object.entries({ kernel, editor: layout.editor, linked: layout.linked })
    .flatMap(([name, value]) => (value === undefined ? [] : [` ${name}="${escape(value)}"`]))
    .concat(layout.controls_only ? [" controls-only"] : [])
    .join("");
  const source = ENDS_SCRIPT.test(code) ? `<pre>\n${escape(code)}\n</pre>` : `<script type="text/x-python">\n${code}\n</script>`;
  return `<script type="module" src="${escape(new URL("cell.js", base).href)}"></script>\n<interact-cell${attributes}>${source}</interact-cell>\n`;
}
