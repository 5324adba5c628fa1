// One session seen from the browser: connect, hello, replay, order, reconnect. No IO of its own.
import { innerMessage, parseFrame, type HelloReply, type Message } from "../protocol";
import { beginByHttp, beginsByHttp, wishesOf } from "./beginning";
import { Connection } from "./connection";
import type { ChannelOptions, ChannelState, SessionChannel, SessionKey } from "./contract";
import { Delivery } from "./delivery";
import { HelloTimes } from "./hello_times";
import { errorReply, makeMessage } from "./messages";
import { Sending } from "./sending";
import { Sequencer } from "./sequencer";
import { Unanswered } from "./unanswered";

/** The service is in trouble that passes: what was asked for was not done, and may be asked again. */
const BUSY = "Busy";
const GAP_WAIT = 250;
const HELLO_WAIT = 10_000;
const WAKE_WAIT = 4_000;

export class Channel implements SessionChannel {
  readonly #options: ChannelOptions;
  readonly #sequencer = new Sequencer();
  readonly #times: HelloTimes;
  readonly #delivery: Delivery;
  readonly #unanswered = new Unanswered();
  #session: SessionKey | null;
  #identityToken: string | null = null;
  #request: Message | null;
  readonly #connection: Connection;
  #attached = false;
  #outbox: Message[] = [];
  readonly #sending: Sending;
  #cancelTick = () => {};
  #cancelGap = () => {};
  #state: ChannelState = { connection: "connecting", status: null, place: null, busy: false, reason: null };

