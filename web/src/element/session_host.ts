// What a session needs of its cell, and what it tells it.
import type { Clock } from "../channel/clock";
import type { SessionKey } from "../channel/contract";
import type { LinkedSession } from "../channel/linked";
import type { Transport } from "../channel/transport";
import type { Message } from "../protocol";
import type { Language } from "../words";
import type { Memory } from "./memory";
import type { CellWords } from "./words";

export interface SessionHost {
  transport: Transport;
  clock: Clock;
  frameUrl: string;
  memory: Memory;
  language: Language;
  words: CellWords;
  pool: string | undefined;
  kernel: string | undefined;
  idleTimeout: number | undefined;
  /** The session that this cell shares with others of the page. */
  linked: LinkedSession | null;
  cellId: string;
  /** Only look on at the session that the memory names. */
  watching: boolean;
  remember(): void;
  stateChanged(): void;
  ran(): void;
  /** A session of this cell's own has begun. */
  began(session: SessionKey): void;
  /** Files that the reader has added, as what a new session is sent before its code. */
  added(): Message[];
  uploaded(message: Message): void;
  /** What was added is in no session any more. */
  filesOver(): void;
  /** The code that a watched session runs. */
  code(code: string): void;
  output(message: Message): void;
  /** An area's output is complete. */
  shown(area: Element, failure: string | null): void;
  /** The cell's own run is over, after so many milliseconds. */
  ended(error: string | null, milliseconds: number): void;
  /** The reader follows a link to a line of the code. */
  goTo(line: number): void;
}
