// The waiting line to the kernel: one message under way at a time, so that none overtakes another.
import type { Clock } from "../channel/clock";
import { isObject, type Message } from "../protocol";

/** A reader's hand makes some dozens at most; a frame that asks for more is no hand. */
const MOST_WAITING = 100;
const TRY_AGAIN = 1_000;

export class Line {
  readonly #send: (message: Message) => void;
  readonly #clock: Clock;
  readonly #waiting: Message[] = [];
  #current: Message | null = null;

  constructor(send: (message: Message) => void, clock: Clock) {
    this.#send = send;
    this.#clock = clock;
  }

  /** False when the line is too long. */
  offer(message: Message): boolean {
    const last = this.#waiting.at(-1);
    if (last && isMotion(last) && isMotion(message) && last.content["comm_id"] === message.content["comm_id"]) this.#waiting.pop();
    if (this.#waiting.length >= MOST_WAITING) return false;
    this.#waiting.push(message);
    this.#next();
    return true;
  }

  /** Whether it is the message under way that this answers. */
  isUnderWay(msg_id: string | undefined): boolean {
    return this.#current !== null && this.#current.header.msg_id === msg_id;
  }

  /** The kernel is done with the message under way, or it was refused. */
  done(): void {
    this.#current = null;
    this.#next();
  }

  /** The service was in trouble; the same message again is the same request. */
  again(): void {
    const message = this.#current;
    this.#clock.after(TRY_AGAIN, () => message && this.isUnderWay(message.header.msg_id) && this.#send(message));
  }

  clear(): void {
    this.#waiting.length = 0;
    this.#current = null;
  }

  #next(): void {
    const message = this.#current ? undefined : this.#waiting.shift();
    if (!message) return;
    this.#current = message;
    this.#send(message);
  }
}

/** The pointer moves over a figure: only where it is now is of interest. */
function isMotion(message: Message): boolean {
  const data = message.content["data"];
  return isObject(data) && isObject(data["content"]) && data["content"]["type"] === "motion_notify";
}
