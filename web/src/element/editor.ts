// The CodeMirror editor; loaded lazily, takes over from the plain textarea.
import { autocompletion, closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { completions } from "./completions";
import { inspections } from "./inspections";

export interface Editor {
  set(code: string): void;
  setReadonly(readonly: boolean): void;
  /** Selects a line, counted from 1, and takes the reader there. */
  goTo(line: number): void;
  focus(): void;
}

const theme = EditorView.theme({
  "&": { fontSize: "var(--lw-code-size)", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--lw-mono)", lineHeight: "1.5", maxHeight: "var(--lw-editor-max-height, 512px)" },
  ".cm-content": { padding: "10px 0", caretColor: "var(--lw-text)" },
  ".cm-line": { padding: "0 12px 0 6px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--lw-muted)", border: "none", paddingLeft: "6px" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "var(--lw-line)" },
  ".cm-cursor": { borderLeftColor: "var(--lw-text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "var(--lw-selection)" },
  ".cm-tooltip": { backgroundColor: "var(--lw-surface)", color: "var(--lw-text)", border: "1px solid var(--lw-border)", borderRadius: "6px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--lw-accent)", color: "var(--lw-on-accent)" },
  ".cm-inspection": { margin: "0", padding: "8px 10px", maxWidth: "60ch", maxHeight: "18em", overflow: "auto", font: "12.5px/1.45 var(--lw-mono)", whiteSpace: "pre-wrap" },
  ".cm-matchingBracket": { backgroundColor: "var(--lw-selection)", outline: "1px solid var(--lw-border)" },
});

const highlight = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.modifier], color: "var(--lw-keyword)" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--lw-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--lw-number)" },
  { tag: tags.comment, color: "var(--lw-muted)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.definition(tags.variableName)), tags.className], color: "var(--lw-function)" },
  { tag: [tags.meta, tags.annotation], color: "var(--lw-decorator)" },
]);

/** Asks the session; null when it cannot answer. */
export type Ask = (msg_type: string, content: Record<string, unknown>) => Promise<Record<string, unknown> | null>;

export interface EditorOptions {
  parent: HTMLElement;
  root: ShadowRoot;
  code: string;
  selection: [number, number];
  readonly: boolean;
  label: string;
  describedBy: string;
  changed(code: string): void;
  run(): void;
  leave(): void;
  ask: Ask;
}

export function createEditor(options: EditorOptions): Editor {
  const run = () => {
    options.run();
    return true;
  };
  const leave = () => {
    options.leave();
    return true;
  };
  const editable = new Compartment();
  const [anchor, head] = options.selection;
  const view = new EditorView({
    parent: options.parent,
    root: options.root,
    state: EditorState.create({
      doc: options.code,
      selection: { anchor: Math.min(anchor, options.code.length), head: Math.min(head, options.code.length) },
      extensions: [
        Prec.highest(keymap.of([{ key: "Shift-Enter", run }, { key: "Mod-Enter", run }, { key: "Ctrl-Enter", run }])),
        lineNumbers(),
        history(),
        drawSelection(),
        highlightActiveLine(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        indentUnit.of("    "),
        python(),
        syntaxHighlighting(highlight),
        theme,
        editable.of(EditorState.readOnly.of(options.readonly)),
        autocompletion({ override: [completions(options.ask)] }),
        inspections(options.ask),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, { key: "Escape", run: leave }, indentWithTab]),
        EditorView.contentAttributes.of({ tabindex: "0", "aria-label": options.label, "aria-describedby": options.describedBy }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.changed(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    set: (code) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: code } }),
    setReadonly: (readonly) => view.dispatch({ effects: editable.reconfigure(EditorState.readOnly.of(readonly)) }),
    goTo: (line) => {
      const { from, to } = view.state.doc.line(Math.max(1, Math.min(line, view.state.doc.lines)));
      view.dispatch({ selection: { anchor: from, head: to }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
      view.focus();
    },
    focus: () => view.focus(),
  };
}
