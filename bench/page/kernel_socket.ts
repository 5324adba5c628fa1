// jupyter_server's websocket as JupyterLab speaks it: subprotocol v1.kernel.websocket.jupyter.org.
import { identifier } from "../../web/src/channel/messages";
import { within, type Traffic } from "./cell";

const OPEN_WAIT = 30_000;

export interface KernelMessage {
  channel: string;
  header: { msg_id: string; msg_type: string };
  parent_header: { msg_id?: string };
  content: Record<string, unknown>;
}

export class KernelSocket {
  readonly traffic: Traffic = { received: 0, sent: 0 };
  onMessage: (message: KernelMessage) => void = () => {};
  readonly #socket: WebSocket;
  readonly #session = identifier();

  /** Resolves when the kernel has answered a kernel_info_request, which JupyterLab sends first, too. */
  static async open(url: string): Promise<KernelSocket> {
    const socket = new KernelSocket(url);
    const ready = new Promise<void>((resolve, reject) => {
      socket.#socket.onerror = () => reject(new Error(`no websocket at ${url.split("?")[0]}`));
      socket.#socket.onopen = () => socket.send("kernel_info_request", {});
      socket.onMessage = ({ header }) => header.msg_type === "kernel_info_reply" && resolve();
    });
    await within(OPEN_WAIT, "the kernel's websocket", ready);
    return socket;
  }

  private constructor(url: string) {
    this.#socket = new WebSocket(`${url}&session_id=${this.#session}`, "v1.kernel.websocket.jupyter.org");
    this.#socket.binaryType = "arraybuffer";
    this.#socket.onmessage = ({ data }) => {
      this.traffic.received += (data as ArrayBuffer).byteLength;
      this.onMessage(unpack(data as ArrayBuffer));
    };
  }

  /** Sends on `shell`; returns the message's id. */
  send(msg_type: string, content: Record<string, unknown>): string {
    const header = { msg_id: identifier(), msg_type, session: this.#session, username: "", date: new Date().toISOString(), version: "5.4" };
    const frame = pack(["shell", ...[header, {}, {}, content].map((part) => JSON.stringify(part))]);
    this.traffic.sent += frame.byteLength;
    this.#socket.send(frame);
    return header.msg_id;
  }

  close(): void {
    this.#socket.close();
  }
}

/** How many offsets, the offsets, the parts; the last offset is the end. All integers have 8 bytes, the lowest first. */
function pack(texts: string[]): Uint8Array<ArrayBuffer> {
  const parts = texts.map((text) => new TextEncoder().encode(text));
  const first = 8 * (parts.length + 2);
  const frame = new Uint8Array(first + parts.reduce((sum, part) => sum + part.length, 0));
  const view = new DataView(frame.buffer);
  view.setBigUint64(0, BigInt(parts.length + 1), true);
  let offset = first;
  for (const [index, part] of parts.entries()) {
    view.setBigUint64(8 * (index + 1), BigInt(offset), true);
    frame.set(part, offset);
    offset += part.length;
  }
  view.setBigUint64(8 * (parts.length + 1), BigInt(offset), true);
  return frame;
}

function unpack(frame: ArrayBuffer): KernelMessage {
  const view = new DataView(frame);
  const offset = (index: number): number => Number(view.getBigUint64(8 * (index + 1), true));
  const text = (index: number): string => new TextDecoder().decode(new Uint8Array(frame, offset(index), offset(index + 1) - offset(index)));
  return { channel: text(0), header: JSON.parse(text(1)), parent_header: JSON.parse(text(2)), content: JSON.parse(text(4)) };
}
