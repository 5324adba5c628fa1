// All interacts of one session: routes by metadata.interact, never by order.
import type { Clock } from "../channel/transport";
import { interactRequest } from "../channel/messages";
import type { OutputArea } from "../output/area";
import { innerMessage, interactStart, interactTag, type InteractStart, type Message, type WireValue, type WireValues } from "../protocol";
import { Coalescer } from "./coalescer";
import { Panel, panelShape } from "./panel";
import type { SavedValues } from "./saved_values";

/** How many sent changes are remembered, to know whose error an answer is. */
const REMEMBERED = 64;
/** Messages that put something on the screen; a new state's first one replaces the old output. */
const OUTPUTS = new Set(["stream", "display_data", "execute_result", "error", "update_display_data", "clear_output", "input_request"]);

interface Interact {
  name: string;
  panel: Panel;
  coalescer: Coalescer;
  /** The newest state whose values the program refused: its end leaves the output alone. */
  refused: number;
  throttle: number;
  lastSent: number;
  cancelThrottle: () => void;
}

export interface InteractsHost {
  clock: Clock;
  root: OutputArea;
  saved: SavedValues;
  makeArea(): OutputArea;
  send(message: Message): void;
  /** False when the session has ended; the host then starts a new one. */
  alive(): boolean;
  restart(): void;
  /** A change has met an ended session. */
  ended(): void;
  changed(): void;
}

export class Interacts {
  readonly #host: InteractsHost;
  readonly #interacts = new Map<string, Interact>();
  /** Counters live as long as the session, panels only as long as they stand. */
  readonly #coalescers = new Map<string, Coalescer>();
  /** msg_id of a change: its function. */
  readonly #sent = new Map<string, string>();
  /** The last change sent of each function: what is sent again must be the same message. */
  readonly #newest = new Map<string, Message>();

  constructor(host: InteractsHost) {
    this.#host = host;
  }

  /** Whether a change of the reader has not been answered yet. */
  get pending(): boolean {
    return [...this.#interacts.values()].some(({ coalescer }) => coalescer.pending);
  }

  /**
   * Handles what belongs to interacts. Returns the area that an ordinary output goes to,
   * or null when the message is done with or to be dropped.
   */
  route(message: Message): OutputArea | null {
    const refusal = this.#refusal(message);
    if (refusal) return null;
    const tag = interactTag(message);
    const inner = innerMessage(message);
    let interact: Interact | undefined;
    if (tag) {
      if (!this.#coalescer(tag.function_name).heard(tag.state)) return null;
      interact = this.#interacts.get(tag.function_name);
      // Output of an interact that is no longer there has no place.
      if (!interact) return null;
      if (OUTPUTS.has(message.header.msg_type) || inner?.msg_type === "interact_start") this.#begin(interact, tag.state);
    }
    if (!inner) return interact ? interact.panel.area : this.#host.root;
    const { content } = inner;
    switch (inner.msg_type) {
      case "interact_start":
        this.#start(interactStart(content), interact);
        break;
      case "interact_end":
        this.#end(this.#interacts.get(String(content["function_name"])), Number(content["state"]));
        break;
      case "interact_update":
        this.#update(this.#interacts.get(String(content["function_name"])), (content["values"] ?? {}) as WireValues);
        break;
      case "interact_error":
        this.#refuse(this.#interacts.get(String(content["function_name"])), Number(content["state"]), (content["errors"] ?? {}) as Record<string, unknown>);
        break;
      default:
        break;
    }
    return null;
  }

  /** A replay is complete: what was set before a reload and never answered is watched again. */
  replayed(): void {
    for (const { name, coalescer, panel } of this.#interacts.values()) {
      const saved = this.#host.saved.all[name];
      if (!saved || coalescer.pending || saved.state <= coalescer.shown) continue;
      coalescer.resume(saved.values, saved.state);
      panel.area.awaitAnswer();
    }
  }

  /** Stops all timers; the panels stay to be looked at, and a change asks for a new session. */
  stop(): void {
    for (const interact of this.#interacts.values()) {
      interact.cancelThrottle();
      interact.coalescer.cancel();
      interact.panel.area.setBusy(false);
    }
    this.#interacts.clear();
  }

  #coalescer(name: string): Coalescer {
    let coalescer = this.#coalescers.get(name);
    if (!coalescer) {
      coalescer = new Coalescer((values, state, again) => this.#send(name, values, state, again), this.#host.clock);
      this.#coalescers.set(name, coalescer);
    }
    return coalescer;
  }

  #send(name: string, values: WireValues, state: number, again: boolean): void {
    const earlier = again ? this.#newest.get(name) : undefined;
    const message = earlier ?? interactRequest(name, state, values);
    this.#newest.set(name, message);
    this.#sent.set(message.header.msg_id, name);
    if (this.#sent.size > REMEMBERED) this.#sent.delete(this.#sent.keys().next().value as string);
    this.#host.saved.set(name, values, state);
    this.#host.changed();
    this.#host.send(message);
  }

  /** The router's own answers bear no sequence; StaleState is ours to mend. */
  #refusal(message: Message): boolean {
    if (message.sequence !== undefined || message.content["status"] !== "error") return false;
    const name = interactTag(message)?.function_name ?? this.#sent.get(message.parent_header.msg_id ?? "");
    if (name === undefined) return false;
    const coalescer = this.#coalescer(name);
    const { ename, state, evalue } = message.content;
    if (ename === "StaleState") coalescer.stale(typeof state === "number" ? state : coalescer.highest);
    else if (ename === "SessionEnded" || ename === "SessionNotFound") {
      const panel = this.#interacts.get(name)?.panel;
      if (panel) this.#host.saved.setForNext(name, panel.values);
      coalescer.cancel();
      this.#host.ended();
    } else if (ename !== "NotSent") {
      // Repeating what was refused for its form would be refused for ever.
      coalescer.cancel();
      const panel = this.#interacts.get(name)?.panel;
      panel?.setErrors({ [Object.keys(panel.values).at(-1) ?? ""]: String(evalue ?? ename) });
      panel?.area.setBusy(false);
    }
    return true;
  }

  #begin(interact: Interact, state: number): void {
    const { area } = interact.panel;
    if (state <= area.state) return;
    this.#forgetBelow(interact.name);
    area.beginReplacement();
    area.setState(state);
    interact.panel.setErrors({});
    if (interact.coalescer.pending) area.awaitAnswer();
    else area.setBusy(true);
  }

