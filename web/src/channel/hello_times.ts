// When the next hello is due: queue place, dead device, keep-alive.
import type { SessionStatus } from "../protocol";

const QUEUED = 2_000;
const SILENCE = 5_000;
const KEEP_ALIVE = 5 * 60_000;

export class HelloTimes {
  #heard: number;
  #sent: number;
  #hello: number;
  /** Silence of an idle kernel is normal, so the questions grow rarer. */
  #idleWait = SILENCE;

  constructor(now: number) {
    this.#heard = this.#sent = this.#hello = now;
  }

  heard(now: number): void {
    this.#heard = now;
  }

  sent(now: number): void {
    this.#sent = now;
    this.#idleWait = SILENCE;
  }

  hello(now: number): void {
    this.#hello = now;
    this.#idleWait = Math.min(KEEP_ALIVE, this.#idleWait * 2);
  }

  answered(now: number): void {
    this.#heard = now;
  }

  due(status: SessionStatus | null, busy: boolean): number {
    const quietSince = Math.max(this.#heard, this.#hello);
    const keepAlive = Math.max(this.#sent, this.#hello) + KEEP_ALIVE;
    if (status === "queued") return this.#hello + QUEUED;
    if (status === "claimed" || busy) return quietSince + SILENCE;
    return Math.min(keepAlive, quietSince + this.#idleWait);
  }
}
