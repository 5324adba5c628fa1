// What Output widgets catch: the messages of the request that they name, as the state that they show.
import { isObject, type Message } from "../protocol";

/** An output as a notebook file has it. */
export interface Captured {
  output_type: string;
  [field: string]: unknown;
}

export const OUTPUT_MODEL = "OutputModel";
/** The types of what is caught. */
export const CAUGHT = ["stream", "display_data", "execute_result", "error", "clear_output"];

const MOST = 500;
const LONGEST = 200_000;

export class Captures {
  /** msg_id to the comms of the Output widgets that catch what it causes; the innermost is the last. */
  readonly #catchers = new Map<string, string[]>();
  readonly #outputs = new Map<string, Captured[]>();
  /** Those that are cleared when their next output comes. */
  readonly #clearing = new Set<string>();

  /** An Output widget begins to catch, or ends (the empty id). */
  follow(comm_id: string, msg_id: string): void {
    for (const [known, catchers] of this.#catchers) {
      const others = catchers.filter((other) => other !== comm_id);
      if (others.length > 0) this.#catchers.set(known, others);
      else this.#catchers.delete(known);
    }
    if (msg_id) this.#catchers.set(msg_id, [...(this.#catchers.get(msg_id) ?? []), comm_id]);
  }

  /** The program itself has set what the widget shows. */
  set(comm_id: string, outputs: unknown): void {
    this.#outputs.set(comm_id, Array.isArray(outputs) ? outputs.filter((one): one is Captured => isObject(one) && typeof one["output_type"] === "string") : []);
  }

  forget(comm_id: string): void {
    this.follow(comm_id, "");
    this.#outputs.delete(comm_id);
    this.#clearing.delete(comm_id);
  }

  outputs(comm_id: string): Captured[] {
    return this.#outputs.get(comm_id) ?? [];
  }

  /** The widget that has caught the message, or null. */
  take(message: Message): string | null {
    const comm_id = this.#catchers.get(String(message.parent_header.msg_id))?.at(-1);
    if (comm_id === undefined) return null;
    const { msg_type } = message.header;
    if (msg_type === "clear_output") this.#clear(comm_id, message.content["wait"] === true);
    else if (CAUGHT.includes(msg_type)) this.#add(comm_id, { ...message.content, output_type: msg_type });
    else return null;
    return comm_id;
  }

  /** Renews what shows a display; returns the widgets that do. */
  update(content: Record<string, unknown>): string[] {
    const id = displayId(content);
    const shows = (one: Captured) => id !== null && displayId(one) === id;
    const found = [...this.#outputs].filter(([, outputs]) => outputs.some(shows));
    for (const [comm_id, outputs] of found) {
      this.#outputs.set(comm_id, outputs.map((one) => (shows(one) ? { ...one, ...content } : one)));
    }
    return found.map(([comm_id]) => comm_id);
  }

  #clear(comm_id: string, waits: boolean): void {
    if (waits) this.#clearing.add(comm_id);
    else this.#outputs.set(comm_id, []);
  }

  #add(comm_id: string, output: Captured): void {
    const before = this.#clearing.delete(comm_id) ? [] : this.outputs(comm_id);
    const last = before.at(-1);
    const goesOn = output.output_type === "stream" && last?.output_type === "stream" && last["name"] === output["name"];
    const text = goesOn ? `${String(last["text"])}${String(output["text"])}`.slice(-LONGEST) : output["text"];
    const outputs = goesOn ? [...before.slice(0, -1), { ...output, text }] : [...before, output];
    this.#outputs.set(comm_id, outputs.slice(-MOST));
  }
}

function displayId(content: Record<string, unknown>): string | null {
  const { transient } = content;
  return isObject(transient) && typeof transient["display_id"] === "string" ? transient["display_id"] : null;
}
