// What a name is: the kernel's own words, shown when the pointer rests on it or at Ctrl+I.
import { StateEffect, StateField, type Extension } from "@codemirror/state";
import { EditorView, hoverTooltip, keymap, showTooltip, type Tooltip } from "@codemirror/view";
import { asText } from "../output/mime";
import { toCharacters } from "./completions";
import type { Ask } from "./editor";

const HOVER_AFTER = 500;
// eslint-disable-next-line no-control-regex
const COLOURS = /\x1b\[[0-9;]*m/g;
/** A kernel's own file of a cell says nothing to a reader. */
const FILE = /^File:\s+\/tmp\/ipykernel.*\n?/m;

async function inspect(ask: Ask, view: EditorView, pos: number): Promise<Tooltip | null> {
  const code = view.state.doc.toString();
  const word = view.state.wordAt(pos);
  if (!word) return null;
  const content = await ask("inspect_request", { code, cursor_pos: toCharacters(code, word.to), detail_level: 0 });
  const data = (content?.["found"] === true ? content["data"] : null) as Record<string, unknown> | null;
  const text = data ? asText(data["text/plain"]).replace(COLOURS, "").replace(FILE, "") : "";
  if (!text || view.state.doc.toString() !== code) return null;
  return { pos: word.from, end: word.to, above: false, create: () => ({ dom: drawn(text) }) };
}

function drawn(text: string): HTMLElement {
  const element = document.createElement("pre");
  element.className = "cm-inspection";
  element.textContent = text;
  return element;
}

const asked = StateEffect.define<Tooltip | null>();
const shown = StateField.define<Tooltip | null>({
  create: () => null,
  update(tooltip, transaction) {
    for (const effect of transaction.effects) if (effect.is(asked)) return effect.value;
    return transaction.docChanged || transaction.selection ? null : tooltip;
  },
  provide: (field) => showTooltip.from(field),
});

export function inspections(ask: Ask): Extension {
  const open = (view: EditorView) => {
    void inspect(ask, view, view.state.selection.main.head).then((tooltip) => view.dispatch({ effects: asked.of(tooltip) }));
    return true;
  };
  const close = (view: EditorView) => {
    if (!view.state.field(shown)) return false;
    view.dispatch({ effects: asked.of(null) });
    return true;
  };
  return [
    shown,
    hoverTooltip((view, pos) => inspect(ask, view, pos), { hoverTime: HOVER_AFTER }),
    keymap.of([{ key: "Mod-i", run: open, preventDefault: true }, { key: "Escape", run: close }]),
  ];
}
