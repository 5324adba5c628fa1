// Latest wins: at most one change of a function in flight, and the newest value always sent.
import type { WireValues } from "../protocol";
import type { Clock } from "../channel/clock";

/** When no answer begins to arrive, the change is sent again after these waits (ms). */
const RESEND_WAITS = [2_000, 4_000, 8_000, 15_000];

/**
 * A newer value overtakes a change that nobody has begun to answer after this time (ms): it waits behind a run, where
 * the service overwrites it. So the last value of a drag does not wait for the run of a value that it has replaced.
 */
const OVERTAKE_AFTER = 50;

/**
 * `again`: the same change once more, as the same message, so that the service can tell it from another's.
 * `settled`: the reader has let go at these values.
 */
export type SendChange = (values: WireValues, state: number, again: boolean, settled: boolean) => void;

interface Flight {
  state: number;
  values: WireValues;
  resent: number;
  overtakable: boolean;
  settled: boolean;
}

export class Coalescer {
  readonly #send: SendChange;
  readonly #clock: Clock;
  readonly #clicks: (values: WireValues) => WireValues;
  #base: WireValues = {};
  #highest = 0;
  #shown = 0;
  #flight: Flight | null = null;
  #waiting: WireValues | null = null;
  #cancel = () => {};

  /** `clicks`: those of the values that count only once, with this change; they are never overtaken. */
  constructor(send: SendChange, clock: Clock, clicks = (_: WireValues): WireValues => ({})) {
    this.#send = send;
    this.#clock = clock;
    this.#clicks = clicks;
  }

  /** The highest state seen or sent, in the life of the session. */
  get highest(): number {
    return this.#highest;
  }

  get shown(): number {
    return this.#shown;
  }

  /** Whether what is shown does not yet answer the newest change. */
  get pending(): boolean {
    return this.#flight !== null || this.#waiting !== null;
  }

  /** The reader has set new values. */
  change(values: WireValues): void {
    this.#waiting = this.#waiting ? this.#carry(this.#waiting, values) : values;
    if (!this.#flight || this.#flight.overtakable) this.#next();
  }

  /**
   * The reader has let go: the newest value does not wait for anything.
   *
   * `tells`: what is under way already is told of it, too, as it may wait behind a run that is to be stopped then.
   */
  settle(tells = false): void {
    const flight = this.#flight;
    if (this.#waiting) {
      if (!flight || !this.#hasClick(flight)) this.#next(true);
    } else if (tells && flight && !flight.settled) {
      flight.settled = true;
      this.#send(flight.values, flight.state, true, true);
    }
  }

  /** The program has set values: a change that still waits must not set them back. */
  amend(values: WireValues): void {
    for (const [name, value] of Object.entries(values)) {
      const byReader = JSON.stringify(this.#base[name]) !== JSON.stringify(this.#waiting?.[name]);
      if (this.#waiting && !byReader) this.#waiting = { ...this.#waiting, [name]: value };
    }
  }

  /** A state known from elsewhere (storage, interact_start): count on from there. */
  raise(state: number): void {
    this.#highest = Math.max(this.#highest, state);
  }

  /** A message of this state has come. False: it is older than what is shown, drop it. */
  heard(state: number): boolean {
    this.raise(state);
    if (state < this.#shown) return false;
    this.#shown = state;
    if (this.#flight && state >= this.#flight.state) {
      this.#land();
      if (this.#waiting) this.#next();
    }
    return true;
  }

  /** The service refused the change: a newer state had been written. */
  stale(state: number): void {
    this.raise(state);
    const flight = this.#flight;
    if (!flight || state < flight.state) return;
    this.#land();
    this.#waiting = this.#waiting ? this.#carry(flight.values, this.#waiting) : flight.values;
    this.#next();
  }

  /** A change sent before a reload: watch it as if it had been sent again already. */
  resume(values: WireValues, state: number): void {
    this.raise(state);
    this.#flight = { state, values, resent: 1, overtakable: true, settled: false };
    this.#watch();
  }

  /** Output below this state is not to be shown at all. */
  skipTo(state: number): void {
    this.#shown = Math.max(this.#shown, state);
  }

  /** Forgets what was under way, not the count. */
  cancel(): void {
    this.#land();
    this.#waiting = null;
  }

  #land(): void {
    this.#cancel();
    this.#flight = null;
  }

  #carry(older: WireValues, newer: WireValues): WireValues {
    return { ...newer, ...this.#clicks(older), ...this.#clicks(newer) };
  }

  /** Overtaken it would be lost, or sent twice. */
  #hasClick(flight: Flight): boolean {
    return Object.keys(this.#clicks(flight.values)).length > 0;
  }

  #next(settled = false): void {
    const values = this.#waiting as WireValues;
    this.#waiting = null;
    this.#base = values;
    this.#highest += 1;
    const flight: Flight = { state: this.#highest, values, resent: 0, overtakable: false, settled };
    this.#flight = flight;
    this.#send(values, this.#highest, false, settled);
    this.#clock.after(OVERTAKE_AFTER, () => {
      if (this.#hasClick(flight)) return;
      flight.overtakable = true;
      if (this.#flight === flight && this.#waiting) this.#next();
    });
    this.#watch();
  }

  #watch(): void {
    const flight = this.#flight as Flight;
    this.#cancel();
    const wait = RESEND_WAITS[Math.min(flight.resent, RESEND_WAITS.length - 1)] as number;
    this.#cancel = this.#clock.after(wait, () => {
      if (this.#waiting && !this.#hasClick(flight)) {
        this.#next();
        return;
      }
      flight.resent += 1;
      this.#send(flight.values, flight.state, true, flight.settled);
      this.#watch();
    });
  }
}
