// Hands messages on in order; one whose content must be fetched holds back those behind it.
import type { Message } from "../protocol";
import type { Clock } from "./clock";
import type { Transport } from "./transport";

const ATTEMPTS = 3;
const FRESH_WAIT = 2_000;
/** Whoever has asked for it fetches it; nobody else wants it, and nothing waits for it. */
const ASKED_FOR = new Set(["download_reply"]);

export interface Receiver {
  hand(message: Message): void;
  /** A link has expired: a hello with an earlier `after` brings a new one. */
  askAgain(): void;
}

export class Delivery {
  readonly #transport: Transport;
  readonly #clock: Clock;
  readonly #receiver: Receiver;
  #queue: (Message | (() => void))[] = [];
  #busy = false;
  #stopped = false;
  #wanted: { sequence: number; resolve: (url: string | null) => void } | null = null;

  constructor(transport: Transport, clock: Clock, receiver: Receiver) {
    this.#transport = transport;
    this.#clock = clock;
    this.#receiver = receiver;
  }

  /** Messages, and actions that must come after the messages before them. */
  push(...entries: (Message | (() => void))[]): void {
    this.#queue.push(...entries);
    this.#pump();
  }

  stop(): void {
    this.#stopped = true;
    this.#queue = [];
  }

  /** Looks at a message that came again, whether it brings the link that is waited for. */
  offer(message: Message): void {
    const { payload } = message.metadata;
    if (payload && this.#wanted && message.sequence === this.#wanted.sequence) this.#wanted.resolve(payload.url ?? null);
  }

  /** From where a hello must ask, when all up to `last` has been received. */
  after(last: number): number {
    return this.#wanted ? Math.min(last, this.#wanted.sequence - 1) : last;
  }

  #pump(): void {
    if (this.#busy) return;
    this.#busy = true;
    while (this.#queue.length > 0) {
      const next = this.#queue.shift() as Message | (() => void);
      if (typeof next === "function") next();
      else if (next.metadata.payload && !ASKED_FOR.has(next.header.msg_type)) {
        void this.#complete(next).then((message) => {
          this.#busy = false;
          if (this.#stopped) return;
          this.#queue.unshift(message);
          this.#pump();
        });
        return;
      } else this.#receiver.hand(next);
    }
    this.#busy = false;
  }

  async #complete(message: Message): Promise<Message> {
    const { payload, ...metadata } = message.metadata;
    let url = payload?.url ?? "";
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        return { ...message, metadata, ...(await this.#transport.payload(url)) };
      } catch {
        url = (await this.#freshUrl(message.sequence ?? 0)) ?? url;
      }
    }
    const content = { name: "stderr", text: "[an output could not be loaded]\n" };
    return { ...message, metadata, content, header: { ...message.header, msg_type: "stream" } };
  }

  #freshUrl(sequence: number): Promise<string | null> {
    return new Promise((resolve) => {
      const done = (url: string | null) => {
        cancel();
        this.#wanted = null;
        resolve(url);
      };
      const cancel = this.#clock.after(FRESH_WAIT, () => done(null));
      this.#wanted = { sequence, resolve: done };
      this.#receiver.askAgain();
    });
  }
}
