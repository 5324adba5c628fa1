// Tells a screen reader what came out, politely and seldom: never the whole output, never each move of a slider.
import type { Clock } from "../channel/clock";
import { make } from "../dom";
import type { CellWords } from "./words";

const LONGEST = 120;
const AT_MOST_EVERY = 1_000;

export class Announcer {
  readonly element = make("span", { class: "hint", role: "status", "aria-live": "polite" });
  #cancel = () => {};
  #last = -Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly words: CellWords,
  ) {}

  /** An output is complete: its words, or only that there is a new one when it is drawn. */
  output(area: Element, failure: string | null): void {
    const text = area.textContent?.replace(/\s+/g, " ").trim() ?? "";
    const drawn = area.querySelector("img, iframe") !== null;
    if (failure) this.#say(this.words.failed(failure));
    else if (text) this.#say(this.words.newOutput(text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text));
    else if (drawn) this.#say(this.words.newFigure);
  }

  #say(text: string): void {
    this.#cancel();
    const wait = Math.max(0, this.#last + AT_MOST_EVERY - this.clock.now());
    this.#cancel = this.clock.after(wait, () => {
      this.#last = this.clock.now();
      this.element.textContent = text;
    });
  }
}
