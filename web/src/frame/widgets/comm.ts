// One comm as the widget library expects it; what it sends goes to the page, which passes it on.
import type { ICallbacks, IClassicComm } from "@jupyter-widgets/base";
import { base64ToBuffer, bufferToBase64 } from "@jupyter-widgets/base-manager";
import { identifier } from "../../channel/messages";
import type { Message } from "../../protocol";
import type { WidgetRequest } from "../../widgets/messages";

type Handler = (message: unknown) => void;
type Buffers = ArrayBuffer[] | ArrayBufferView[];

export class FrameComm implements IClassicComm {
  readonly comm_id: string;
  readonly target_name = "jupyter.widget";
  readonly #request: (request: WidgetRequest) => void;
  readonly #callbacks = new Map<string, ICallbacks>();
  /** What has come before its model was there. */
  #early: Message[] | null = [];
  #onMessage: Handler = () => {};
  #onClose: Handler = () => {};

  constructor(comm_id: string, request: (request: WidgetRequest) => void) {
    this.comm_id = comm_id;
    this.#request = request;
  }

  open(data: unknown, callbacks?: ICallbacks, _metadata?: unknown, buffers?: Buffers): string {
    return this.#ask("comm_open", data, callbacks, buffers);
  }

  send(data: unknown, callbacks?: ICallbacks, _metadata?: unknown, buffers?: Buffers): string {
    return this.#ask("comm_msg", data, callbacks, buffers);
  }

  close(data: unknown = {}, callbacks?: ICallbacks, _metadata?: unknown, buffers?: Buffers): string {
    return this.#ask("comm_close", data, callbacks, buffers);
  }

  on_msg(handler: Handler): void {
    this.#onMessage = handler;
    const early = this.#early ?? [];
    this.#early = null;
    for (const message of early) handler(message);
  }

  on_close(handler: Handler): void {
    this.#onClose = handler;
  }

  /** The kernel says something on this comm. */
  receive(message: Message): void {
    const decoded = decode(message) as unknown as Message;
    if (message.header.msg_type === "comm_close") this.#onClose(decoded);
    else if (this.#early) this.#early.push(decoded);
    else this.#onMessage(decoded);
  }

  /** The kernel is done with a message, if it was sent here: the model may send its next. */
  answered(message: Message): void {
    const id = String(message.parent_header.msg_id);
    const callbacks = this.#callbacks.get(id);
    this.#callbacks.delete(id);
    callbacks?.iopub?.["status"]?.(message as never);
  }

  #ask(msg_type: string, data: unknown, callbacks: ICallbacks = {}, buffers: Buffers = []): string {
    const msg_id = identifier();
    this.#callbacks.set(msg_id, callbacks);
    this.#request({ msg_type, msg_id, comm_id: this.comm_id, data, buffers: [...buffers].map((one) => bufferToBase64(bytes(one))) });
    return msg_id;
  }
}

/** With its buffers as views, as the library has them. */
export const decode = (message: Message): Omit<Message, "buffers"> & { buffers: DataView[] } => ({
  ...message,
  buffers: message.buffers.map((text) => new DataView(base64ToBuffer(text))),
});

function bytes(buffer: ArrayBuffer | ArrayBufferView): ArrayBuffer {
  if (buffer instanceof ArrayBuffer) return buffer;
  return new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.byteLength).slice().buffer;
}
