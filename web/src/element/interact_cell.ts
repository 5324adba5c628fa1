// The <interact-cell> element: attributes, methods and events around one code box, one toolbar and one session.
import { realClock } from "../channel/clock";
import type { ChannelState } from "../channel/contract";
import type { Identity } from "../channel/transport";
import { make } from "../dom";
import type { Added } from "../files/added";
import { filePicker } from "../files/picker";
import type { WireValues } from "../protocol";
import { adopt } from "../sheets";
import { languageOf } from "../words";
import { Announcer } from "./announcer";
import { mayAutorun, whenSeen } from "./autorun";
import { dedent, extractCode } from "./code";
import { CodeBox } from "./code_box";
import { loadLibrary, type SessionLibrary, type SessionView } from "./library";
import { emptyMemory, MemoryStore, valuesOf, type Memory } from "./memory";
import { editorMode, hides, readOptions, type CellOptions } from "./options";
import { elementAt, OutputPlace } from "./output_place";
import type { SessionHost } from "./session_host";
import { describe, notice, watchersNotice } from "./status";
import { shareButton } from "./share_button";
import { STYLES } from "./styles";
import { Toolbar } from "./toolbar";
import { watchKey, watchedSession } from "./watching";
import { loadWords, type CellWords } from "./words";

const UNTOUCHED = { state: null, failure: null, farewell: null, interactive: false };
const LOADING: ChannelState = { connection: "connecting", status: null, place: null, busy: false, reason: null };

/** Where config.json and frame.html lie unless the element says otherwise: beside the script. */
let scriptBase = "";
export const setScriptBase = (url: string): void => {
  scriptBase = url;
};

let cellCount = 0;

export class InteractCell extends HTMLElement {
  /** Says who the reader of the whole page is, where no cell says it of its own. */
  static identity: Identity | null = null;
  /** An author's function that says who the reader is: a promise of an identity token, or of null. */
  identity: Identity | null = null;
  static readonly observedAttributes = ["watch", "editor", "controls-only", "run-label"];
  #options!: CellOptions;
  #memory!: Memory;
  #store!: MemoryStore;
  /** From the moment on at which its chunk has come. */
  #session: SessionView | null = null;
  #loading: Promise<SessionView> | null = null;
  #code!: CodeBox;
  #toolbar!: Toolbar;
  #announcer!: Announcer;
  #added: Promise<Added> | null = null;
  /** Once its chunk has come. */
  #files: Added | null = null;
  #box!: HTMLElement;
  #noticeBox!: HTMLElement;
  readonly #output = make("div", { class: "output-box" });
  #place: OutputPlace | null = null;
  /** Decided when the element is set up: a cell that runs code does not become one that looks on. */
  #watching = false;
  /** Taken out of the page; its session goes on. */
  #closed = false;
  /** What the author's page is in want of. */
  #trouble: string | null = null;
  /** Set before the element was in the page. */
  #early: { code: string | null; values: Record<string, WireValues> } = { code: null, values: {} };
  readonly #index = cellCount++;

