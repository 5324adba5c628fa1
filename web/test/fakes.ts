// A clock and a network that tests hold in their hands.
import { makeMessage } from "../src/channel/messages";
import type { Clock } from "../src/channel/clock";
import type { Socket, SocketEvents, Transport } from "../src/channel/transport";
import type { DisplayRegistry } from "../src/output/area";
import { Displays } from "../src/output/displays";
import { outputFactory } from "../src/output/factory";
import type { Message } from "../src/protocol";

export class FakeClock implements Clock {
  #now = 0;
  #timers: { at: number; action: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, action: () => void): () => void {
    const timer = { at: this.#now + milliseconds, action };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.action();
    }
    this.#now = end;
  }
}

export class FakeConnection implements Socket {
  sent: Message[] = [];
  closed = false;

  constructor(private readonly events: SocketEvents) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Message);
  }

  close(): void {
    this.closed = true;
  }

  open(identityToken?: string): void {
    this.events.open(identityToken);
  }

  frame(...messages: object[]): void {
    this.events.frame(JSON.stringify(messages.length === 1 ? messages[0] : messages));
  }

  drop(): void {
    this.events.close();
  }

  get hellos(): Message[] {
    return this.sent.filter((message) => message.header.msg_type === "hello");
  }
}

export class FakeTransport implements Transport {
  connections: FakeConnection[] = [];
  requests: { method: string; path: string; token: string | null; body: unknown }[] = [];
  answer: (path: string) => Promise<Record<string, unknown>> = async () => ({});
  payloads = new Map<string, { content: Record<string, unknown>; buffers: string[] }>();

  connect(events: SocketEvents): Socket {
    const connection = new FakeConnection(events);
    this.connections.push(connection);
    return connection;
  }

  async request(method: string, path: string, token: string | null, body?: unknown): Promise<Record<string, unknown>> {
    this.requests.push({ method, path, token, body });
    return this.answer(path);
  }

  async payload(url: string): Promise<{ content: Record<string, unknown>; buffers: string[] }> {
    const payload = this.payloads.get(url);
    if (!payload) throw new Error("gone");
    return payload;
  }

  uploads: { url: string; fields: Record<string, string>; body: Blob }[] = [];

  async upload(url: string, fields: Record<string, string>, body: Blob): Promise<void> {
    this.uploads.push({ url, fields, body });
  }

  get last(): FakeConnection {
    return this.connections.at(-1) as FakeConnection;
  }
}

export function iopub(msg_type: string, content: Record<string, unknown>, sequence?: number, interact?: { function_name: string; state: number }): Message {
  return {
    ...makeMessage("iopub", msg_type, content, interact ? { interact } : {}),
    ...(sequence === undefined ? {} : { sequence }),
  };
}

export const stream = (text: string, sequence?: number, interact?: { function_name: string; state: number }): Message =>
  iopub("stream", { name: "stdout", text }, sequence, interact);

export const status = (execution_state: "busy" | "idle", sequence?: number, interact?: { function_name: string; state: number }): Message => ({
  ...iopub("status", { execution_state }, sequence, interact),
  parent_header: { msg_type: "execute_request" },
});

export const extension = (msg_type: string, content: Record<string, unknown>, sequence?: number, interact?: { function_name: string; state: number }): Message =>
  iopub("extension", { msg_type, content }, sequence, interact);

export const helloReply = (content: Record<string, unknown>): Message => makeMessage("control", "hello_reply", { status: "ok", ...content });

export const sliderStart = (function_name: string, state: number, extra: Record<string, unknown> = {}): Record<string, unknown> => ({
  function_name,
  state,
  controls: { n: { control_type: "slider", subtype: "integer", label: null, default: 1, range: [1, 20], step: 1, display_value: true } },
  layout: [[["n", null]], [["_output", null]]],
  options: {},
  parent: null,
  ...extra,
});

/** jsdom has no matchMedia; counts who listens to it. */
export function fakeMatchMedia(): { listeners: number } {
  const count = { listeners: 0 };
  const media = { matches: false, addEventListener: () => (count.listeners += 1), removeEventListener: () => (count.listeners -= 1) };
  Object.assign(globalThis, { matchMedia: () => media });
  return count;
}

/** What the output areas of a cell share. */
export const displayRegistry = (): DisplayRegistry => ({ factory: outputFactory("about:blank", "en"), displays: new Displays() });
