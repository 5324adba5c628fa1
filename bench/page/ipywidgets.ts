// A cell of ipywidgets' interact over jupyter_server's websocket, driven as its page drives it: the twin of
// @jupyter-widgets/base's WidgetModel (save, throttle, merge, idle) and of jupyterlab-manager's OutputModel.
import { within, type Cell, type Traffic } from "./cell";
import { KernelSocket, type KernelMessage } from "./kernel_socket";

const START_WAIT = 30_000;
const RUNS_WAIT = 60_000;

type State = Record<string, unknown>;
type SendState = (state: State) => string;

/** At most `throttle` updates in flight; what is set meanwhile is merged and sent when the kernel is idle of one. */
class WidgetModel {
  readonly #send: SendState;
  readonly #throttle: number;
  readonly #pending = new Set<string>();
  #buffer: State | null = null;

  constructor(send: SendState, throttle: number) {
    this.#send = send;
    this.#throttle = throttle;
  }

  save(state: State): void {
    if (this.#pending.size >= this.#throttle) this.#buffer = { ...this.#buffer, ...state };
    else this.#pending.add(this.#send(state));
  }

  idle(parent: string): void {
    if (!this.#pending.delete(parent) || !this.#buffer) return;
    const state = this.#buffer;
    this.#buffer = null;
    this.save(state);
  }
}

/** An output in the page goes back to the kernel, as the state `outputs` of the Output widget. */
class OutputModel extends WidgetModel {
  #outputs: State[] = [];
  #clears = false;

  add({ header, content }: KernelMessage): void {
    if (this.#clears) this.#outputs = [];
    this.#clears = false;
    this.#outputs = [...this.#outputs, { ...content, output_type: header.msg_type }];
    this.save({ outputs: this.#outputs });
  }

  clear(waits: boolean): void {
    this.#clears = waits;
    if (waits) return;
    this.#outputs = [];
    this.save({ outputs: [] });
  }
}

export class IpywidgetsCell implements Cell {
  onShown: (value: number) => void = () => {};
  readonly #socket: KernelSocket;
  readonly #throttle: number;
  readonly #texts = new Map<string, (text: string) => void>();
  readonly #idle = new Map<string, () => void>();
  /** msg_id of a slider's update: its value. */
  readonly #values = new Map<string, number>();
  #slider: WidgetModel | null = null;
  #output: OutputModel | null = null;

  /** `url`: the kernel's websocket. `throttle`: updates in flight; ipywidgets' page has 1. */
  static async open(url: string, code: string, throttle = 1): Promise<IpywidgetsCell> {
    const cell = new IpywidgetsCell(await KernelSocket.open(url), throttle);
    await within(START_WAIT, "the interact", cell.#execute(code));
    if (!cell.#slider || !cell.#output) throw new Error("the cell made no slider");
    return cell;
  }

  private constructor(socket: KernelSocket, throttle: number) {
    this.#socket = socket;
    this.#throttle = throttle;
    socket.onMessage = (message) => this.#message(message);
  }

  get traffic(): Traffic {
    return this.#socket.traffic;
  }

  set(value: number): void {
    this.#slider?.save({ value });
  }

  /** noUiSlider's change event sets the value that it has already: nothing is sent. */
  release(): void {}

  async runs(): Promise<number> {
    let text = "";
    await within(RUNS_WAIT, "the count of runs", this.#execute("print(ran)", (printed) => (text += printed)));
    return Number(text);
  }

  close(): void {
    this.#socket.close();
  }

  #execute(code: string, printed: (text: string) => void = () => {}): Promise<void> {
    const content = { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false, stop_on_error: true };
    const id = this.#socket.send("execute_request", content);
    this.#texts.set(id, printed);
    return new Promise((resolve) => this.#idle.set(id, resolve));
  }

  #message(message: KernelMessage): void {
    const { header, content } = message;
    const parent = message.parent_header.msg_id ?? "";
    const value = this.#values.get(parent);
    switch (header.msg_type) {
      case "comm_open":
        this.#opened(String(content["comm_id"]), (content["data"] as { state: State }).state);
        break;
      case "status":
        if (content["execution_state"] !== "idle") break;
        this.#slider?.idle(parent);
        this.#output?.idle(parent);
        this.#idle.get(parent)?.();
        break;
      case "clear_output":
        if (value !== undefined) this.#output?.clear(content["wait"] === true);
        break;
      case "stream":
      case "display_data":
        this.#texts.get(parent)?.(String(content["text"] ?? ""));
        if (value === undefined) break;
        this.onShown(value);
        this.#output?.add(message);
        break;
      case "error":
        throw new Error(JSON.stringify(content));
      default:
        break;
    }
  }

  #opened(comm_id: string, state: State): void {
    const update = (changed: State): string =>
      this.#socket.send("comm_msg", { comm_id, data: { method: "update", state: changed, buffer_paths: [] } });
    if (state["_model_name"] === "OutputModel") this.#output = new OutputModel(update, this.#throttle);
    if (state["_model_name"] !== "IntSliderModel") return;
    const set: SendState = (changed) => {
      const id = update(changed);
      this.#values.set(id, Number(changed["value"]));
      return id;
    };
    this.#slider = new WidgetModel(set, this.#throttle);
  }
}