  #start(start: InteractStart | null, tagged: Interact | undefined): void {
    if (!start) return;
    const { function_name: name, state } = start;
    const parent = tagged ?? (start.parent === null ? undefined : this.#interacts.get(start.parent));
    const area = parent?.panel.area ?? this.#host.root;
    this.#forget(name);
    const coalescer = this.#coalescer(name);
    coalescer.cancel();
    coalescer.raise(state);
    const taken = area.takeOver(`panel:${name}`);
    let panel = (taken as { panel?: Panel } | null)?.panel;
    if (taken && panel && panel.shape === panelShape(start)) {
      panel.area.beginReplacement();
      panel.area.setState(-1);
      panel.setErrors({});
      panel.setValues(Object.fromEntries(Object.entries(start.controls).map(([argument, spec]) => [argument, spec.default as WireValue])));
    } else {
      if (taken) area.remove(taken);
      panel = new Panel(start, this.#host.makeArea());
      const item = { element: panel.element, key: `panel:${name}`, stale: false, panel, removed: () => this.#gone(name, panel as Panel) };
      area.add(item);
    }
    const throttle = typeof start.options.throttle === "number" ? start.options.throttle : 0;
    const interact: Interact = { name, panel, coalescer, refused: -1, throttle, lastSent: -Infinity, cancelThrottle: () => {} };
    this.#interacts.set(name, interact);
    panel.onChange = (values) => this.#changed(interact, values);
    panel.area.setBusy(true);
    const saved = this.#host.saved.take(name, state);
    if (!saved) return;
    panel.setValues(saved.values);
    if (!saved.send) {
      coalescer.raise(this.#host.saved.all[name]?.state ?? 0);
      return;
    }
    // The defaults' own output would only flash before the reader's values come back.
    coalescer.change(panel.values);
    coalescer.skipTo(coalescer.highest);
  }

  #changed(interact: Interact, values: WireValues): void {
    const { host, coalescer } = { host: this.#host, coalescer: interact.coalescer };
    interact.panel.area.awaitAnswer();
    if (this.#interacts.get(interact.name) !== interact || !host.alive()) {
      // The session is over, or its successor has not come so far: the value is applied when it has.
      host.saved.setForNext(interact.name, values);
      host.changed();
      if (!host.alive()) host.restart();
      return;
    }
    interact.cancelThrottle();
    const wait = interact.lastSent + interact.throttle - host.clock.now();
    const send = () => {
      interact.lastSent = host.clock.now();
      coalescer.change(values);
    };
    if (wait <= 0) send();
    else interact.cancelThrottle = host.clock.after(wait, send);
  }

  #end(interact: Interact | undefined, state: number): void {
    if (!interact || !(state >= interact.coalescer.shown)) return;
    const { area } = interact.panel;
    const silent = state > area.state;
    // A run that was cut short for a newer change says nothing; the old output waits for that one.
    if (interact.refused < state && !(silent && interact.coalescer.pending)) {
      if (silent) this.#begin(interact, state);
      area.settle();
    }
    if (interact.coalescer.pending) area.awaitAnswer();
    else area.setBusy(false);
  }

  #update(interact: Interact | undefined, values: WireValues): void {
    if (!interact) return;
    interact.panel.setValues(values);
    const known = this.#host.saved.all[interact.name];
    if (known) this.#host.saved.set(interact.name, { ...known.values, ...values }, known.state);
  }

  #refuse(interact: Interact | undefined, state: number, errors: Record<string, unknown>): void {
    if (!interact || state < interact.coalescer.shown) return;
    interact.refused = state;
    interact.panel.setErrors(errors);
    interact.panel.area.setBusy(interact.coalescer.pending);
  }

  /** When f runs again, everything under f/ is forgotten; what it drew stays until replaced. */
  #forgetBelow(name: string): void {
    for (const other of [...this.#interacts.keys()]) if (other.startsWith(`${name}/`)) this.#forget(other, false);
  }

  #forget(name: string, below = true): void {
    const interact = this.#interacts.get(name);
    if (below) this.#forgetBelow(name);
    if (!interact) return;
    interact.cancelThrottle();
    interact.coalescer.cancel();
    this.#interacts.delete(name);
  }

  #gone(name: string, panel: Panel): void {
    if (this.#interacts.get(name)?.panel === panel) this.#forget(name);
  }
}
