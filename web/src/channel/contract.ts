// What a channel is given, what it tells, and of which state it is.
import type { Message, SessionStatus } from "../protocol";
import type { Clock } from "./clock";
import type { Transport } from "./transport";

export interface SessionKey {
  id: string;
  token: string;
  /** With which others may watch; whoever only watches has it in the place of `token`. */
  watchToken?: string | undefined;
}

export interface ChannelState {
  connection: "connecting" | "open" | "reconnecting" | "closed";
  status: SessionStatus | null;
  place: number | null;
  busy: boolean;
  reason: string | null;
}

/** What a cell holds of its session: a channel of its own, or its part of one that linked cells share. */
export interface SessionChannel {
  readonly state: ChannelState;
  readonly session: SessionKey | null;
  readonly lastSequence: number;
  /** Whether a request could still reach a living session. */
  readonly alive: boolean;
  start(): void;
  /** Sends now, or as soon as the session is attached. */
  send(message: Message): void;
  /** The network or the page has come back: do not wait out the backoff. */
  wake(): void;
  /** The cell runs anew: the session ends, unless other cells are in it. */
  leave(): void;
  /** Ends the session and leaves it; works without a connection too. */
  shutdown(): void;
  /** Leaves the session alone and says nothing more. */
  close(): void;
}

export interface ChannelListener {
  message(message: Message): void;
  state(state: ChannelState): void;
  /** The session exists: keep its id and token. */
  session(session: SessionKey): void;
  /** A hello has been answered and everything up to here has been handed on. */
  replayed(): void;
  /** The service does not know the session (any more), or refuses the token. */
  gone(): void;
}

export interface ChannelOptions {
  transport: Transport;
  clock: Clock;
  listener: ChannelListener;
  pool?: string | undefined;
  kernel?: string | undefined;
  idleTimeout?: number | undefined;
  /** Attach to this one, or make a new one by the request. */
  session?: SessionKey | undefined;
  request?: Message | undefined;
  /** What a new session must have before that request. */
  before?: Message[] | undefined;
  random?: () => number;
}