  constructor(options: ChannelOptions) {
    this.#options = options;
    this.#session = options.session ?? null;
    this.#request = options.session ? null : (options.request ?? null);
    this.#times = new HelloTimes(options.clock.now());
    this.#delivery = new Delivery(options.transport, options.clock, {
      hand: (message) => this.#hand(message),
      askAgain: () => this.#connection.isOpen && this.#session && this.#hello(),
    });
    this.#connection = new Connection({
      transport: options.transport,
      clock: options.clock,
      random: options.random,
      events: {
        opened: (identityToken) => {
          this.#identityToken = identityToken;
          this.#hello();
        },
        frame: (text, current) => this.#frame(text, current),
        lost: () => this.#retry(),
        aged: () => {
          this.#drop();
          this.#connection.open();
        },
      },
    });
    this.#sending = new Sending({
      transport: options.transport,
      clock: options.clock,
      session: () => this.#session,
      frame: (text) => {
        if (this.#attached) this.#connection.send(text);
        return this.#attached;
      },
      refused: (message, error) => this.#delivery.push(errorReply(message, error)),
    });
  }

  get state(): ChannelState {
    return this.#state;
  }

  get session(): SessionKey | null {
    return this.#session;
  }

  get lastSequence(): number {
    return this.#sequencer.last;
  }

  get alive(): boolean {
    return this.#state.connection !== "closed" && this.#state.status !== "ended" && this.#state.status !== "lost";
  }

  start(): void {
    if (this.#request && beginsByHttp(this.#options, this.#request)) void this.#beginByHttp(this.#request);
    else this.#connection.open();
  }

  send(message: Message): void {
    if (!this.alive) return;
    if (message.header.msg_type === "execute_request") this.#set({ busy: true });
    if (this.#attached) {
      this.#transmit(message);
      return;
    }
    // Latest wins in the waiting line too.
    const name = message.metadata.interact?.function_name;
    if (name !== undefined) this.#outbox = this.#outbox.filter((other) => other.metadata.interact?.function_name !== name);
    this.#outbox.push(message);
  }

  wake(): void {
    if (!this.alive) return;
    if (!this.#connection.isOpen && this.#state.connection === "reconnecting") this.#connection.hasten();
    else if (this.#connection.isOpen && this.#session) this.#hello(WAKE_WAIT);
  }

  leave(): void {
    this.shutdown();
  }

  shutdown(): void {
    const session = this.#session;
    if (session && this.alive) {
      if (this.#attached) this.#connection.send(JSON.stringify(makeMessage("control", "shutdown_request")));
      else this.#options.transport.request("DELETE", `/sessions/${session.id}`, session.token).catch(() => {});
    }
    this.close();
  }

  close(): void {
    this.#leaveOff();
    this.#state = { ...this.#state, connection: "closed", busy: false };
  }

  // Connecting

  #frame(text: string, current: () => boolean): void {
    this.#times.heard(this.#options.clock.now());
    for (const message of parseFrame(text)) if (current()) this.#receive(message);
    this.#watchGap();
    this.#tick();
  }

  #drop(): void {
    this.#attached = false;
    this.#cancelGap();
    this.#connection.drop();
  }

  /** For good. */
  #leaveOff(): void {
    this.#drop();
    this.#connection.end();
    this.#cancelTick();
    this.#delivery.stop();
    this.#sending.stop();
  }

  #retry(): void {
    this.#drop();
    if (!this.alive) return;
    this.#set({ connection: "reconnecting" });
    this.#connection.retry(() => (this.#session ? this.#connection.open() : this.start()));
  }

  async #beginByHttp(request: Message): Promise<void> {
    try {
      const { session, left } = await beginByHttp(this.#options, request);
      if (!this.alive) return;
      this.#known(session);
      this.#set({ status: "queued", busy: true });
      if (left.length > 0) {
        this.#unanswered.sent(request, this.#options.clock.now());
        await this.#sending.begin(left);
      }
      if (this.alive) this.#connection.open();
    } catch (error) {
      const { ename } = error as { ename?: string };
      if (ename && ename !== BUSY) this.#refuse(request, error as Error);
      else this.#retry();
    }
  }

  #known(session: SessionKey): void {
    this.#session = session;
    this.#request = null;
    this.#options.listener.session(session);
  }

  // Sending

  #hello(wait = HELLO_WAIT): void {
    const content: Record<string, unknown> = {
      session: this.#session?.id ?? null,
      after: this.#delivery.after(this.#sequencer.last),
      ...wishesOf(this.#options),
    };
    if (this.#session) content["token"] = this.#session.token;
    else if (this.#identityToken) content["identity_token"] = this.#identityToken;
    this.#connection.send(JSON.stringify(makeMessage("control", "hello", content)));
    this.#times.hello(this.#options.clock.now());
    this.#connection.expectAnswer(wait);
  }

  #transmit(message: Message): void {
    this.#times.sent(this.#options.clock.now());
    this.#unanswered.sent(message, this.#options.clock.now());
    this.#sending.send(message);
    this.#tick();
  }

  // Receiving

  #receive(message: Message): void {
    if (message.header.msg_type === "hello_reply" && message.sequence === undefined) {
      this.#helloReply(message.content as unknown as HelloReply);
      return;
    }
    this.#delivery.offer(message);
    if (message.sequence === undefined && this.#request && message.parent_header.msg_id === this.#request.header.msg_id) {
      if (message.content["status"] === "error") {
        if (message.content["ename"] === BUSY) this.#retry();
        else this.#refuse(this.#request, Object.assign(new Error(String(message.content["evalue"])), message.content));
        return;
      }
    }
    this.#delivery.push(...this.#sequencer.receive(message));
  }

  /** The first request was refused: there is no session, and trying again would not help. */
  #refuse(request: Message, error: Error): void {
    this.#delivery.push(errorReply(request, error));
    this.#delivery.push(() => this.#end("ended", "refused"));
  }

  #helloReply(reply: HelloReply): void {
    const { clock, listener } = this.#options;
    this.#connection.answered();
    this.#times.answered(clock.now());
    if (reply.status !== "ok" && reply.ename === BUSY) {
      this.#retry();
      return;
    }
    if (reply.status !== "ok" && this.#request) {
      this.#refuse(this.#request, Object.assign(new Error(reply.evalue), reply));
      return;
    }
    if (reply.ename === "OtherProtocol") {
      this.#end("ended", "other_protocol");
      return;
    }
    if (reply.status !== "ok") {
      this.#end("ended", reply.ename === "TooManyWatchers" ? "crowded" : "not_found");
      listener.gone();
      return;
    }
    this.#connection.proven();
    if (!this.#session && reply.session && reply.token) this.#known({ id: reply.session, token: reply.token, watchToken: reply.watch_token });
    if (!this.#session) {
      this.#set({ connection: "open" });
      if (this.#request) {
        this.#set({ busy: true });
        this.#connection.send(JSON.stringify(this.#request));
        this.#connection.expectAnswer();
      }
      return;
    }
    this.#delivery.push(...this.#sequencer.raise(reply.sequence ?? 0));
    // What the session's state is now comes after what happened before it, payloads included.
    this.#delivery.push(() => this.#attach(reply));
  }

  #attach(reply: HelloReply): void {
    const status = reply.session_status ?? this.#state.status ?? "queued";
    if (status === "ended" || status === "lost") {
      this.#options.listener.replayed();
      this.#end(status, reply.reason ?? null);
      return;
    }
    const place = status === "queued" && reply.place ? Math.min(reply.place, this.#state.place ?? Infinity) : null;
    if (!this.#connection.isOpen) return;
    this.#set({ connection: "open", status, place });
    this.#attached = true;
    const again = this.#unanswered.due(this.#options.clock.now());
    for (const message of [...again, ...this.#outbox.splice(0)]) this.#transmit(message);
    this.#options.listener.replayed();
    this.#tick();
  }

  #end(status: "ended" | "lost", reason: string | null): void {
    if (this.#state.connection === "closed") return;
    this.#leaveOff();
    // A computation_end has told the reason already; a later hello_reply must not blur it.
    const known = this.#state.status === "ended" || this.#state.status === "lost" ? this.#state.reason : null;
    this.#set({ connection: "closed", status, busy: false, reason: known ?? reason });
  }

  #hand(message: Message): void {
    this.#unanswered.heard(message);
    if (message.sequence !== undefined) {
      const change: Partial<ChannelState> = {};
      // A file that comes before the code is not the run that the reader waits for.
      if (message.header.msg_type === "status" && message.parent_header.msg_type !== "upload_request") change.busy = message.content["execution_state"] === "busy";
      if (this.#state.status !== "running" && this.alive) Object.assign(change, { status: "running", place: null });
      const inner = innerMessage(message);
      this.#options.listener.message(message);
      // The listener may have closed this channel.
      if (this.#state.connection === "closed") return;
      if (inner?.msg_type === "computation_end") {
        const reason = String(inner.content["reason"] ?? "finished");
        this.#end(reason === "device_lost" ? "lost" : "ended", reason);
      } else this.#set(change);
    } else {
      this.#options.listener.message(message);
      // Refused, so that no `idle` comes.
      if (message.content["ename"] === "TooManyRequests") this.#set({ busy: false });
    }
  }

  #watchGap(): void {
    this.#cancelGap();
    if (!this.#sequencer.gap || !this.#attached) return;
    this.#cancelGap = this.#options.clock.after(GAP_WAIT, () => this.#hello());
  }

  #tick(): void {
    this.#cancelTick();
    if (!this.#attached) return;
    const now = this.#options.clock.now();
    const due = this.#times.due(this.#state.status, this.#state.busy);
    this.#cancelTick = this.#options.clock.after(Math.max(50, due - now), () => {
      if (!this.#attached) return;
      if (this.#times.due(this.#state.status, this.#state.busy) <= this.#options.clock.now()) this.#hello();
      this.#tick();
    });
  }

  #set(change: Partial<ChannelState>): void {
    const next = { ...this.#state, ...change };
    const keys = Object.keys(change) as (keyof ChannelState)[];
    if (keys.every((key) => next[key] === this.#state[key])) return;
    this.#state = next;
    this.#options.listener.state(next);
  }
}
