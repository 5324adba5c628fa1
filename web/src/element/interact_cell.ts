// The <interact-cell> element: editor, buttons, status line, and one session.
import { realClock, BrowserTransport } from "../channel/transport";
import { make, uniqueId } from "../dom";
import { extractCode } from "./code";
import type { WireValues } from "../protocol";
import type { Editor } from "./editor";
import { loadLibrary } from "./library";
import { emptyMemory, MemoryStore, type Memory } from "./memory";
import { SessionView } from "./session_view";
import { describe, notice, watchersNotice } from "./status";
import { STYLES } from "./styles";
import { watchKey, watchedSession } from "./watching";

/** A Stop button that comes and goes within a blink only flickers. */
const STOP_AFTER = 200;
const RUNNING_AFTER = 150;
const SAVE_AFTER = 250;
const ELAPSED_AFTER = 2;

/** Where config.json and frame.html lie unless the element says otherwise: beside the script. */
let scriptBase = "";
export const setScriptBase = (url: string): void => {
  scriptBase = url;
};

let sheet: CSSStyleSheet | null = null;
let controlSheet: CSSStyleSheet | null = null;
let cellCount = 0;

export class InteractCell extends HTMLElement {
  static readonly observedAttributes = ["watch"];
  #memory!: Memory;
  #store!: MemoryStore;
  #session!: SessionView;
  #textarea!: HTMLTextAreaElement;
  #editor: Editor | null = null;
  #parts!: ReturnType<InteractCell["build"]>;
  #saveTimer = 0;
  #statusTimer = 0;
  #stopTimer = 0;
  #elapsedTimer = 0;
  #word = "";
  /** Decided when the element is set up: a cell that runs code does not become one that looks on. */
  #watching = false;
  /** Set before the element was in the page. */
  #early: Record<string, WireValues> = {};
  readonly #index = cellCount++;

  connectedCallback(): void {
    if (!this.shadowRoot) {
      // A classic parser may call us before the children are there.
      if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => this.isConnected && this.#setUp(), { once: true });
      else this.#setUp();
    } else this.#listen(true);
  }

  disconnectedCallback(): void {
    // A move within the page disconnects and connects in one task; only a real removal ends the session's view.
    queueMicrotask(() => {
      if (this.isConnected || !this.shadowRoot) return;
      this.#listen(false);
      this.#session.close();
    });
  }

