// Cells that are linked share one session: one channel, of which each cell is handed its own part.
import { Comms } from "../widgets/comms";
import type { Message } from "../protocol";
import { innerMessage, interactTag } from "../protocol";
import { Channel } from "./channel";
import type { ChannelListener, ChannelOptions, ChannelState, SessionChannel, SessionKey } from "./contract";

/** How many requests and functions are remembered, to know whose an answer is. */
const REMEMBERED = 2_000;
const NOTHING: ChannelState = { connection: "connecting", status: null, place: null, busy: false, reason: null };

export interface LinkedOptions extends ChannelOptions {
  /** Of the cell, for the kernel: a cell that runs again takes its names back. */
  cellId: string;
  /** The request that the cell ran last in this session, for a replay. */
  ran?: string | null | undefined;
  /** The session is gone and a change was made in a cell: run again what this one ran. */
  again(): void;
}

export class LinkedSession {
  #channel: Channel | null = null;
  #members = new Set<LinkedChannel>();
  /** Those that ran something, in the order in which they did. */
  #ran: LinkedChannel[] = [];
  /** msg_id of a request, or name of a function: whose it is. */
  readonly #owners = new Map<string, LinkedChannel>();
  /** The widgets of the session: a cell that joins later may show those of another. */
  #comms = new Comms();
  /** What the kernel is at, as the messages so far have it. */
  #underWay: string | null = null;
  #replayed = false;

  get channel(): Channel | null {
    return this.#channel;
  }

  get alive(): boolean {
    return this.#channel?.alive ?? false;
  }

  /** The part of one more cell, or of one that runs anew. */
  member(options: LinkedOptions): LinkedChannel {
    return new LinkedChannel(this, options);
  }

  join(member: LinkedChannel, { ran, session }: LinkedOptions): void {
    this.#members.add(member);
    if (session && ran) {
      this.own(ran, member);
      this.#ran.push(member);
    }
  }

