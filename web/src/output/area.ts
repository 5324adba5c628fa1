// An output area: items in order, old ones kept on screen until new ones take their place.
import { make } from "../dom";
import { Display, picture } from "./display";
import { TerminalView } from "./terminal_view";

/** Dimming a fast answer would only flash. */
const DIM_AFTER = 400;
const MAX_ITEMS = 200;
/** Of all items together; each is bounded by itself, but there can be many. */
const MAX_LINES = 10_000;
/** The share of the items that is kept from the beginning when the middle is dropped. */
const HEAD_SHARE = 0.1;
/** Runs that are cut short never say that they are complete; what outlives so many of them has no successor. */
const MAX_AGE = 20;

export interface Item {
  element: HTMLElement;
  /** Named items can be taken over in place by their successor, so that nothing flickers or loses the focus. */
  key: string | null;
  stale: boolean;
  /** For how many replacements it has been stale. */
  age?: number;
  display?: Display;
  /** Under which display_id it is registered. */
  displayId?: string | null;
  terminal?: TerminalView;
  removed?: () => void;
}

export interface DisplayRegistry {
  frameUrl: string;
  /** display_id to the objects that show it, in any area of the cell. */
  displays: Map<string, Set<Display>>;
}

type Bundle = Record<string, unknown>;

export class OutputArea {
  readonly element = make("div", { part: "output", class: "area" });
  readonly #registry: DisplayRegistry;
  #items: Item[] = [];
  #replacing = false;
  #state = -1;
  #dimTimer: ReturnType<typeof setTimeout> | null = null;
  #drawing = 0;
  #settled = true;
  #dropped = 0;
  readonly #notice = make("div", { class: "dropped" });

  constructor(registry: DisplayRegistry) {
    this.#registry = registry;
  }

  get state(): number {
    return this.#state;
  }

  get empty(): boolean {
    return this.#items.length === 0;
  }

  setState(state: number): void {
    this.#state = state;
    if (state < 0) delete this.element.dataset["state"];
    else this.element.dataset["state"] = String(state);
  }

  /** Whether more is to come. */
  setBusy(busy: boolean): void {
    this.element.setAttribute("aria-busy", String(busy));
    if (!busy) this.#setOld(false);
  }

  /** An answer is on its way: what is shown is old, and after a moment looks it. */
  awaitAnswer(): void {
    this.setBusy(true);
    this.#setOld(true);
  }

  #setOld(old: boolean): void {
    if (this.#dimTimer) clearTimeout(this.#dimTimer);
    this.#dimTimer = old ? setTimeout(() => this.element.classList.add("dim"), DIM_AFTER) : null;
    this.element.classList.remove("dim");
  }

