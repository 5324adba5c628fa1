// What a channel is given, what it tells, and of which state it is.
import type { Message, SessionStatus } from "../protocol";
import type { Clock, Transport } from "./transport";

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
  random?: () => number;
  /** Messages are held back until then. */
  ready?: Promise<void> | undefined;
}
