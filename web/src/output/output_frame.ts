// The page's side of the sandboxed frame that draws hostile markup: handshake, slots, theme, height.
import { make } from "../dom";
import { ATTACH } from "../widgets/messages";
import type { ToWidgets, WidgetFrame, Widgets } from "../widgets/widgets";
import { fromFrame, HELLO, PORT, type Operation, type ToFrame } from "../frame/protocol";
import { Budget } from "./budget";
import { tellLine } from "./line_links";
import { Slot } from "./slot";
import { themeOf } from "./theme";
import type { Frame, Output } from "./content";
import { WORDS } from "./words";
import type { Language } from "../words";

/** No same origin, no top navigation, no modals. */
export const SANDBOX = "allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads allow-forms";
/** What could cover the screen is not for hostile output. */
const DELEGATED = "fullscreen 'none'; picture-in-picture 'none'; display-capture 'none'";
const MAX_HEIGHT = 20_000;
/** A frame that never answers must not keep the output waiting. */
const PATIENCE = 3_000;
/** A hello makes us send everything again. */
const HELLO_COST = 150;

/**
 * The frame has no origin (sandbox without allow-same-origin), so it can reach neither the page
 * nor the token. All that is taken from it is a height, how far it has drawn, which line
 * of the code was pressed, and what its widgets want of the kernel, which is looked at in widgets/messages.ts.
 */
export class OutputFrame implements Frame, WidgetFrame {
  readonly element: HTMLElement;
  readonly #iframe: HTMLIFrameElement;
  readonly #language: Language;
  readonly #emptied: (frame: Frame) => void;
  readonly #widgets: Widgets | null;
  readonly #budget = new Budget();
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  #port: MessagePort | null = null;
  #slots: Slot[] = [];
  #count = 0;
  #usable = true;
  /** It has not answered for long: what comes next had better stand elsewhere. */
  #silent = false;
  #operations: Operation[] = [];
  #batch = 0;
  #answered = 0;
  #waiting: { batch: number; resolve: () => void }[] = [];

  constructor(url: string, language: Language, emptied: (frame: Frame) => void = () => {}, widgets: Widgets | null = null) {
    this.#language = language;
    this.#emptied = emptied;
    this.#widgets = widgets;
    this.#iframe = make("iframe", { src: url, sandbox: SANDBOX, allow: DELEGATED, referrerpolicy: "no-referrer", title: WORDS[language].output, part: "frame" });
    this.#iframe.style.height = "0";
    this.element = make("div", { class: "framed" }, this.#iframe);
    addEventListener("message", this.#listen);
    this.#scheme.addEventListener("change", this.#restyle);
  }

  get usable(): boolean {
    return this.#usable && !this.#silent;
  }

  /** What it is to those who cannot see it. */
  set title(title: string) {
    this.#iframe.title = title;
  }

  insert(before: Output | null): Slot {
    const slot = new Slot(this, ++this.#count);
    const next = this.#slots.find((other) => other === before);
    this.#slots.splice(next ? this.#slots.indexOf(next) : this.#slots.length, 0, slot);
    this.post({ type: "insert", slot: slot.number, before: next?.number ?? null });
    return slot;
  }

  /** Changes of one task travel together, so that the frame can swap old for new at once. */
  post(operation: Operation): void {
    this.#operations.push(operation);
    if (this.#operations.length === 1) queueMicrotask(() => this.#flush());
  }

  /** Resolves when all that was posted can be seen. */
  drawn(): Promise<void> {
    if (!this.#usable) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push({ batch: this.#batch + 1, resolve });
      setTimeout(() => this.#giveUp(resolve), PATIENCE);
    });
  }

  remove(slot: Slot): void {
    const index = this.#slots.indexOf(slot);
    if (index < 0) return;
    this.#slots.splice(index, 1);
    this.post({ type: "remove", slot: slot.number });
    if (this.#slots.length === 0) this.#emptied(this);
  }

  widgets(message: ToWidgets): void {
    this.#send({ type: "widgets", message });
  }

  /** Only for good: a frame that is moved or put back is loaded again. */
  destroy(): void {
    this.#release();
    this.element.remove();
  }

  #flush(): void {
    const operations = this.#operations.splice(0);
    if (operations.length === 0) return;
    this.#batch += 1;
    // Before the frame is there they are only counted: hello gets all that stands by then.
    this.#send({ type: "batch", batch: this.#batch, operations });
  }

  #send(message: ToFrame): void {
    this.#port?.postMessage(message);
  }

  #listen = (event: MessageEvent): void => {
    if (event.source === null || event.source !== this.#iframe.contentWindow) return;
    const hello = event.data === HELLO;
    if (!this.#affords(hello ? HELLO_COST : 1) || !hello) return;
    this.#port?.close();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }) => this.#receive(data);
    // An opaque origin has no name, so "*" is the only target; the port alone carries content.
    (event.source as Window).postMessage(PORT, "*", [port2]);
    this.#restyle();
    this.#operations = this.#slots.flatMap((slot) => slot.operations);
    this.#flush();
  };

  #receive(data: unknown): void {
    const message = fromFrame(data);
    const isDue = message?.type === "drawn" && message.batch > this.#answered && message.batch <= this.#batch;
    if (!this.#affords(isDue ? 0 : 1) || !message) return;
    this.#silent = false;
    if (message.type === "widgets") {
      if (message.request === ATTACH) this.#widgets?.attach(this);
      else this.#widgets?.request(this, message.request);
      return;
    }
    if (message.type === "line") {
      // Only what the reader's own press has caused may take the reader elsewhere.
      if (navigator.userActivation.isActive) tellLine(this.element, message.chosen);
      return;
    }
    this.#iframe.style.height = `${Math.max(0, Math.min(MAX_HEIGHT, Math.ceil(message.height)))}px`;
    if (!isDue) return;
    this.#answered = message.batch;
    const drawn = this.#waiting.filter(({ batch }) => batch <= message.batch);
    this.#waiting = this.#waiting.filter(({ batch }) => batch > message.batch);
    for (const { resolve } of drawn) resolve();
  }

  #giveUp(resolve: () => void): void {
    // One that is still on its way to us, over a slow network, is not to blame.
    this.#silent ||= this.#port !== null && this.#waiting.some((waiting) => waiting.resolve === resolve);
    resolve();
  }

  /** A frame that floods the page is taken out of it, which ends its scripts. */
  #affords(cost: number): boolean {
    if (this.#budget.spend(cost, performance.now())) return true;
    this.#release();
    this.element.replaceChildren(make("div", { class: "dropped", role: "status" }, WORDS[this.#language].flooded));
    return false;
  }

  #release(): void {
    this.#usable = false;
    this.#widgets?.detach(this);
    removeEventListener("message", this.#listen);
    this.#scheme.removeEventListener("change", this.#restyle);
    this.#port?.close();
    this.#port = null;
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  #restyle = (): void => this.#send({ type: "theme", theme: themeOf(this.element, this.#language) });
}
