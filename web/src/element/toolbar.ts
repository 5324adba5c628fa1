// The row under the code: Run, Stop, what the session is doing, and for how long.
import { make } from "../dom";
import type { Status } from "./status";
import type { CellWords } from "./words";

/** A Stop button that comes and goes within a blink only flickers. */
const STOP_AFTER = 200;
/** During a drag the kernel is busy for moments; the words must not flutter, nor be read aloud each time. */
const RUNNING_AFTER = 150;
const ELAPSED_AFTER = 2;

export interface ToolbarOptions {
  words: CellWords;
  runLabel: string;
  watching: boolean;
  run(): void;
  stop(): void;
  /** The status has another word now. */
  changed(word: string): void;
}

export class Toolbar {
  readonly element: HTMLElement;
  readonly #options: ToolbarOptions;
  readonly #run: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #status = make("span", { part: "status", class: "status", role: "status" });
  readonly #elapsed = make("span", { part: "elapsed", class: "elapsed", "aria-hidden": "true" });
  #word = "";
  #since = 0;
  #statusTimer = 0;
  #stopTimer = 0;
  #elapsedTimer = 0;

  constructor(options: ToolbarOptions) {
    this.#options = options;
    const { words, watching } = options;
    this.#run = make("button", { type: "button", part: "run", class: "run", hidden: watching, title: words.runHint }, options.runLabel);
    this.#stop = make("button", { type: "button", part: "stop", hidden: true }, words.stop);
    this.#run.addEventListener("click", options.run);
    this.#stop.addEventListener("click", options.stop);
    this.element = make("div", { part: "toolbar", class: "toolbar" }, this.#run, this.#stop, this.#status, this.#elapsed);
  }

  set runLabel(label: string) {
    this.#run.textContent = label;
  }

  focus(): void {
    this.#run.focus();
  }

  /** A button of another part of the cell, before the status. */
  addButton(button: HTMLElement): void {
    this.#status.before(button);
  }

  show({ word, text }: Status, failed: boolean, working: boolean): void {
    this.#showStop(working);
    clearTimeout(this.#statusTimer);
    const show = () => this.#showStatus(word, text, failed);
    if (word === "running" && this.#word === "ready") this.#statusTimer = window.setTimeout(show, RUNNING_AFTER);
    else show();
  }

  /** The cell's own run is over and took so long, in milliseconds. */
  showTime(milliseconds: number): void {
    clearInterval(this.#elapsedTimer);
    this.#elapsed.textContent = this.#options.words.seconds((milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0));
  }

  clearTime(): void {
    this.#elapsed.textContent = "";
  }

  #showStatus(word: string, text: string, failed: boolean): void {
    if (this.#status.textContent !== text) this.#status.textContent = text;
    this.#status.dataset["status"] = word;
    this.#status.toggleAttribute("data-failed", failed && word !== "running");
    if (word === this.#word) return;
    this.#word = word;
    this.#options.changed(word);
    clearInterval(this.#elapsedTimer);
    if (word !== "running") return;
    this.#since = Date.now();
    this.#elapsedTimer = window.setInterval(() => {
      const seconds = Math.floor((Date.now() - this.#since) / 1000);
      if (seconds >= ELAPSED_AFTER) this.#elapsed.textContent = this.#options.words.seconds(String(seconds));
    }, 1000);
  }

  #showStop(show: boolean): void {
    clearTimeout(this.#stopTimer);
    this.#stopTimer = 0;
    if (this.#options.watching) return;
    if (show && this.#stop.hidden) this.#stopTimer = window.setTimeout(() => (this.#stop.hidden = false), STOP_AFTER);
    else if (!show && !this.#stop.hidden) {
      const hadFocus = (this.element.getRootNode() as ShadowRoot).activeElement === this.#stop;
      this.#stop.hidden = true;
      // The focus must not fall back to the top of the page.
      if (hadFocus) this.#run.focus();
    }
  }
}
