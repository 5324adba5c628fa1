// A cell of Longwire: the page's own channel, interact and coalescer, without anything that draws.
import { Channel } from "../../web/src/channel/channel";
import type { ChannelListener } from "../../web/src/channel/contract";
import { executeRequest } from "../../web/src/channel/messages";
import { realClock } from "../../web/src/channel/clock";
import { BrowserTransport, type Socket, type SocketEvents } from "../../web/src/channel/transport";
import { Interact } from "../../web/src/interact/interact";
import type { Panel } from "../../web/src/interact/panel";
import { innerMessage, interactTag, type InteractOptions, type Message } from "../../web/src/protocol";
import { byteLength, within, type Cell, type Traffic } from "./cell";

const START_WAIT = 30_000;
const RUNS_WAIT = 30_000;
/** What a panel of one slider would say. */
const PANEL = { resting: (values: unknown) => values, clicks: () => ({}), carry: (_: unknown, newer: unknown) => newer } as unknown as Panel;

/** The browser's own transport, counted. */
class CountedTransport extends BrowserTransport {
  readonly traffic: Traffic = { received: 0, sent: 0 };

  override connect(events: SocketEvents): Socket {
    const socket = super.connect({
      ...events,
      frame: (text) => {
        this.traffic.received += byteLength(text);
        events.frame(text);
      },
    });
    return {
      close: () => socket.close(),
      send: (text) => {
        this.traffic.sent += byteLength(text);
        socket.send(text);
      },
    };
  }

  override async payload(url: string): ReturnType<BrowserTransport["payload"]> {
    const answer = await super.payload(url);
    this.traffic.received += byteLength(JSON.stringify(answer));
    return answer;
  }
}

export class LongwireCell implements Cell {
  onShown: (value: number) => void = () => {};
  readonly #transport: CountedTransport;
  readonly #channel: Channel;
  readonly #texts = new Map<string, (text: string) => void>();
  readonly #values = new Map<number, number>();
  #interact: Interact | null = null;
  #started: () => void = () => {};

  /** `url`: the page's address. Resolves when the function's first output has come. */
  static async open(url: string, code: string): Promise<LongwireCell> {
    const cell = new LongwireCell(url, code);
    await within(START_WAIT, "the interact", new Promise<void>((resolve) => (cell.#started = resolve)));
    return cell;
  }

  private constructor(url: string, code: string) {
    this.#transport = new CountedTransport(url);
    const listener: ChannelListener = {
      message: (message) => this.#message(message),
      state: () => {},
      session: () => {},
      replayed: () => {},
      gone: () => {},
    };
    this.#channel = new Channel({ transport: this.#transport, clock: realClock, listener, idleTimeout: 600, request: executeRequest(code) });
    this.#channel.start();
  }

  get traffic(): Traffic {
    return this.#transport.traffic;
  }

  set(value: number): void {
    this.#interact?.change({ n: value });
  }

  release(): void {
    this.#interact?.settle();
  }

  async runs(): Promise<number> {
    const request = executeRequest("print(ran)");
    const text = new Promise<string>((resolve) => this.#texts.set(request.header.msg_id, resolve));
    this.#channel.send(request);
    return Number(await within(RUNS_WAIT, "the count of runs", text));
  }

  close(): void {
    this.#interact?.cancel();
    this.#channel.shutdown();
  }

  // What the page's interacts.ts does with a message, as far as one slider and its outputs are concerned.
  #message(message: Message): void {
    if (message.sequence === undefined && message.content["status"] === "error") {
      // Two changes that were on their way at once may overtake each other.
      if (message.content["ename"] !== "StaleState") throw new Error(JSON.stringify(message.content));
      this.#interact?.coalescer.stale(Number(message.content["state"]));
      return;
    }
    const inner = innerMessage(message);
    const tag = interactTag(message);
    if (inner?.msg_type === "interact_start") this.#start(Number(inner.content["state"]), inner.content["options"] as InteractOptions);
    else if (tag && this.#interact) {
      if (!this.#interact.coalescer.heard(tag.state)) return;
      const value = this.#values.get(tag.state);
      if (isOutput(message) && value !== undefined) this.onShown(value);
      if (inner?.msg_type === "interact_end") this.#started();
    } else if (message.header.msg_type === "stream") this.#texts.get(message.parent_header.msg_id ?? "")?.(String(message.content["text"]));
  }

  #start(state: number, options: InteractOptions): void {
    const send = (message: Message, _name: string, values: Record<string, unknown>, newState: number): void => {
      this.#values.set(newState, Number(values["n"]));
      this.#channel.send(message);
    };
    this.#interact = new Interact("f", PANEL, options, { clock: realClock, send });
    this.#interact.coalescer.raise(state);
    this.#interact.coalescer.skipTo(state);
  }
}

const isOutput = ({ header }: Message): boolean => header.msg_type === "stream" || header.msg_type === "display_data";