  connectedCallback(): void {
    if (!this.shadowRoot) {
      // A classic parser may call us before the children are there.
      if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", () => this.#prepare(), { once: true });
      else this.#prepare();
    } else {
      this.#listen(true);
      if (this.#closed) this.#place?.show();
      if (this.#closed) this.#session?.reattach();
      this.#closed = false;
    }
  }

  disconnectedCallback(): void {
    // A move within the page disconnects and connects in one task; only a real removal ends the session's view.
    queueMicrotask(() => {
      if (this.isConnected || !this.shadowRoot) return;
      this.#listen(false);
      this.#session?.close();
      this.#place?.hide();
      this.#closed = true;
    });
  }

  attributeChangedCallback(name: string, before: string | null, now: string | null): void {
    if (!this.shadowRoot || now === before) return;
    if (name === "run-label") this.#toolbar.runLabel = now || this.#options.words.run;
    else if (name !== "watch") this.#code.setMode(editorMode(this));
    else if (this.#watching) {
      this.#withSession((session) => session.watch(watchedSession(now ?? "")));
    }
  }

  /** Runs the code: in a fresh session, or in the one that the linked cells share. */
  run(): void {
    if (!this.shadowRoot || this.#watching) return;
    this.#toolbar.clearTime();
    this.#withSession((session) => session.run(this.code));
  }

  /** Interrupts what runs; what has not begun is taken back. */
  stop(): void {
    this.#session?.stop();
  }

  /** Back to the author's code, without output, values or a session. */
  reset(): void {
    if (!this.shadowRoot || this.#watching) return;
    this.#session?.reset();
    this.code = this.#memory.source;
    this.#toolbar.clearTime();
    this.#stateChanged();
  }

  /** What another cell's `watch` attribute takes to look on at this one's session; null while there is none. */
  get watchKey(): string | null {
    return this.shadowRoot ? watchKey(this.#memory.session) : null;
  }

  get code(): string {
    return this.shadowRoot ? this.#memory.code : (this.#early.code ?? extractCode(this));
  }

  set code(code: string) {
    if (!this.shadowRoot) {
      this.#early.code = code;
      return;
    }
    this.#code.code = code;
    this.#codeChanged(code);
  }

  /** What the controls hold, for a link: {function: {argument: wire value}}. Files are left out. */
  getState(): Record<string, WireValues> {
    return this.#session?.values ?? { ...(this.#memory && valuesOf(this.#memory.values)), ...this.#early.values };
  }

  /** Sets the controls that stand; the others when the next run makes them. */
  setState(state: Record<string, WireValues>): void {
    if (this.#session) this.#session.setValues(state);
    else this.#early.values = { ...this.#early.values, ...state };
  }

  /** English is at hand; the words of another language come first. */
  #prepare(): void {
    const words = loadWords(languageOf(this));
    const setUp = (loaded: CellWords) => {
      if (this.isConnected && !this.shadowRoot) this.#setUp(loaded);
    };
    if (words instanceof Promise) void words.then(setUp);
    else setUp(words);
  }

  #setUp(words: CellWords): void {
    const options = (this.#options = readOptions(this, scriptBase, words));
    const { watch } = options;
    const source = this.#early.code ?? extractCode(this);
    this.#store = new MemoryStore(`longwire:${location.pathname}:${this.id || this.#index}`);
    this.#watching = watch !== null;
    this.#memory = watch === null ? this.#store.load(source) : { ...emptyMemory(source), session: watchedSession(watch) };
    this.#announcer = new Announcer(realClock, words);
    this.#code = new CodeBox({
      code: this.#memory.code,
      label: options.label,
      words,
      mode: this.#watching ? "read-only" : options.editor,
      runs: !this.#watching,
      changed: (code) => this.#codeChanged(code),
      run: () => this.run(),
      leave: () => (this.#watching ? this.#box : this.#toolbar).focus(),
      ask: async (type, content) => (await this.#session?.ask(type, content)) ?? null,
    });
    this.#toolbar = new Toolbar({
      words,
      runLabel: options.runLabel,
      watching: this.#watching,
      run: () => this.run(),
      stop: () => this.stop(),
      changed: (state) => this.#emit("state-change", { state }),
    });
    if (!this.#watching && !hides(this, "share")) this.#toolbar.addButton(shareButton(this, options));
    this.#build();
    if (!this.#watching && !hides(this, "files")) this.#toolbar.addButton(filePicker(words.addFiles, this.#box, (files) => void this.#addFiles(files)));
    // At hand when Run is pressed; a failure now is tried again then.
    this.#code.loadWhenNear(this, () => void loadLibrary().catch(() => {}));
    this.#listen(true);
    this.#stateChanged();
    if (this.#memory.session) this.#withSession((session) => session.attach());
    void this.#begin();
  }

  /** They are in the session that lives, and in every one that begins here. */
  async #addFiles(files: File[]): Promise<void> {
    this.#added ??= import("../files/added").then(({ Added }) => {
      this.#files = new Added({ language: this.#options.language, send: (message) => this.#session?.sendFile(message) ?? false });
      this.#noticeBox.before(this.#files.element);
      return this.#files;
    });
    try {
      await (await this.#added).add(files);
    } catch {
      this.#added = null;
      this.#trouble = this.#options.words.partMissing;
      this.#stateChanged();
    }
  }

  #withSession(then: (session: SessionView) => void): void {
    if (this.#session) {
      then(this.#session);
      return;
    }
    this.#loading ??= loadLibrary().then((library) => this.#makeSession(library));
    this.#stateChanged();
    this.#loading.then(then).catch(() => {
      this.#loading = null;
      this.#trouble = this.#options.words.partMissing;
    }).finally(() => this.#stateChanged());
  }

  #makeSession(library: SessionLibrary): SessionView {
    const { linked } = this.#options;
    this.#trouble = null;
    for (const root of [this.shadowRoot, this.#place?.root]) if (root) adopt(root, library.STYLES);
    const session = new library.SessionView(this.#host(new library.BrowserTransport(this.#options.base, () => this.#identify()), linked === null ? null : library.linkedSession(linked)));
    session.setValues(this.#early.values);
    this.#output.append(session.root.element, session.files.element);
    this.#session = session;
    return session;
  }

  async #identify(): Promise<string | null> {
    return (await (this.identity ?? InteractCell.identity)?.()) ?? null;
  }

  #host(transport: SessionHost["transport"], linked: SessionHost["linked"]): SessionHost {
    const { base, pool, kernel, idleTimeout, language, words } = this.#options;
    return {
      transport,
      clock: realClock,
      frameUrl: new URL("frame.html", base).href,
      memory: this.#memory,
      language,
      words,
      pool,
      kernel,
      idleTimeout,
      linked,
      cellId: this.id || String(this.#index),
      watching: this.#watching,
      remember: () => this.#save(),
      stateChanged: () => this.#stateChanged(),
      ran: () => this.#emit("run-start"),
      added: () => this.#files?.requests() ?? [],
      uploaded: (message) => this.#files?.answered(message),
      filesOver: () => this.#files?.sessionOver(),
      began: (session) => this.#emit("session-start", { watchKey: watchKey(session) }),
      code: (code) => {
        this.#memory.code = code;
        this.#code.code = code;
      },
      output: (message) => this.#emit("output", { msg_type: message.header.msg_type, content: message.content }),
      shown: (area, failure) => this.#announcer.output(area, failure),
      ended: (error, milliseconds) => {
        this.#toolbar.showTime(milliseconds);
        this.#emit("run-end", { error, seconds: milliseconds / 1000 });
        // A page's own handlers of `error` on the window are not for the errors of a program.
        if (error) this.dispatchEvent(new CustomEvent("error", { detail: { ename: error } }));
      },
      goTo: (line) => this.#code.goTo(line),
    };
  }

  #build(): void {
    const shadow = this.attachShadow({ mode: "open" });
    adopt(shadow, STYLES);
    this.#noticeBox = make("div", { part: "notice", class: "notice", role: "alert", hidden: true });
    this.#box = make("div", { part: "box", class: "box", tabindex: "-1" }, this.#code.element, this.#toolbar.element, this.#noticeBox, this.#output, this.#announcer.element);
    shadow.append(this.#box);
    this.#showElsewhere();
  }

  #showElsewhere(): void {
    const { outputLocation, words } = this.#options;
    if (outputLocation === null) return;
    const target = elementAt(outputLocation);
    if (target) {
      this.#place = new OutputPlace(target, this.#output, this.getAttribute("theme"));
      adopt(this.#place.root, STYLES);
    } else this.#trouble = words.outputMissing(outputLocation);
  }

  /** Code that lies elsewhere comes first, then the element is ready, then it may run by itself. */
  async #begin(): Promise<void> {
    const { source, words, autorun, base } = this.#options;
    if (source !== null)
      await this.#load(source).catch((error: Error) => {
      this.#trouble = words.sourceMissing(source, error.message);
      this.#stateChanged();
    });
    this.#emit("cell-ready");
    if (!autorun || this.#watching || this.#memory.session) return;
    if (await mayAutorun(base, location.origin)) whenSeen(this, () => this.#memory.session === null && this.run());
  }

  async #load(source: string): Promise<void> {
    const response = await fetch(new URL(source, document.baseURI));
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const code = dedent(await response.text());
    if (code === this.#memory.source) return;
    const { session } = this.#memory;
    Object.assign(this.#memory, this.#store.load(code));
    // What has begun meanwhile goes on.
    if (session) this.#memory.session = session;
    this.code = this.#memory.code;
    if (this.#memory.session && !session) this.#withSession((view) => view.attach());
  }

  #codeChanged(code: string): void {
    this.#memory.code = code;
    this.#save();
  }

  #save(now = false): void {
    if (this.#watching) return;
    const current = () => {
      if (this.#session) this.#memory.last = this.#session.lastSequence;
      return this.#memory;
    };
    if (now) this.#store.save(current());
    else this.#store.saveSoon(current);
  }

  // A reload in the next moment must find the last move of a slider.
  #leave = (): void => this.#save(true);
  #wake = (): void => {
    this.#stateChanged();
    if (document.visibilityState === "visible") this.#session?.wake();
  };

  #listen(on: boolean): void {
    const change = on ? "addEventListener" : "removeEventListener";
    window[change]("online", this.#wake);
    window[change]("offline", this.#wake);
    window[change]("pagehide", this.#leave);
    document[change]("visibilitychange", this.#wake);
  }

  #stateChanged(): void {
    if (!this.shadowRoot) return;
    const { state, failure, farewell, interactive } = this.#session ?? UNTOUCHED;
    const { words } = this.#options;
    const status = describe(state ?? (this.#loading && !this.#session ? LOADING : null), navigator.onLine, failure, words, this.#watching);
    const working = ["connecting", "queued", "starting", "running"].includes(status.word) || (status.word === "reconnecting" && state?.busy === true);
    this.#toolbar.show(status, failure !== null, working);
    const reason = state?.status === "lost" ? "device_lost" : (state?.reason ?? null);
    const ended = this.#watching ? watchersNotice(reason, words) : notice(reason, farewell, interactive, words);
    this.#notify(status.word === "offline" ? words.offlineNotice : (ended ?? this.#trouble));
    this.#box.classList.toggle("interactive", interactive && reason === null && failure === null);
  }

  #notify(text: string | null): void {
    if (this.#noticeBox.textContent !== (text ?? "")) this.#noticeBox.textContent = text ?? "";
    this.#noticeBox.hidden = text === null;
  }

  #emit(name: string, detail: Record<string, unknown> = {}): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail }));
  }
}
