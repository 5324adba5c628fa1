// All interacts of one session: routes by metadata.interact, never by order.
import type { Clock } from "../channel/clock";
import type { Item, OutputArea } from "../output/area";
import { innerMessage, isObject, interactTag, type InteractStart, type Message, type WireValue, type WireValues } from "../protocol";
import { Interact } from "./interact";
import { Panel, panelShape } from "./panel";
import { refusalText } from "../refusals";
import type { Language } from "../words";
import type { SavedValues } from "./saved_values";
import { interactStart, interactUpdate } from "./start";
import { StateCounts } from "./state_counts";

/** How many sent changes are remembered, to know whose error an answer is. */
const REMEMBERED = 64;
/** Messages that put something on the screen; a new state's first one replaces the old output. */
const OUTPUTS = new Set(["stream", "display_data", "execute_result", "error", "update_display_data", "clear_output", "input_request"]);

export interface InteractsHost {
  clock: Clock;
  root: OutputArea;
  saved: SavedValues;
  frameUrl: string;
  language: Language;
  /** Nothing may be changed here: the controls show what somebody else does. */
  watching?: boolean;
  makeArea(): OutputArea;
  send(message: Message): void;
  /** False when the session has ended; the host then starts a new one. */
  alive(): boolean;
  restart(): void;
  /** A change has met an ended session. */
  ended(): void;
  /** The output of the newest change is complete. */
  shown(area: Element): void;
  changed(): void;
}

export class Interacts {
  readonly #host: InteractsHost;
  readonly #interacts = new Map<string, Interact>();
  readonly #counts = new StateCounts();
  /** msg_id of a change: its function. */
  readonly #sent = new Map<string, string>();
  /** What the controls showed when the session ended. */
  #last: Record<string, WireValues> = {};

  constructor(host: InteractsHost) {
    this.#host = host;
  }

