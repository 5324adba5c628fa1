// The CodeMirror editor; loaded lazily, takes over from the plain textarea.
import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, Prec } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

export interface Editor {
  get(): string;
  set(code: string): void;
  focus(): void;
}

const theme = EditorView.theme({
  "&": { fontSize: "var(--lw-code-size)", backgroundColor: "transparent" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--lw-mono)", lineHeight: "1.5", maxHeight: "var(--lw-editor-max-height, 32rem)" },
  ".cm-content": { padding: "10px 0", caretColor: "var(--lw-text)" },
  ".cm-line": { padding: "0 12px 0 6px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--lw-muted)", border: "none", paddingLeft: "6px" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "var(--lw-line)" },
  ".cm-cursor": { borderLeftColor: "var(--lw-text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "var(--lw-selection)" },
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
}

export function createEditor(options: EditorOptions): Editor {
  const run = () => {
    options.run();
    return true;
  };
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
        EditorState.readOnly.of(options.readonly),
        // Esc, then Tab leaves: CodeMirror gives the next Tab to the page after Escape.
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
        EditorView.contentAttributes.of({ tabindex: "0", "aria-label": options.label, "aria-describedby": options.describedBy }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) options.changed(update.state.doc.toString());
        }),
      ],
    }),
  });
  return {
    get: () => view.state.doc.toString(),
    set: (code) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: code } }),
    focus: () => view.focus(),
  };
}
