// The real network under a channel: WebSocket and fetch.
import { loadConfig } from "./config";

/** Says who the reader is, by an identity token; null when nobody knows. */
export type Identity = () => Promise<string | null>;

export interface SocketEvents {
  /** With the reader's identity token, for the first message: an address would end in logs. */
  open(identityToken?: string | null): void;
  frame(text: string): void;
  close(): void;
}

export interface Socket {
  send(text: string): void;
  close(): void;
}

export interface Transport {
  connect(events: SocketEvents): Socket;
  /** JSON in, JSON out; rejects when the answer is not 2xx. */
  request(method: string, path: string, token: string | null, body?: unknown): Promise<Record<string, unknown>>;
  /** The content of a message that was too large for the websocket. */
  payload(url: string): Promise<{ content: Record<string, unknown>; buffers: string[] }>;
  /** Puts a body into the store by the form that the service has signed for it. */
  upload(url: string, fields: Record<string, string>, body: Blob): Promise<void>;
}

export class BrowserTransport implements Transport {
  constructor(
    private readonly endpoint: string,
    private readonly identity: Identity = () => Promise.resolve(null),
  ) {}

  connect(events: SocketEvents): Socket {
    let socket: WebSocket | null = null;
    let closed = false;
    const close = () => {
      if (closed) return;
      closed = true;
      events.close();
    };
    Promise.all([loadConfig(this.endpoint), this.#identityToken()]).then(([{ websocket }, identityToken]) => {
      if (closed) return;
      socket = new WebSocket(websocket);
      socket.onopen = () => !closed && events.open(identityToken);
      socket.onmessage = (event) => !closed && typeof event.data === "string" && events.frame(event.data);
      socket.onclose = close;
      socket.onerror = () => socket?.close();
    }).catch(close);
    return {
      send: (text) => socket?.send(text),
      close: () => {
        closed = true;
        socket?.close();
      },
    };
  }

  async request(method: string, path: string, token: string | null, body?: unknown): Promise<Record<string, unknown>> {
    const { api } = await loadConfig(this.endpoint);
    const headers: Record<string, string> = {};
    // Whoever begins a session has none of its tokens yet, and says who he is.
    const shown = token ?? (method === "POST" && path === "/sessions" ? await this.#identityToken() : null);
    if (shown) headers["Authorization"] = `Bearer ${shown}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    const response = await fetch(`${api.replace(/\/$/, "")}${path}`, {
      method,
      headers,
      keepalive: method === "DELETE",
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json().catch(() => ({}))) as Record<string, unknown>;
    if (!response.ok) throw Object.assign(new Error(String(answer["evalue"] ?? `HTTP ${response.status}`)), answer, { http: response.status });
    return answer;
  }

  /** A page that cannot say who its reader is has an unknown one; the service says what that means. */
  async #identityToken(): Promise<string | null> {
    try {
      return (await this.identity()) || null;
    } catch {
      return null;
    }
  }

  async payload(url: string): Promise<{ content: Record<string, unknown>; buffers: string[] }> {
    const { api } = await loadConfig(this.endpoint);
    const response = await fetch(new URL(url, `${api.replace(/\/$/, "")}/`));
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    return (await response.json()) as { content: Record<string, unknown>; buffers: string[] };
  }

  async upload(url: string, fields: Record<string, string>, body: Blob): Promise<void> {
    const { api } = await loadConfig(this.endpoint);
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append("file", body);
    const response = await fetch(new URL(url, `${api.replace(/\/$/, "")}/`), { method: "POST", body: form });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
  }
}