  attributeChangedCallback(_name: string, before: string | null, now: string | null): void {
    if (!this.#watching || now === before) return;
    this.#session.watch(watchedSession(now ?? ""));
    this.#stateChanged();
  }

  /** Runs the code in a fresh session. */
  run(): void {
    this.#session.run(this.code);
  }

  stop(): void {
    this.#session.stop();
  }

  /** What another cell's `watch` attribute takes to look on at this one's session; null while there is none. */
  get watchKey(): string | null {
    return this.shadowRoot ? watchKey(this.#memory.session) : null;
  }

  get code(): string {
    return this.shadowRoot ? this.#memory.code : extractCode(this);
  }

  set code(code: string) {
    this.#show(code);
    this.#codeChanged(code);
  }

  #show(code: string): void {
    this.#textarea.value = code;
    this.#editor?.set(code);
  }

  /** What the controls hold, for a link: {function: {argument: wire value}}. Files are left out. */
  getState(): Record<string, WireValues> {
    return this.shadowRoot ? this.#session.values : this.#early;
  }

  /** Sets the controls that stand; the others when the next run makes them. */
  setState(state: Record<string, WireValues>): void {
    if (this.shadowRoot) this.#session.setValues(state);
    else this.#early = { ...this.#early, ...state };
  }

  #setUp(): void {
    if (this.shadowRoot) return;
    const source = extractCode(this);
    this.#store = new MemoryStore(`longwire:${location.pathname}:${this.id || this.#index}`);
    const watch = this.getAttribute("watch");
    this.#watching = watch !== null;
    this.#memory = watch === null ? this.#store.load(source) : { ...emptyMemory(source), session: watchedSession(watch) };
    const base = new URL(this.getAttribute("endpoint") ?? scriptBase, document.baseURI).href.replace(/\/*$/, "/");
    this.#session = new SessionView({
      transport: new BrowserTransport(base),
      clock: realClock,
      frameUrl: new URL("frame.html", base).href,
      memory: this.#memory,
      pool: this.getAttribute("pool") ?? undefined,
      kernel: this.getAttribute("kernel") ?? undefined,
      idleTimeout: Number(this.getAttribute("idle-timeout")) || undefined,
      watching: this.#watching,
      remember: () => this.#save(),
      stateChanged: () => this.#stateChanged(),
      ran: () => this.#emit("run-start"),
      began: (session) => this.#emit("session-start", { watchKey: watchKey(session) }),
      code: (code) => {
        this.#memory.code = code;
        this.#textarea.rows = code.split("\n").length;
        this.#show(code);
      },
      ended: (error) => {
        this.#emit("run-end", { error });
        if (error) this.#emit("cell-error", { ename: error });
      },
      adopt: (styles) => this.#adopt(styles),
    });
    this.#session.setValues(this.#early);
    this.#parts = this.build();
    this.#listen(true);
    this.#stateChanged();
    if (this.#memory.session) this.#session.attach();
    this.#emit("cell-ready");
  }

  private build() {
    const shadow = this.attachShadow({ mode: "open" });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(STYLES);
    }
    shadow.adoptedStyleSheets = [sheet];
    const hintId = uniqueId("hint");
    const readonly = this.#watching || this.hasAttribute("readonly");
    const label = this.getAttribute("label") ?? "Python code";
    const lines = this.#memory.code.split("\n").length;
    this.#textarea = make("textarea", { "aria-label": label, "aria-describedby": hintId, spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off", rows: Math.max(1, lines), readonly });
    this.#textarea.value = this.#memory.code;
    this.#textarea.addEventListener("input", () => this.#codeChanged(this.#textarea.value));
    this.#textarea.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.run();
      }
    });
    const editor = make("div", { part: "editor", class: "editor" }, this.#textarea);
    const hint = make("span", { class: "hint", id: hintId }, this.#watching ? "Press Escape, then Tab, to leave the editor." : "Shift+Enter runs. Press Escape, then Tab, to leave the editor.");
    const run = make("button", { type: "button", part: "run", class: "run", hidden: this.#watching, title: "Run (Shift+Enter)" }, this.getAttribute("run-label") ?? "Run");
    run.addEventListener("click", () => this.run());
    const stop = make("button", { type: "button", part: "stop", hidden: true }, "Stop");
    stop.addEventListener("click", () => this.stop());
    const elapsed = make("span", { class: "elapsed", "aria-hidden": "true" });
    const status = make("span", { part: "status", class: "status", role: "status" });
    const noticeBox = make("div", { part: "notice", class: "notice", role: "alert", hidden: true });
    const output = make("div", { class: "output-box" }, this.#session.root.element);
    shadow.append(make("div", { part: "box", class: "box" }, editor, make("div", { class: "toolbar" }, run, stop, hint, status, elapsed), noticeBox, output));
    this.#loadEditorWhenNear(editor, { label, hintId, readonly });
    return { stop, status, elapsed, noticeBox };
  }

  #loadEditorWhenNear(parent: HTMLElement, options: { label: string; hintId: string; readonly: boolean }): void {
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        observer.disconnect();
        // At hand when Run is pressed; a failure now is tried again then.
        void loadLibrary().catch(() => {});
        void import("./editor").then(({ createEditor }) => this.#mountEditor(createEditor, parent, options)).catch(() => {
          // The textarea goes on working.
        });
      },
      { rootMargin: "200px" },
    );
    observer.observe(this);
  }

  #mountEditor(create: typeof import("./editor").createEditor, parent: HTMLElement, options: { label: string; hintId: string; readonly: boolean }): void {
    const textarea = this.#textarea;
    const root = this.shadowRoot as ShadowRoot;
    const focused = root.activeElement === textarea;
    const selection: [number, number] = focused ? [textarea.selectionStart, textarea.selectionEnd] : [0, 0];
    textarea.hidden = true;
    this.#editor = create({
      parent,
      root,
      code: textarea.value,
      selection,
      readonly: options.readonly,
      label: options.label,
      describedBy: options.hintId,
      changed: (code) => this.#codeChanged(code),
      run: () => this.run(),
    });
    if (focused) this.#editor.focus();
  }

  #adopt(styles: string): void {
    const root = this.shadowRoot as ShadowRoot;
    if (!controlSheet) {
      controlSheet = new CSSStyleSheet();
      controlSheet.replaceSync(styles);
    }
    if (!root.adoptedStyleSheets.includes(controlSheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, controlSheet];
  }

  #codeChanged(code: string): void {
    this.#memory.code = code;
    this.#save();
  }

  #save(now = false): void {
    clearTimeout(this.#saveTimer);
    if (this.#watching) return;
    const save = () => {
      this.#memory.last = this.#session.lastSequence;
      this.#store.save(this.#memory);
    };
    if (now) save();
    else this.#saveTimer = window.setTimeout(save, SAVE_AFTER);
  }

  // A reload in the next moment must find the last move of a slider.
  #leave = (): void => this.#save(true);
  #wake = (): void => {
    this.#stateChanged();
    if (document.visibilityState === "visible") this.#session.wake();
  };

  #listen(on: boolean): void {
    const change = on ? "addEventListener" : "removeEventListener";
    window[change]("online", this.#wake);
    window[change]("offline", this.#wake);
    window[change]("pagehide", this.#leave);
    document[change]("visibilitychange", this.#wake);
  }

  #stateChanged(): void {
    if (!this.#parts) return;
    const { state, failure, farewell, interactive } = this.#session;
    const described = describe(state, navigator.onLine, failure);
    const status = this.#watching && described.word === "ready" ? { ...described, text: described.text.replace("ready", "watching") } : described;
    const { noticeBox } = this.#parts;
    const reason = state?.status === "lost" ? "device_lost" : (state?.reason ?? null);
    const words = this.#watching ? watchersNotice(reason) : notice(reason, farewell, interactive);
    if (noticeBox.textContent !== (words ?? "")) noticeBox.textContent = words ?? "";
    noticeBox.hidden = words === null;
    const working = ["connecting", "queued", "starting", "running"].includes(status.word);
    this.#showStop(working || (status.word === "reconnecting" && state?.busy === true));
    clearTimeout(this.#statusTimer);
    // During a drag the kernel is busy for moments; the words must not flutter, nor be read aloud each time.
    const settled = status.word !== "running" || this.#word !== "ready";
    const show = () => this.#showStatus(status.word, status.text, failure !== null);
    if (settled) show();
    else this.#statusTimer = window.setTimeout(show, RUNNING_AFTER);
  }

  #showStatus(word: string, text: string, failed: boolean): void {
    const { status, elapsed } = this.#parts;
    if (status.textContent !== text) status.textContent = text;
    status.dataset["status"] = word;
    status.toggleAttribute("data-failed", failed && word !== "running");
    if (word === this.#word) return;
    this.#word = word;
    this.#emit("state-change", { state: word });
    clearInterval(this.#elapsedTimer);
    elapsed.textContent = "";
    if (word !== "running") return;
    const since = Date.now();
    this.#elapsedTimer = window.setInterval(() => {
      const seconds = Math.floor((Date.now() - since) / 1000);
      elapsed.textContent = seconds >= ELAPSED_AFTER ? `${seconds} s` : "";
    }, 1000);
  }

  #showStop(show: boolean): void {
    const { stop } = this.#parts;
    clearTimeout(this.#stopTimer);
    this.#stopTimer = 0;
    if (this.#watching) return;
    if (show && stop.hidden) this.#stopTimer = window.setTimeout(() => (stop.hidden = false), STOP_AFTER);
    else if (!show && !stop.hidden) {
      const hadFocus = this.shadowRoot?.activeElement === stop;
      stop.hidden = true;
      // The focus must not fall back to the top of the page.
      if (hadFocus) this.shadowRoot?.querySelector<HTMLElement>('[part="run"]')?.focus();
    }
  }

  #emit(name: string, detail: Record<string, unknown> = {}): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
  }
}
