// The widgets of one session inside one frame: models and views, on comms that the page relays.
import { DOMWidgetModel, type DOMWidgetView, type WidgetModel, type WidgetView } from "@jupyter-widgets/base";
import { ManagerBase } from "@jupyter-widgets/base-manager";
import type { OutputWords } from "../../output/words";
import type { Message } from "../../protocol";
import type { WidgetRequest } from "../../widgets/messages";
import { decode, FrameComm } from "./comm";
import { isHere, widgetClass } from "./modules";
import { nameHandles } from "./sliders";
import { unavailable } from "./unavailable";
import { words } from "./words";

type ModelClass = typeof WidgetModel;
type ViewClass = typeof WidgetView;

export class Manager extends ManagerBase {
  /** What outputs inside of widgets say. */
  readonly words: OutputWords;
  readonly #request: (request: WidgetRequest) => void;
  readonly #comms = new Map<string, FrameComm>();
  #live: boolean;

  /** `live`: whether the kernel hears what is sent. */
  constructor(words: OutputWords, live: boolean, request: (request: WidgetRequest) => void) {
    super();
    this.words = words;
    this.#live = live;
    this.#request = (message) => this.#live && request(message);
  }

  get live(): boolean {
    return this.#live;
  }

  receive(message: Message): void {
    const comm = this.#comms.get(String(message.content["comm_id"]));
    switch (message.header.msg_type) {
      case "comm_open":
        if (!comm) this.#open(message);
        break;
      case "comm_msg":
        comm?.receive(message);
        break;
      case "comm_close":
        comm?.receive(message);
        this.#comms.delete(comm?.comm_id ?? "");
        break;
      case "status":
        for (const one of this.#comms.values()) one.answered(message);
        break;
      default:
        break;
    }
  }

  /** The session is over, or another has begun: what is shown stays, and moves nothing any more. */
  end(): void {
    this.#live = false;
    this.disconnect();
  }

  override async create_view<VT extends DOMWidgetView = DOMWidgetView>(model: WidgetModel, options?: unknown): Promise<VT> {
    const view = await super.create_view<VT>(model as DOMWidgetModel, options);
    nameHandles(view);
    return view;
  }

  protected override async loadModelClass(name: string, module: string, version: string): Promise<ModelClass> {
    return isHere(module) ? super.loadModelClass(name, module, version) : DOMWidgetModel;
  }

  protected override async loadViewClass(name: string, module: string, version: string): Promise<ViewClass> {
    return isHere(module) ? super.loadViewClass(name, module, version) : unavailable(words().unavailable(module));
  }

  protected override async loadClass(name: string, module: string): Promise<ModelClass | ViewClass> {
    return (await widgetClass(name, module)) as ModelClass | ViewClass;
  }

  protected override async _create_comm(_target: string, id: string, data: object = {}, metadata?: object, buffers?: ArrayBuffer[] | ArrayBufferView[]): Promise<FrameComm> {
    const comm = this.#comm(id);
    comm.open(data, {}, metadata, buffers);
    return comm;
  }

  protected override async _get_comm_info(): Promise<object> {
    return {};
  }

  #comm(comm_id: string): FrameComm {
    const comm = new FrameComm(comm_id, this.#request);
    this.#comms.set(comm_id, comm);
    return comm;
  }

  #open(message: Message): void {
    const comm = this.#comm(String(message.content["comm_id"]));
    const opened = this.handle_comm_open(comm, decode(message) as never);
    void opened.then((model) => {
      if (!this.#live) model.comm_live = false;
    }, () => {}); // the library has told the console
  }
}
