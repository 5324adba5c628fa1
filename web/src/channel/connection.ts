// The websocket under a channel: opened, given up when it is silent, and opened again after a growing wait.
import { backoff } from "./backoff";
import type { Clock } from "./clock";
import type { Socket, Transport } from "./transport";

const OPEN_WAIT = 15_000;
/** API Gateway ends a websocket after two hours; we leave before, when it disturbs nobody. */
const PLANNED_RECONNECT = 110 * 60_000;

export interface ConnectionEvents {
  opened(identityToken: string | null): void;
  /** `current` is false as soon as another websocket, or none, is in this one's place. */
  frame(text: string, current: () => boolean): void;
  /** It has closed, or did not answer in time. */
  lost(): void;
  /** Time for a new one. */
  aged(): void;
}

export interface ConnectionOptions {
  transport: Transport;
  clock: Clock;
  random: (() => number) | undefined;
  events: ConnectionEvents;
}

export class Connection {
  readonly #options: ConnectionOptions;
  #socket: Socket | null = null;
  #open = false;
  #attempt = 0;
  #cancelWait = () => {};
  #cancelPlanned = () => {};
  #cancelRetry = () => {};

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  open(): void {
    const { clock, transport, events } = this.#options;
    const current = () => this.#socket === socket;
    const socket: Socket = transport.connect({
      open: (identityToken = null) => {
        if (!current()) return;
        this.#open = true;
        events.opened(identityToken);
        this.#cancelPlanned = clock.after(PLANNED_RECONNECT, () => events.aged());
      },
      frame: (text) => current() && events.frame(text, current),
      close: () => current() && events.lost(),
    });
    this.#socket = socket;
    this.expectAnswer(OPEN_WAIT);
  }

  send(text: string): void {
    this.#socket?.send(text);
  }

  /** A connection that does not answer is dead, whatever the socket says. */
  expectAnswer(wait = OPEN_WAIT): void {
    this.#cancelWait();
    this.#cancelWait = this.#options.clock.after(wait, () => this.#options.events.lost());
  }

  answered(): void {
    this.#cancelWait();
  }

  /** The service is well: the next failure is a first one again. */
  proven(): void {
    this.#attempt = 0;
  }

  drop(): void {
    const socket = this.#socket;
    this.#socket = null;
    this.#open = false;
    this.#cancelWait();
    this.#cancelPlanned();
    socket?.close();
  }

  /** Does it after a wait that grows from one failure to the next. */
  retry(action: () => void): void {
    this.#cancelRetry();
    this.#cancelRetry = this.#options.clock.after(backoff(this.#attempt++, this.#options.random), action);
  }

  /** Does not wait any longer, unless one is being opened already. */
  hasten(): void {
    this.#cancelRetry();
    this.#attempt = 0;
    if (!this.#socket) this.open();
  }

  end(): void {
    this.drop();
    this.#cancelRetry();
  }
}
