// An output area: items in order, old ones kept on screen until new ones take their place.
import { make } from "../dom";
import type { Content, Output, OutputFactory, Picture } from "./content";
import type { Message } from "../protocol";
import type { Displays } from "./displays";
import { Places } from "./places";

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
  /** What stands for it in the page. */
  element: HTMLElement;
  /** Named items can be taken over in place by their successor, so that nothing flickers or loses the focus. */
  key: string | null;
  stale: boolean;
  /** For how many replacements it has been stale. */
  age?: number;
  /** Absent for what the page draws itself: controls and questions. */
  output?: Output;
  kind?: Content["kind"];
  /** Ends the updates of its display_id. */
  unfollow?: () => void;
  removed?: () => void;
}

export interface DisplayRegistry {
  /** Changes with the session. */
  factory: OutputFactory;
  displays: Displays;
}

type Bundle = Record<string, unknown>;

const displayId = (content: Bundle): string => String((content["transient"] as Bundle | undefined)?.["display_id"] ?? "");
const keyOf = (picture: Picture): string => `display:${picture.kind === "rich" ? picture.type : picture.kind}`;

export class OutputArea {
  readonly element = make("div", { part: "output", class: "area" });
  readonly #registry: DisplayRegistry;
  readonly #places = new Places(this.element);
  #items: Item[] = [];
  #replacing = false;
  #state = -1;
  #dimTimer: ReturnType<typeof setTimeout> | null = null;
  #drawing = 0;
  #settled = true;
  #dropped = 0;
  #notice: Item | null = null;

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
      if (item.age > MAX_AGE) this.remove(item);
    }
  }

  /** The output is complete: whatever is still stale has no successor. */
  settle(): void {
    if (this.#replacing) this.#forgetDropped();
    this.#replacing = false;
    for (const item of this.#items.filter((item) => item.stale)) this.remove(item);
    this.#settled = true;
    this.#places.forgetSpare();
    this.#releaseHeight();
  }

  clear(wait: boolean): void {
    // At the very start of a replacement there is nothing of its own to clear.
    if (this.#replacing) return;
    this.beginReplacement();
    if (wait) return;
    this.#sweep();
    for (const item of [...this.#items]) this.remove(item);
    // The space stays until the next output: "clear and draw again" must not make the page jump.
    setTimeout(() => this.#releaseHeight(), DIM_AFTER);
    this.#settled = true;
  }

  /** Shows what a message of Jupyter's puts out; false when it puts out nothing. */
  take({ header, content }: Message): boolean {
    switch (header.msg_type) {
      case "stream":
        this.stream(String(content["name"]), String(content["text"] ?? ""));
        return true;
      case "display_data":
      case "execute_result":
        this.display(content);
        return true;
      case "update_display_data":
        return this.updateDisplay(content);
      case "clear_output":
        this.clear(content["wait"] === true);
        return true;
      case "error":
        this.error(content);
        return true;
      default:
        return false;
    }
  }

  stream(name: string, text: string): void {
    const last = this.#replacing ? undefined : this.#items.filter((item) => !item.stale).at(-1);
    const item = last?.kind === "stream" && this.#isOpen(last) ? last : this.#insert({ kind: "stream" }, null);
    item.output?.write(text, name === "stderr");
  }

  error(content: Bundle): void {
    const lines = Array.isArray(content["traceback"]) ? content["traceback"].map(String) : [];
    const text = lines.length > 0 ? lines.join("\n") : `${String(content["ename"] ?? "Error")}: ${String(content["evalue"] ?? "")}`;
    this.#insert({ kind: "error", text }, null);
  }

  display(content: Bundle): void {
    const picture = this.#choose(content);
    const key = keyOf(picture);
    let item = this.takeOver(key);
    if (item) this.#show(item, picture);
    else item = this.#insert(picture, key);
    // A display that shows another object now no longer follows the updates of the former.
    item.unfollow?.();
    const shown = item;
    item.unfollow = this.#registry.displays.add(displayId(content), (next) => this.#show(shown, next));
  }

  /** Shows something else in all that was displayed under an id, in whichever area; false when nothing was. */
  updateDisplay(content: Bundle): boolean {
    return this.#registry.displays.update(displayId(content), this.#choose(content));
  }

  /** The first stale item of this name, made fresh where it stands. */
  takeOver(key: string): Item | null {
    if (!this.#replacing && !this.#items.some((item) => item.stale)) return null;
    this.#sweep();
    const index = this.#items.findIndex((item) => item.stale && item.key === key && this.#isOpen(item));
    const item = this.#items[index];
    if (!item) return null;
    for (const before of this.#items.slice(0, index).filter((other) => other.stale)) this.remove(before);
    item.stale = false;
    return item;
  }

  /** Adds what the page draws itself. */
  add(item: Item): void {
    this.#sweep();
    const index = this.#next();
    // It ends the frame before it; what is still to be replaced in there would stand before it for good.
    for (const cut of this.#places.cut(this.#items, index)) this.remove(cut);
    this.#places.put(item.element, this.#items, index);
    this.#items.splice(index, 0, item);
  }

  /** Lets go of everything that listens outside of the area. */
  dispose(): void {
    if (this.#dimTimer) clearTimeout(this.#dimTimer);
    for (const item of [...this.#items]) this.remove(item);
    this.#places.forgetSpare();
  }

  remove(item: Item): void {
    this.#items = this.#items.filter((other) => other !== item);
    if (item.output) item.output.remove();
    else item.element.remove();
    item.unfollow?.();
    item.removed?.();
  }

  /** False for what stands in a frame of an earlier run, or in one that was stopped or does not answer. */
  #isOpen({ output }: Item): boolean {
    return !output?.frame || this.#registry.factory.accepts(output.frame);
  }

  #choose(content: Bundle): Picture {
    return this.#registry.factory.choose((content["data"] ?? {}) as Bundle, (content["metadata"] ?? {}) as Bundle);
  }

  /** Where new items go: behind the new, before the old. */
  #next(): number {
    const stale = this.#items.findIndex((item) => item.stale);
    return stale < 0 ? this.#items.length : stale;
  }

  #insert(content: Content, key: string | null, index?: number): Item {
    this.#sweep();
    const at = index ?? this.#next();
    const output = this.#places.output(content, this.#registry.factory, this.#items, at);
    const item: Item = { element: output.element, key, stale: false, output, kind: content.kind };
    this.#items.splice(at, 0, item);
    this.#draw(output.show(content).then(() => output.frame && this.#removeOutdated()));
    if (content.kind !== "notice") this.#trim();
    return item;
  }

  /** Shows something else in an item; what needs a frame moves into one. */
  #show(item: Item, picture: Picture): void {
    const { output } = item;
    item.key = keyOf(picture);
    item.kind = picture.kind;
    if (picture.kind !== "rich" || !output || output.frame) this.#draw(output?.show(picture) ?? Promise.resolve());
    else {
      const index = this.#items.indexOf(item);
      this.#items.splice(index, 1);
      const moved = this.#places.output(picture, this.#registry.factory, this.#items, index);
      Object.assign(item, { output: moved, element: moved.element });
      this.#items.splice(index, 0, item);
      this.#draw(moved.show(picture).then(() => output.remove()));
    }
  }

  /** A new frame is loaded beside the old one, which goes when it can be seen. */
  #removeOutdated(): void {
    for (const item of this.#items.filter((item) => item.stale && !this.#isOpen(item))) this.remove(item);
    this.#places.forgetSpare();
  }

  /** A loop that displays thousands of objects must not drown the page: its beginning and its end stay. */
  #trim(): void {
    const shown = this.#items.filter((item) => !item.stale && item.output && item !== this.#notice);
    let lines = shown.reduce((sum, { output }) => sum + (output?.lines ?? 0), 0);
    while (shown.length > MAX_ITEMS || (lines > MAX_LINES && shown.length > 2)) {
      const [gone] = shown.splice(Math.max(1, Math.floor(Math.min(shown.length, MAX_ITEMS) * HEAD_SHARE)), 1);
      if (!gone) return;
      this.#dropped += 1;
      const notice: Content = { kind: "notice", text: this.#registry.factory.words.outputsLeftOut(this.#dropped) };
      if (this.#notice) void this.#notice.output?.show(notice);
      else this.#notice = this.#insert(notice, null, this.#items.indexOf(gone));
      lines -= gone.output?.lines ?? 0;
      this.remove(gone);
    }
  }

  #forgetDropped(): void {
    this.#dropped = 0;
    if (this.#notice) this.remove(this.#notice);
    this.#notice = null;
  }

  /** The first new output has come: stale items without a possible successor go. */
  #sweep(): void {
    if (!this.#replacing) return;
    this.#replacing = false;
    this.#forgetDropped();
    this.#setOld(false);
    if (this.element.isConnected) this.element.style.minHeight = `${this.element.getBoundingClientRect().height}px`;
    for (const item of this.#items.filter((item) => item.stale && item.key === null)) this.remove(item);
  }

  #draw(done: Promise<unknown>): void {
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