  /** Whether a change of the reader has not been answered yet. */
  get pending(): boolean {
    return [...this.#interacts.values()].some(({ pending }) => pending);
  }

  /** How much is kept: for the proof that nothing grows. */
  get sizes(): { interacts: number; counts: number; sent: number } {
    return { interacts: this.#interacts.size, counts: this.#counts.size, sent: this.#sent.size };
  }

  /** {function: {argument: wire value}} of everything that stands in the cell. */
  get state(): Record<string, WireValues> {
    return { ...this.#last, ...Object.fromEntries([...this.#interacts].map(([name, { panel }]) => [name, panel.shared])) };
  }

  /** Sets what stands; returns the rest, which waits until its function makes an interact. */
  apply(state: Record<string, WireValues>): Record<string, WireValues> {
    const rest = { ...state };
    for (const [name, interact] of this.#interacts) {
      // What stands in the output of another that is being set is made anew by it.
      const remade = Object.keys(state).some((other) => name.startsWith(`${other}/`) && this.#interacts.has(other));
      const values = state[name];
      if (!isObject(values) || remade || !this.#host.alive()) continue;
      delete rest[name];
      interact.panel.setValues(values);
      this.#changed(interact, interact.panel.values);
    }
    return rest;
  }

  /**
   * Handles what belongs to interacts. Returns the area that an ordinary output goes to,
   * or null when the message is done with or to be dropped.
   */
  route(message: Message): OutputArea | null {
    if (this.#refusal(message)) return null;
    const tag = interactTag(message);
    const inner = innerMessage(message);
    let interact: Interact | undefined;
    if (tag) {
      interact = this.#interacts.get(tag.function_name);
      if (!interact) {
        // Output of an interact that is no longer there has no place.
        this.#counts.raise(tag.function_name, tag.state);
        return null;
      }
      if (!interact.coalescer.heard(tag.state)) return null;
      if (OUTPUTS.has(message.header.msg_type) || inner?.msg_type === "interact_start") this.#begin(interact, tag.state);
    }
    if (!inner) return interact ? interact.panel.area : this.#host.root;
    const { content } = inner;
    const named = this.#interacts.get(String(content["function_name"]));
    switch (inner.msg_type) {
      case "interact_start":
        this.#start(this.#readable(interactStart(content)), interact);
        break;
      case "interact_end":
        this.#end(named, Number(content["state"]));
        if (this.#host.watching && isObject(content["values"])) named?.panel.setValues(content["values"] as WireValues);
        break;
      case "interact_update":
        if (named) this.#update(named, content, tag?.function_name === named.name ? tag.state : Infinity);
        break;
      case "interact_error":
        this.#refuse(named, Number(content["state"]), isObject(content["errors"]) ? content["errors"] : {});
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
    this.#last = this.state;
    for (const interact of this.#interacts.values()) {
      interact.cancel();
      interact.panel.area.setBusy(false);
    }
    this.#interacts.clear();
  }

  #send(message: Message, name: string, values: WireValues, state: number): void {
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
    const interact = this.#interacts.get(name);
    const { ename, state, evalue } = message.content;
    if (ename === "SessionEnded" || ename === "SessionNotFound") {
      if (interact) this.#host.saved.setForNext(name, interact.panel.values);
      interact?.cancel();
      this.#host.ended();
    } else if (ename === "StaleState") {
      if (typeof state === "number") this.#counts.raise(name, state);
      interact?.coalescer.stale(typeof state === "number" ? state : interact.coalescer.highest);
    } else if (interact && ename !== "NotSent") {
      // Repeating what was refused for its form would be refused for ever.
      interact.cancel();
      interact.panel.setErrors({ "": refusalText(message.content, this.#host.language) ?? String(evalue ?? ename) });
      interact.panel.area.setBusy(false);
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
    if (interact.pending) area.awaitAnswer();
    else area.setBusy(true);
  }

  #readable(start: InteractStart | null): InteractStart | null {
    return start && this.#host.watching ? { ...start, options: { ...start.options, readonly: true } } : start;
  }

  #start(start: InteractStart | null, tagged: Interact | undefined): void {
    if (!start) return;
    const { function_name: name, state, options } = start;
    const host = this.#host;
    const parent = tagged ?? (start.parent === null ? undefined : this.#interacts.get(start.parent));
    const area = parent?.panel.area ?? host.root;
    this.#forget(name);
    const item = this.#item(area, start);
    const { panel } = item;
    const interact = new Interact(name, panel, options, {
      clock: host.clock,
      send: (message, of, values, newState) => this.#send(message, of, values, newState),
    });
    const { coalescer } = interact;
    coalescer.raise(Math.max(state, this.#counts.get(name)));
    coalescer.skipTo(state);
    this.#interacts.set(name, interact);
    item.removed = () => {
      panel.destroy();
      if (this.#interacts.get(name) === interact) this.#forget(name);
    };
    panel.onChange = (values) => this.#changed(interact, values);
    panel.onSettle = () => interact.settle();
    panel.area.setBusy(true);
    const saved = host.saved.take(name, state);
    if (!saved) return;
    const defaults = JSON.stringify(panel.values);
    panel.setValues(saved.values);
    const values = panel.carry(saved.values, panel.values);
    if (!saved.send) coalescer.raise(host.saved.all[name]?.state ?? 0);
    else if (JSON.stringify(values) !== defaults) {
      // The defaults' own output would only flash before the reader's values come back.
      coalescer.change(values);
      coalescer.skipTo(coalescer.highest);
    }
  }

  /** The item of a new panel, or of one that can stand in for it where it stands. */
  #item(area: OutputArea, start: InteractStart): Item & { panel: Panel } {
    const key = `panel:${start.function_name}`;
    const taken = area.takeOver(key) as (Item & { panel: Panel }) | null;
    if (taken && taken.panel.shape === panelShape(start)) {
      taken.panel.area.beginReplacement();
      taken.panel.area.setState(-1);
      taken.panel.renew(start.controls);
      return taken;
    }
    if (taken) area.remove(taken);
    const panel = new Panel(start, this.#host.makeArea(), this.#host.frameUrl, this.#host.language);
    const item = { element: panel.element, key, stale: false, panel };
    area.add(item);
    return item;
  }

  #changed(interact: Interact, values: WireValues): void {
    const host = this.#host;
    interact.panel.area.awaitAnswer();
    if (this.#interacts.get(interact.name) === interact && host.alive()) {
      interact.change(values);
      return;
    }
    // The session is over, or its successor has not come so far: the value is applied when it has.
    host.saved.setForNext(interact.name, values);
    host.changed();
    if (!host.alive()) host.restart();
  }

  #end(interact: Interact | undefined, state: number): void {
    if (!interact || !(state >= interact.coalescer.shown)) return;
    const { area } = interact.panel;
    const silent = state > area.state;
    // A run that was cut short for a newer change says nothing; the old output waits for that one.
    if (interact.refused < state && !(silent && interact.pending)) {
      if (silent) this.#begin(interact, state);
      area.settle();
    }
    if (interact.pending) area.awaitAnswer();
    else {
      area.setBusy(false);
      this.#host.shown(area.element);
    }
  }

  #update(interact: Interact, content: Record<string, unknown>, state: number): void {
    const update = interactUpdate(content);
    interact.panel.update(update, state < interact.coalescer.highest || interact.pending);
    interact.coalescer.amend(update.values);
    const known = this.#host.saved.all[interact.name];
    if (!known) return;
    const values: Record<string, WireValue> = { ...known.values, ...update.values };
    for (const name of update.removed) delete values[name];
    this.#host.saved.set(interact.name, values, known.state);
  }

  #refuse(interact: Interact | undefined, state: number, errors: Record<string, unknown>): void {
    if (!interact || state < interact.coalescer.shown) return;
    interact.refused = state;
    interact.panel.setErrors(errors);
    interact.panel.area.setBusy(interact.pending);
  }

  /** When f runs again, everything under f/ is forgotten; what it drew stays until replaced. */
  #forgetBelow(name: string): void {
    for (const other of [...this.#interacts.keys()]) if (other.startsWith(`${name}/`)) this.#forget(other, false);
  }

  #forget(name: string, below = true): void {
    const interact = this.#interacts.get(name);
    if (below) this.#forgetBelow(name);
    if (!interact) return;
    interact.cancel();
    this.#counts.raise(name, interact.coalescer.highest);
    this.#interacts.delete(name);
  }
}
