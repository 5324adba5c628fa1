// How a request leaves: by the websocket, by HTTPS, or put into the store by itself, as it is large. In order.
import type { Message } from "../protocol";
import type { Clock } from "./clock";
import type { SessionKey } from "./contract";
import { fits, FRAME_LIMIT, makeMessage } from "./messages";
import type { Transport } from "./transport";

/** A request may have 256 KB in all. */
export const POST_LIMIT = 240_000;
const UPLOAD_LIMIT = 11_000_000;
const WAITS = [500, 2_000];
const REMEMBERED = 20;
/** A session that hears nothing for its idle timeout ends, and a file may take longer than that. */
const SIGN_OF_LIFE = 20_000;

export interface SendingHost {
  transport: Transport;
  clock: Clock;
  session(): SessionKey | null;
  /** By the websocket; false when there is none. */
  frame(text: string): boolean;
  refused(message: Message, error: Error): void;
}

const nameOf = (message: Message): string | undefined => message.metadata.interact?.function_name;
const refusal = (ename: string, text: string): Error => Object.assign(new Error(text), { ename });

export class Sending {
  readonly #host: SendingHost;
  /** The first is on its way; the others wait behind it. */
  #line: Message[] = [];
  /** msg_id of what was put away: under which id. */
  readonly #uploads = new Map<string, string>();
  #stopped = false;

  constructor(host: SendingHost) {
    this.#host = host;
  }

  send(message: Message): void {
    const text = JSON.stringify(message);
    // A stop overtakes everything; with nothing on its way there is no order to keep.
    if (message.channel !== "shell" || (this.#line.length === 0 && !mustPost(message, text))) {
      if (!fits(text, FRAME_LIMIT) || !this.#host.frame(text)) void this.#post(message).catch((error: Error) => this.#host.refused(message, error));
      return;
    }
    if (this.#line.some(({ header }) => header.msg_id === message.header.msg_id)) return;
    const name = nameOf(message);
    // Latest wins here, too: what is on its way is given up when it has been put away.
    this.#line = this.#line.filter((other, place) => place === 0 || name === undefined || nameOf(other) !== name);
    this.#line.push(message);
    if (this.#line.length === 1) void this.#pump();
  }

  /** What a session begins with: nothing of it is sent before all of it can be, so that the session does not wait for it. */
  async begin(messages: Message[]): Promise<void> {
    const ready: Message[] = [];
    for (const message of messages) {
      const isLarge = !fits(JSON.stringify(message), POST_LIMIT);
      await this.#orRefused(message, async () => ready.push(isLarge ? await this.#putAway(message) : message));
    }
    for (const message of ready) await this.#orRefused(message, () => this.#post(message));
  }

  stop(): void {
    this.#stopped = true;
    this.#line = [];
  }

  async #orRefused(message: Message, work: () => Promise<unknown>): Promise<void> {
    if (!this.#stopped) await work().catch((error: Error) => this.#stopped || this.#host.refused(message, error));
  }

  async #pump(): Promise<void> {
    for (let message = this.#line[0]; message; message = this.#line[0]) {
      try {
        await this.#leave(message);
      } catch (error) {
        if (this.#line[0] === message) this.#host.refused(message, error as Error);
      }
      if (this.#line[0] === message) this.#line.shift();
    }
  }

  async #leave(message: Message): Promise<void> {
    const text = JSON.stringify(message);
    if (!mustPost(message, text) && this.#host.frame(text)) return;
    if (fits(text, POST_LIMIT)) await this.#post(message);
    else {
      const small = await this.#putAway(message);
      if (!this.#isReplaced(message)) await this.#post(small);
    }
  }

  #isReplaced(message: Message): boolean {
    const name = nameOf(message);
    return this.#line[0] !== message || (name !== undefined && this.#line.slice(1).some((other) => nameOf(other) === name));
  }

  async #post(message: Message): Promise<void> {
    const session = this.#host.session();
    if (session) await this.#host.transport.request("POST", `/sessions/${session.id}/messages`, session.token, message);
  }

  /** The message whose content, buffers and values are in the store. */
  async #putAway(message: Message): Promise<Message> {
    const { interact, ...metadata } = message.metadata;
    const whole = { content: message.content, buffers: message.buffers, ...(interact && { values: interact.values ?? {} }) };
    const id = message.header.msg_id;
    const upload = this.#uploads.get(id) ?? (await this.#upload(new Blob([JSON.stringify(whole)], { type: "application/json" })));
    this.#uploads.set(id, upload);
    if (this.#uploads.size > REMEMBERED) this.#uploads.delete(this.#uploads.keys().next().value as string);
    return { ...message, content: {}, buffers: [], metadata: { ...metadata, payload: { upload }, ...(interact && { interact: { ...interact, values: {} } }) } };
  }

  async #upload(body: Blob): Promise<string> {
    const session = this.#host.session();
    if (!session) throw refusal("NotSent", "there is no session");
    if (body.size > UPLOAD_LIMIT) throw refusal("MessageTooLarge", `content: has ${body.size} bytes, more than ${UPLOAD_LIMIT}`);
    const quiet = this.#showLife();
    try {
      return await this.#tryToUpload(session, body);
    } finally {
      quiet();
    }
  }

  #showLife(): () => void {
    const { clock } = this.#host;
    let cancel = () => {};
    const next = () => {
      cancel = clock.after(SIGN_OF_LIFE, () => {
        this.#host.frame(JSON.stringify(makeMessage("shell", "kernel_info_request")));
        next();
      });
    };
    next();
    return () => cancel();
  }

  async #tryToUpload(session: SessionKey, body: Blob): Promise<string> {
    const { transport, clock } = this.#host;
    for (let attempt = 0; ; attempt++) {
      try {
        const { upload, url, fields } = await transport.request("POST", `/sessions/${session.id}/uploads`, session.token, { size: body.size });
        await transport.upload(String(url), fields as Record<string, string>, body);
        return String(upload);
      } catch (error) {
        const wait = WAITS[attempt];
        const { ename } = error as { ename?: string };
        if (wait === undefined || (ename && ename !== "Busy")) throw error;
        await new Promise<void>((resolve) => clock.after(wait, resolve));
      }
    }
  }
}

/** A file comes before the code that reads it, which two frames would not promise. */
const mustPost = (message: Message, text: string): boolean => message.header.msg_type === "upload_request" || !fits(text, FRAME_LIMIT);
