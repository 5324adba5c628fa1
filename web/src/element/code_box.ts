// The code of a cell: a plain textarea at once, and the editor that takes its place when the cell comes near.
import { make, uniqueId } from "../dom";
import type { Editor } from "./editor";
import type { EditorMode } from "./options";
import type { CellWords } from "./words";

export interface CodeBoxOptions {
  code: string;
  label: string;
  words: CellWords;
  mode: EditorMode;
  /** Whether it can be run from here. */
  runs: boolean;
  changed(code: string): void;
  run(): void;
  /** Escape: the reader goes on from the code. */
  leave(): void;
  /** What the session says to an inspection or a completion; null when no session lives, or it is at work. */
  ask(msg_type: string, content: Record<string, unknown>): Promise<Record<string, unknown> | null>;
}

export class CodeBox {
  readonly element: HTMLElement;
  readonly #options: CodeBoxOptions;
  readonly #textarea: HTMLTextAreaElement;
  readonly #body = make("div", { part: "editor", class: "editor" });
  readonly #toggle: HTMLButtonElement;
  readonly #hintId = uniqueId("hint");
  #editor: Editor | null = null;

  constructor(options: CodeBoxOptions) {
    this.#options = options;
    const { code, label, words, runs } = options;
    this.#textarea = make("textarea", {
      "aria-label": label, "aria-describedby": this.#hintId, spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off",
    });
    this.#textarea.value = code;
    this.#fit();
    this.#textarea.addEventListener("input", () => options.changed(this.#textarea.value));
    this.#textarea.addEventListener("keydown", (event) => this.#key(event));
    this.#toggle = make("button", { type: "button", part: "toggle", class: "toggle", "aria-expanded": "false" }, words.showCode);
    this.#toggle.addEventListener("click", () => this.#unfold(this.#body.hidden));
    const hint = make("span", { class: "hint", id: this.#hintId }, runs ? words.runAndLeave : words.leave);
    this.#body.append(this.#textarea);
    this.element = make("div", { class: "code" }, this.#toggle, this.#body, hint);
    this.setMode(options.mode);
  }

  get code(): string {
    return this.#textarea.value;
  }

  set code(code: string) {
    this.#textarea.value = code;
    this.#fit();
    this.#editor?.set(code);
  }

  setMode(mode: EditorMode): void {
    const readonly = mode === "read-only";
    this.#textarea.readOnly = readonly;
    this.#editor?.setReadonly(readonly);
    this.element.hidden = mode === "hidden";
    this.#toggle.hidden = mode !== "collapsed";
    this.#unfold(mode !== "collapsed");
  }

  /** Shows a line, counted from 1, as the target of a link in a traceback. */
  goTo(line: number): void {
    this.#unfold(true);
    if (this.#editor) this.#editor.goTo(line);
    else {
      const lines = this.#textarea.value.split("\n");
      const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
      this.#textarea.focus();
      this.#textarea.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    }
  }

  /** The editor is loaded when the cell comes within this distance of the view. */
  loadWhenNear(cell: Element, near: () => void): void {
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        near();
        if (this.element.hidden) return;
        void import("./editor").then(({ createEditor }) => this.#mount(createEditor, cell.shadowRoot as ShadowRoot)).catch(() => {
          // The textarea goes on working.
        });
      },
      { rootMargin: "200px" },
    );
    observer.observe(cell);
  }

  #fit(): void {
    this.#textarea.rows = Math.max(1, this.#textarea.value.split("\n").length);
  }

  #key(event: KeyboardEvent): void {
    const { key, shiftKey, ctrlKey, metaKey } = event;
    const runs = key === "Enter" && (shiftKey || ctrlKey || metaKey);
    if (!runs && key !== "Escape") return;
    event.preventDefault();
    if (runs) this.#options.run();
    else this.#options.leave();
  }

  #unfold(open: boolean): void {
    this.#body.hidden = !open;
    this.#toggle.setAttribute("aria-expanded", String(open));
  }

  #mount(create: typeof import("./editor").createEditor, root: ShadowRoot): void {
    const textarea = this.#textarea;
    const focused = root.activeElement === textarea;
    textarea.hidden = true;
    this.#editor = create({
      parent: this.#body,
      root,
      code: textarea.value,
      selection: focused ? [textarea.selectionStart, textarea.selectionEnd] : [0, 0],
      readonly: textarea.readOnly,
      label: this.#options.label,
      describedBy: this.#hintId,
      changed: (code) => {
        textarea.value = code;
        this.#options.changed(code);
      },
      run: this.#options.run,
      leave: this.#options.leave,
      ask: this.#options.ask,
    });
    if (focused) this.#editor.focus();
  }
}