  /** From here on the next output replaces what is there now. */
  beginReplacement(): void {
    this.#replacing = true;
    this.#settled = false;
    for (const item of [...this.#items]) {
      item.age = item.stale ? (item.age ?? 0) + 1 : 0;
      item.stale = true;
      if (item.age > MAX_AGE) this.#remove(item);
    }
  }

  /** The output is complete: whatever is still stale has no successor. */
  settle(): void {
    if (this.#replacing) this.#forgetDropped();
    this.#replacing = false;
    for (const item of this.#items.filter((item) => item.stale)) this.#remove(item);
    this.#settled = true;
    this.#releaseHeight();
  }

  clear(wait: boolean): void {
    // At the very start of a replacement there is nothing of its own to clear.
    if (this.#replacing) return;
    this.beginReplacement();
    if (wait) return;
    this.#sweep();
    for (const item of [...this.#items]) this.#remove(item);
    // The space stays until the next output: "clear and draw again" must not make the page jump.
    setTimeout(() => this.#releaseHeight(), DIM_AFTER);
    this.#settled = true;
  }

  stream(name: string, text: string): void {
    const last = this.#replacing ? undefined : this.#lastFresh();
    let view = last?.terminal;
    if (!view || last?.key !== null) {
      view = new TerminalView();
      this.add({ element: view.element, key: null, stale: false, terminal: view });
    }
    view.write(text, name === "stderr");
  }

  error(content: Bundle): void {
    const lines = Array.isArray(content["traceback"]) ? content["traceback"].map(String) : [];
    const view = new TerminalView("error");
    view.element.setAttribute("part", "error");
    view.write(lines.length > 0 ? lines.join("\n") : `${String(content["ename"] ?? "Error")}: ${String(content["evalue"] ?? "")}`);
    this.add({ element: view.element, key: null, stale: false });
  }

  display(content: Bundle): void {
    const shown = picture((content["data"] ?? {}) as Bundle, (content["metadata"] ?? {}) as Bundle);
    const id = (content["transient"] as Bundle | undefined)?.["display_id"];
    const key = `display:${shown.kind}`;
    let item = this.takeOver(key);
    if (!item?.display) {
      const made = new Display(this.#registry.frameUrl);
      item = { element: made.element, key, stale: false, display: made };
      this.add(item);
    }
    const display = item.display as Display;
    // A display that shows another object now no longer follows the updates of the former.
    this.#unregister(item);
    if (typeof id === "string") {
      item.displayId = id;
      const group = this.#registry.displays.get(id) ?? new Set();
      this.#registry.displays.set(id, group.add(display));
    }
    this.#draw(display.show(shown));
  }

  /** The first stale item of this name, made fresh where it stands. */
  takeOver(key: string): Item | null {
    if (!this.#replacing && !this.#items.some((item) => item.stale)) return null;
    this.#sweep();
    const index = this.#items.findIndex((item) => item.stale && item.key === key);
    const item = this.#items[index];
    if (!item) return null;
    for (const before of this.#items.slice(0, index).filter((other) => other.stale)) this.#remove(before);
    item.stale = false;
    return item;
  }

  add(item: Item): void {
    this.#sweep();
    const next = this.#items.findIndex((other) => other.stale);
    if (next < 0) {
      this.element.append(item.element);
      this.#items.push(item);
    } else {
      this.element.insertBefore(item.element, (this.#items[next] as Item).element);
      this.#items.splice(next, 0, item);
    }
    this.#trim();
  }

  /** A loop that displays thousands of objects must not drown the page: its beginning and its end stay. */
  #trim(): void {
    const shown = this.#items.filter((item) => !item.stale && (item.key === null || item.key.startsWith("display:")));
    let lines = shown.reduce((sum, item) => sum + linesOf(item), 0);
    while (shown.length > MAX_ITEMS || (lines > MAX_LINES && shown.length > 2)) {
      const [gone] = shown.splice(Math.max(1, Math.floor(Math.min(shown.length, MAX_ITEMS) * HEAD_SHARE)), 1);
      if (!gone) return;
      this.#dropped += 1;
      this.#notice.textContent = `[… ${this.#dropped.toLocaleString("en")} outputs are not shown …]`;
      if (!this.#notice.isConnected) this.element.insertBefore(this.#notice, gone.element);
      lines -= linesOf(gone);
      this.#remove(gone);
    }
  }

  #forgetDropped(): void {
    this.#dropped = 0;
    this.#notice.remove();
  }

  /** Lets go of everything that listens outside of the area. */
  dispose(): void {
    if (this.#dimTimer) clearTimeout(this.#dimTimer);
    for (const item of [...this.#items]) this.#remove(item);
  }

  remove(item: Item): void {
    this.#remove(item);
  }

  #lastFresh(): Item | undefined {
    return this.#items.filter((item) => !item.stale).at(-1);
  }

  /** The first new output has come: stale items without a possible successor go. */
  #sweep(): void {
    if (!this.#replacing) return;
    this.#replacing = false;
    this.#forgetDropped();
    this.#setOld(false);
    if (this.element.isConnected) this.element.style.minHeight = `${this.element.getBoundingClientRect().height}px`;
    for (const item of this.#items.filter((item) => item.stale && item.key === null)) this.#remove(item);
  }

  #remove(item: Item): void {
    this.#items = this.#items.filter((other) => other !== item);
    item.element.remove();
    item.display?.destroy();
    this.#unregister(item);
    item.removed?.();
  }

  #unregister(item: Item): void {
    const { display, displayId } = item;
    if (!display || typeof displayId !== "string") return;
    item.displayId = null;
    const group = this.#registry.displays.get(displayId);
    if (group?.delete(display) && group.size === 0) this.#registry.displays.delete(displayId);
  }

  #draw(done: Promise<void>): void {
    this.#drawing += 1;
    void done.finally(() => {
      this.#drawing -= 1;
      this.#releaseHeight();
    });
  }

  #releaseHeight(): void {
    if (this.#settled && this.#drawing === 0) this.element.style.minHeight = "";
  }
}

const linesOf = ({ terminal, display }: Item): number => terminal?.terminal.lines.length ?? display?.lines ?? 0;
