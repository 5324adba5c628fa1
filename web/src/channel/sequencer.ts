// Puts the messages of a session in order: nothing twice, nothing early, gaps told.
import type { Message } from "../protocol";

/**
 * Sequences start at 1 and have no gaps while live; a replay may leave out what newer
 * states have replaced, and only the `hello_reply` after it says up to where.
 */
export class Sequencer {
  #last: number;
  #held = new Map<number, Message>();

  constructor(last = 0) {
    this.#last = last;
  }

  /** The last sequence that was handed on. */
  get last(): number {
    return this.#last;
  }

  /** True while something later has come and something before it has not. */
  get gap(): boolean {
    return this.#held.size > 0;
  }

  /** Takes one message; returns what may be handed on now, in order. */
  receive(message: Message): Message[] {
    const sequence = message.sequence;
    if (sequence === undefined) return [message];
    if (sequence <= this.#last) return [];
    this.#held.set(sequence, message);
    return this.#contiguous();
  }

  /** A replay up to `sequence` is complete: what is still missing below it will never come. */
  raise(sequence: number): Message[] {
    const below = [...this.#held.keys()].filter((key) => key <= sequence).sort((a, b) => a - b);
    const ready = below.map((key) => this.#take(key));
    this.#last = Math.max(this.#last, sequence);
    return [...ready, ...this.#contiguous()];
  }

  #contiguous(): Message[] {
    const ready: Message[] = [];
    while (this.#held.has(this.#last + 1)) {
      this.#last += 1;
      ready.push(this.#take(this.#last));
    }
    return ready;
  }

  #take(sequence: number): Message {
    const message = this.#held.get(sequence) as Message;
    this.#held.delete(sequence);
    return message;
  }
}
