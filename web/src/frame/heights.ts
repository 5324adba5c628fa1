// The height of what is drawn: held while new content replaces old, told when it changes.
import { HeightGuard } from "./height_guard";

/** Content that never gets ready must not keep the old height for ever. */
const PATIENCE = 2_000;

export class Heights {
  readonly #element: HTMLElement;
  readonly #guard = new HeightGuard();
  #held = 0;

  constructor(element: HTMLElement, tell: (height: number) => void) {
    this.#element = element;
    new ResizeObserver(() => {
      const height = this.#held > 0 ? null : this.#guard.next(this.#measure(), performance.now());
      if (height !== null) tell(height);
    }).observe(element);
    new MutationObserver(() => this.#guard.changed()).observe(element, { childList: true, subtree: true, attributes: true, characterData: true });
  }

  /** The height that the page should give. */
  get now(): number {
    return this.#guard.believed(this.#measure(), performance.now());
  }

  /** Until the work is done nothing gets lower. */
  async hold(work: Promise<unknown>): Promise<void> {
    this.#held += 1;
    const { style } = this.#element;
    style.minHeight = `${this.#measure()}px`;
    await Promise.race([work, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
    this.#held -= 1;
    if (this.#held > 0) return;
    style.minHeight = "";
    this.#guard.reset();
  }

  #measure(): number {
    return this.#element.getBoundingClientRect().height;
  }
}
