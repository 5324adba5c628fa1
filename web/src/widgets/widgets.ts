// The page's side of the widgets of one session: between it and the frames in which they are drawn.
import { makeMessage } from "../channel/messages";
import type { Clock } from "../channel/clock";
import type { Message } from "../protocol";
import type { Language } from "../words";
import { Captures, OUTPUT_MODEL } from "./captures";
import { Comms, stateOf } from "./comms";
import { Line } from "./line";
import { tooLarge, widgetMessage } from "./messages";
import { WORDS } from "./words";

export interface WidgetsHost {
  clock: Clock;
  language: Language;
  /** Nothing may be sent: somebody else's session is looked at. */
  watching: boolean;
  send(message: Message): void;
  /** Tells the reader what the service refused. */
  refused(ename: string, evalue: string): void;
}

/** What a frame is told. */
export type ToWidgets =
  /** The answer to a frame that asks for widgets: all open comms, and whether the kernel hears what it sends. */
  | { type: "session"; live: boolean; opens: Message[] }
  /** A message of the kernel, or the `idle` of one that the frame has sent. */
  | { type: "message"; message: Message }
  /** The kernel hears nothing any more. */
  | { type: "end" };

export interface WidgetFrame {
  widgets(message: ToWidgets): void;
}

const COMM = ["comm_open", "comm_msg", "comm_close"];

export class Widgets {
  readonly #host: WidgetsHost;
  readonly #frames = new Set<WidgetFrame>();
  readonly #line: Line;
  readonly #comms = new Comms();
  readonly #captures = new Captures();
  readonly #changed = new Set<string>();
  #live: boolean;

  constructor(host: WidgetsHost) {
    this.#host = host;
    this.#live = !host.watching;
    this.#line = new Line((message) => host.send(message), host.clock);
  }

  /** The session is over: the widgets stay to be looked at. */
  end(): void {
    this.#line.clear();
    this.#live = false;
    this.#post({ type: "end" });
  }

  /** A frame has been loaded, perhaps again, and shows widgets. */
  attach(frame: WidgetFrame): void {
    this.#frames.add(frame);
    this.#introduce(frame);
  }

  detach(frame: WidgetFrame): void {
    this.#frames.delete(frame);
  }

  /** Handles what belongs to widgets; true when the message is done with. */
  take(message: Message): boolean {
    const { header, content, parent_header } = message;
    if (COMM.includes(header.msg_type)) {
      if (message.sequence === undefined) this.#refused(parent_header.msg_id, content);
      else if (this.#comms.take(message)) this.#learned(message);
      return true;
    }
    if (this.#line.isUnderWay(parent_header.msg_id)) {
      if (message.sequence === undefined && content["status"] === "error") {
        this.#refused(parent_header.msg_id, content);
        return true;
      }
      if (content["execution_state"] === "idle") this.#answered(message);
    }
    if (header.msg_type === "update_display_data") this.#captures.update(content).forEach((comm_id) => this.#show(comm_id));
    const catcher = this.#captures.take(message);
    if (catcher !== null) this.#show(catcher);
    return catcher !== null;
  }

  /** A frame wants something of the kernel. It is hostile: what is not a message to a widget is not heard. */
  request(frame: WidgetFrame, request: unknown): void {
    const message = this.#live && this.#frames.has(frame) ? widgetMessage(request) : null;
    if (!message) return;
    const opens = message.header.msg_type === "comm_open";
    if (opens === this.#comms.has(String(message.content["comm_id"]))) return;
    if (tooLarge(message)) {
      this.#host.refused("MessageTooLarge", WORDS[this.#host.language].tooLarge);
      this.#tell(idle(message.header.msg_id));
    } else if (this.#line.offer(message)) {
      // Of these there is no echo.
      if (message.header.msg_type !== "comm_msg" && this.#comms.take(message)) this.#learned(message);
    } else this.#tell(idle(message.header.msg_id));
  }

  #learned(message: Message): void {
    const comm_id = String(message.content["comm_id"]);
    if (message.header.msg_type === "comm_close") this.#captures.forget(comm_id);
    else if (this.#comms.state(comm_id)["_model_name"] === OUTPUT_MODEL) {
      const { msg_id, outputs } = stateOf(message);
      if (typeof msg_id === "string") this.#captures.follow(comm_id, msg_id);
      if (outputs !== undefined) this.#captures.set(comm_id, outputs);
    }
    this.#tell(message);
  }

  #answered(message: Message): void {
    this.#tell(message);
    this.#line.done();
  }

  #refused(msg_id: string | undefined, { ename, evalue }: Record<string, unknown>): void {
    if (!this.#line.isUnderWay(msg_id)) return;
    if (ename === "Busy" || ename === "NotSent") {
      this.#line.again();
      return;
    }
    this.#host.refused(String(ename), String(evalue));
    this.#answered(idle(String(msg_id)));
  }

  /** Output comes in bursts: what has been caught by the end of one is shown once. */
  #show(comm_id: string): void {
    if (this.#changed.size === 0) queueMicrotask(() => this.#showChanged());
    this.#changed.add(comm_id);
  }

  #showChanged(): void {
    for (const comm_id of this.#changed) {
      const state = { outputs: this.#captures.outputs(comm_id) };
      this.#comms.set(comm_id, state);
      this.#tell(makeMessage("iopub", "comm_msg", { comm_id, data: { method: "update", state, buffer_paths: [] } }));
    }
    this.#changed.clear();
  }

  #introduce(frame: WidgetFrame): void {
    frame.widgets({ type: "session", live: this.#live, opens: this.#comms.opens });
  }

  #tell(message: Message): void {
    this.#post({ type: "message", message });
  }

  #post(message: ToWidgets): void {
    for (const frame of this.#frames) frame.widgets(message);
  }
}

/** A message of which nothing will be heard any more leaves the widget free to send the next. */
const idle = (msg_id: string): Message => ({
  ...makeMessage("iopub", "status", { execution_state: "idle" }),
  parent_header: { msg_id },
});

