// The outputs of a frame, one under the other; the page says what stands where.
import { make } from "../dom";
import { WORDS, type OutputWords } from "../output/words";
import { FrameSlot } from "./frame_slot";
import type { Operation } from "./protocol";

export class SlotList {
  readonly element = make("div", { class: "slots" });
  words: OutputWords = WORDS.en;
  readonly #slots = new Map<number, FrameSlot>();

  /** Resolves when everything can be seen. */
  async apply(operations: Operation[]): Promise<void> {
    await Promise.allSettled(operations.map((operation) => this.#apply(operation)));
  }

  #apply(operation: Operation): Promise<void> | undefined {
    const slot = this.#slots.get(operation.slot);
    switch (operation.type) {
      case "insert": {
        slot?.remove();
        const made = new FrameSlot(this.words);
        const before = operation.before === null ? undefined : this.#slots.get(operation.before);
        this.element.insertBefore(made.element, before?.element ?? null);
        this.#slots.set(operation.slot, made);
        return undefined;
      }
      case "show":
        return slot?.show(operation.content);
      case "write":
        slot?.write(operation.text, operation.stderr);
        return undefined;
      case "remove":
        slot?.remove();
        this.#slots.delete(operation.slot);
        return undefined;
    }
  }
}