  leave(member: LinkedChannel): void {
    this.#members.delete(member);
    this.#ran = this.#ran.filter((other) => other !== member);
    for (const [key, owner] of this.#owners) if (owner === member) this.#owners.delete(key);
  }

  /** Whether a request that ran before may still have an end to come. */
  mayEnd(ran: string): boolean {
    return !this.#replayed || this.#underWay === ran;
  }

  /** One cell takes back what has not begun: with it goes the session of all. */
  shutdown(by: LinkedChannel): void {
    this.leave(by);
    const { channel } = this;
    if (!channel) return;
    channel.shutdown();
    this.#tell((member) => member.told({ ...channel.state, status: "ended" }));
  }

  /** Nobody is left to see it; the session itself ends when it has been idle for long enough. */
  closeIfEmpty(): void {
    if (this.#members.size === 0) this.#channel?.close();
  }

  /** Everything that had run in the session that is gone, in its order. */
  restart(): void {
    for (const member of this.#ran.splice(0)) member.again();
  }

  /** The session lives, is found again, or begins with this request. */
  start(member: LinkedChannel, options: LinkedOptions): void {
    const { request, before = [] } = options;
    for (const { header } of before) this.own(header.msg_id, member);
    if (request) this.#noteRun(member, request);
    if (!this.alive) {
      this.#comms = new Comms();
      this.#underWay = null;
      this.#replayed = false;
      this.#channel = new Channel({ ...options, listener: this.#listener });
      this.#channel.start();
      return;
    }
    for (const open of this.#comms.opens) member.receive(open);
    if (request) for (const message of [...before, request]) this.#channel?.send(message);
  }

  own(key: string, member: LinkedChannel): void {
    this.#owners.delete(key);
    this.#owners.set(key, member);
    if (this.#owners.size > REMEMBERED) this.#owners.delete(this.#owners.keys().next().value as string);
  }

  #noteRun(member: LinkedChannel, request: Message): void {
    this.own(request.header.msg_id, member);
    this.#ran = [...this.#ran.filter((other) => other !== member), member];
  }

  readonly #listener: ChannelListener = {
    message: (message) => {
      const type = message.header.msg_type;
      // A widget may stand in any of the cells, also an Output widget, and every session ends for all.
      const isComm = type.startsWith("comm_");
      if (isComm) this.#comms.take(message);
      if (type === "status" && message.parent_header.msg_type === "execute_request") {
        this.#underWay = message.content["execution_state"] === "busy" ? (message.parent_header.msg_id ?? null) : null;
      }
      const all = isComm || innerMessage(message)?.msg_type === "computation_end" || this.#comms.catches(message);
      const owners = this.#ownersOf(message);
      for (const member of all ? [...this.#members] : owners) member.receive(message);
      // What is updated by its id may stand in another cell, which has no part in the function that did it.
      if (type === "update_display_data") for (const member of [...this.#members]) if (!owners.includes(member)) member.receive({ ...message, metadata: {} });
    },
    state: (state) => this.#tell((member) => member.told(state)),
    session: (session) => this.#tell(({ options }) => options.listener.session(session)),
    replayed: () => {
      this.#replayed = true;
      this.#tell((member) => member.replayed());
    },
    gone: () => this.#tell(({ options }) => options.listener.gone()),
  };

  #tell(what: (member: LinkedChannel) => void): void {
    for (const member of [...this.#members]) what(member);
  }

  #ownersOf(message: Message): LinkedChannel[] {
    const parent = this.#owners.get(message.parent_header.msg_id ?? "");
    const name = interactTag(message)?.function_name;
    const owner = (name === undefined ? undefined : this.#owners.get(nameKey(name))) ?? parent;
    if (!owner) return [];
    const inner = innerMessage(message);
    if (inner?.msg_type === "interact_start") this.own(nameKey(String(inner.content["function_name"])), owner);
    return [owner];
  }
}

/** What stands in the output of f is named f/..., and is of f's cell. */
const nameKey = (name: string): string => `function ${name.split("/")[0]}`;

/** One cell's part of the shared session. */
export class LinkedChannel implements SessionChannel {
  readonly options: LinkedOptions;
  readonly #shared: LinkedSession;
  /** The request whose end the cell waits for. */
  #running: string | null = null;
  #state: ChannelState = NOTHING;
  #left = false;
  /** The session that it was in has ended; others may have begun another. */
  #over = false;

  constructor(shared: LinkedSession, options: LinkedOptions) {
    this.#shared = shared;
    this.options = options.request ? { ...options, request: { ...options.request, metadata: { ...options.request.metadata, cellId: options.cellId } } } : options;
    shared.join(this, this.options);
  }

  get state(): ChannelState {
    return { ...this.#state, busy: this.#running !== null };
  }

  get session(): SessionKey | null {
    return this.#shared.channel?.session ?? null;
  }

  get lastSequence(): number {
    return this.#shared.channel?.lastSequence ?? 0;
  }

  get alive(): boolean {
    return !this.#left && !this.#over && this.#shared.alive;
  }

  start(): void {
    const { request } = this.options;
    this.#running = request?.header.msg_id ?? this.options.ran ?? null;
    const joined = this.#shared.alive;
    this.#shared.start(this, this.options);
    if (!request) this.#forgetEnded();
    const { channel } = this.#shared;
    if (channel) this.told(channel.state);
    if (!joined) return;
    if (channel?.session) this.options.listener.session(channel.session);
    if (!request) this.options.listener.replayed();
  }

  send(message: Message): void {
    if (!this.alive) return;
    this.#shared.own(message.header.msg_id, this);
    if (message.header.msg_type === "execute_request") this.#running = message.header.msg_id;
    this.#shared.channel?.send(message);
  }

  wake(): void {
    this.#shared.channel?.wake();
  }

  leave(): void {
    this.#left = true;
    this.#shared.leave(this);
  }

  shutdown(): void {
    this.#left = true;
    this.#shared.shutdown(this);
  }

  close(): void {
    this.leave();
    this.#shared.closeIfEmpty();
  }

  again(): void {
    this.options.again();
  }

  replayed(): void {
    if (this.#over) return;
    this.#forgetEnded();
    this.options.listener.replayed();
  }

  receive(message: Message): void {
    if (this.#over) return;
    const { msg_id } = message.parent_header;
    const execution = message.header.msg_type === "status" ? message.content["execution_state"] : null;
    if (execution === "busy" && msg_id === this.options.ran) this.#running = msg_id ?? null;
    const ended = execution === "idle" && msg_id === this.#running;
    this.options.listener.message(message);
    if (!ended) return;
    this.#running = null;
    this.told(this.#state);
  }

  told(state: ChannelState): void {
    if (this.#over) return;
    this.#over = state.connection === "closed";
    if (this.#over) this.#running = null;
    this.#state = state;
    this.options.listener.state(this.state);
  }

  /** What ran in an earlier session, or ended while the cell was out of the page, has no end to wait for. */
  #forgetEnded(): void {
    if (this.#running !== null && this.#running === this.options.ran && !this.#shared.mayEnd(this.#running)) this.#running = null;
  }
}

const sessions = new Map<string, LinkedSession>();

/** The session of the cells of this page that bear the same name. */
export function linkedSession(name: string): LinkedSession {
  let session = sessions.get(name);
  if (!session) sessions.set(name, (session = new LinkedSession()));
  return session;
}
