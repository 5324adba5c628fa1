// The open comms of a session, each with its newest state: what a frame that comes later is told first.
import { isObject, type Message } from "../protocol";
import { CAUGHT, OUTPUT_MODEL } from "./captures";
import { WIDGET_TARGET } from "./messages";

type State = Record<string, unknown>;
type Path = (string | number)[];

export class Comms {
  readonly #opens = new Map<string, Message>();

  /** As if each had just been opened, in the order in which they were. */
  get opens(): Message[] {
    return [...this.#opens.values()];
  }

  has(comm_id: string): boolean {
    return this.#opens.has(comm_id);
  }

  state(comm_id: string): State {
    return stateOf(this.#opens.get(comm_id));
  }

  /** Whether an Output widget catches this message. */
  catches({ header, parent_header }: Message): boolean {
    const { msg_id } = parent_header;
    return CAUGHT.includes(header.msg_type) && this.opens.map(stateOf).some((state) => state["_model_name"] === OUTPUT_MODEL && state["msg_id"] === msg_id);
  }

  /** Learns from a message of the kernel, or to it; false when it belongs to no widget. */
  take(message: Message): boolean {
    const comm_id = String(message.content["comm_id"]);
    switch (message.header.msg_type) {
      case "comm_open":
        if (message.content["target_name"] !== WIDGET_TARGET) return false;
        this.#opens.set(comm_id, message);
        return true;
      case "comm_close":
        return this.#opens.delete(comm_id);
      default:
        return this.#update(comm_id, message);
    }
  }

  /** Sets some of a widget's state. */
  set(comm_id: string, state: State): void {
    const open = this.#opens.get(comm_id);
    if (open) this.#opens.set(comm_id, merged(open, state, [], []));
  }

  #update(comm_id: string, message: Message): boolean {
    const open = this.#opens.get(comm_id);
    if (!open) return false;
    const data = message.content["data"];
    if (!isObject(data) || (data["method"] !== "update" && data["method"] !== "echo_update")) return true;
    this.#opens.set(comm_id, merged(open, isObject(data["state"]) ? data["state"] : {}, pathsOf(message), message.buffers));
    return true;
  }
}

export function stateOf(message: Message | undefined): State {
  const data = message?.content["data"];
  return isObject(data) && isObject(data["state"]) ? data["state"] : {};
}

function pathsOf(message: Message): Path[] {
  const data = message.content["data"];
  const paths = isObject(data) ? data["buffer_paths"] : null;
  return Array.isArray(paths) ? paths.filter((path): path is Path => Array.isArray(path) && path.length > 0) : [];
}

/** An update holds whole values of its keys: buffers that stood under them are replaced with them. */
function merged(open: Message, state: State, paths: Path[], buffers: string[]): Message {
  const renewed = new Set<string>([...Object.keys(state), ...paths.map((path) => String(path[0]))]);
  const kept = pathsOf(open)
    .map((path, i) => ({ path, buffer: open.buffers[i] as string }))
    .filter(({ path }) => !renewed.has(String(path[0])));
  const old = Object.fromEntries(Object.entries(stateOf(open)).filter(([key]) => !renewed.has(key)));
  const data = {
    ...(open.content["data"] as State),
    state: { ...old, ...state },
    buffer_paths: [...kept.map(({ path }) => path), ...paths],
  };
  return { ...open, content: { ...open.content, data }, buffers: [...kept.map(({ buffer }) => buffer), ...buffers] };
}
