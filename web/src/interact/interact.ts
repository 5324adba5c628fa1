// One living interact: its panel, its count of states, and the pace at which changes are sent.
import { interactRequest } from "../channel/messages";
import type { Clock } from "../channel/clock";
import type { InteractOptions, Message, WireValues } from "../protocol";
import { Coalescer } from "./coalescer";
import type { Panel } from "./panel";

export interface InteractHost {
  clock: Clock;
  send(message: Message, name: string, values: WireValues, state: number): void;
}

export class Interact {
  readonly name: string;
  readonly panel: Panel;
  readonly coalescer: Coalescer;
  /** The newest state whose values the program refused: its end leaves the output alone. */
  refused = -1;
  readonly #clock: Clock;
  readonly #throttle: number;
  readonly #preempts: boolean;
  #newest: Message | null = null;
  #lastSent = -Infinity;
  #held: WireValues | null = null;
  #cancelThrottle = () => {};

  constructor(name: string, panel: Panel, options: InteractOptions, host: InteractHost) {
    this.name = name;
    this.panel = panel;
    this.#clock = host.clock;
    this.#throttle = typeof options.throttle === "number" ? options.throttle : 0;
    this.#preempts = options.preempt === true;
    const send = (values: WireValues, state: number, again: boolean, settled: boolean) => {
      // What is sent again must be the same message, so that the service can tell it from another's.
      const { header } = (again ? this.#newest : null) ?? {};
      const fresh = interactRequest(name, state, values, settled);
      const message = header ? { ...fresh, header } : fresh;
      this.#newest = message;
      host.send(message, name, panel.resting(values), state);
    };
    this.coalescer = new Coalescer(send, host.clock, (all) => panel.clicks(all));
  }

  /** Whether a change of the reader has not been answered yet. */
  get pending(): boolean {
    return this.coalescer.pending || this.#held !== null;
  }

  change(values: WireValues): void {
    this.#cancelThrottle();
    const all = this.#held ? this.panel.carry(this.#held, values) : values;
    const wait = this.#lastSent + this.#throttle - this.#clock.now();
    const send = () => {
      this.#held = null;
      this.#lastSent = this.#clock.now();
      this.coalescer.change(all);
    };
    if (wait <= 0) send();
    else {
      this.#held = all;
      this.#cancelThrottle = this.#clock.after(wait, send);
    }
  }

  /** The reader has let go. */
  settle(): void {
    this.coalescer.settle(this.#preempts);
  }

  /** Forgets what was under way. */
  cancel(): void {
    this.#cancelThrottle();
    this.#held = null;
    this.coalescer.cancel();
  }
}
