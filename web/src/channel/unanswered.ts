// Executions, and messages to widgets, of which nothing has been heard yet; an invocation that died may have lost them. (Changes of
// controls have a line of their own: interact/coalescer.ts.)
import type { Message } from "../protocol";

const WAIT = 5_000;
const LONGER = 3;
const ATTEMPTS = 4;
const RUN = ["execute_request", "comm_open", "comm_msg", "comm_close"];

interface Flight {
  message: Message;
  again: number;
  attempts: number;
}

export class Unanswered {
  readonly #flights = new Map<string, Flight>();

  /** An execution leaves, for the first time or again. */
  sent(message: Message, now: number): void {
    if (!RUN.includes(message.header.msg_type) || message.metadata.interact) return;
    const attempts = (this.#flights.get(message.header.msg_id)?.attempts ?? 0) + 1;
    if (attempts === ATTEMPTS) this.#flights.delete(message.header.msg_id);
    else this.#flights.set(message.header.msg_id, { message, attempts, again: now + WAIT * LONGER ** (attempts - 1) });
  }

  /** Something has come: whatever it answers has arrived. */
  heard(message: Message): void {
    this.#flights.delete(String(message.parent_header.msg_id));
  }

  /** What is to be sent again. One that waits for its turn behind another comes twice, which devices expect. */
  due(now: number): Message[] {
    return [...this.#flights.values()].filter(({ again }) => again <= now).map(({ message }) => message);
  }
}
