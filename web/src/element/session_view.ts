// One cell's session: joins the channel, the interacts and the output area, and survives its end.
import { Channel } from "../channel/channel";
import type { ChannelListener, ChannelOptions, ChannelState, SessionChannel, SessionKey } from "../channel/contract";
import { executeRequest, makeMessage } from "../channel/messages";
import { Interacts } from "../interact/interacts";
import { SavedValues } from "../interact/saved_values";
import { OutputArea, type DisplayRegistry } from "../output/area";
import { Displays } from "../output/displays";
import { outputFactory } from "../output/factory";
import { LINE_CHOSEN, type ChosenLine } from "../output/line_links";
import { innerMessage, type Message, type WireValues } from "../protocol";
import { refusalText } from "../refusals";
import { Widgets } from "../widgets/widgets";
import { Prompts } from "./prompts";
import { Questions } from "./questions";
import { SessionFiles } from "./session_files";
import type { SessionHost } from "./session_host";

export class SessionView {
  readonly root: OutputArea;
  readonly files: SessionFiles;
  /** The name of the last error, for the status line. */
  failure: string | null = null;
  /** The words of computation_end. */
  farewell: string | null = null;
  readonly #host: SessionHost;
  readonly #registry: DisplayRegistry;
  #saved: SavedValues;
  readonly #questions: Questions;
  #channel: SessionChannel | null = null;
  #interacts: Interacts | null = null;
  #widgets: Widgets | null = null;
  readonly #prompts: Prompts;
  #hadInteracts = false;
  #restartAtEnd = false;
  #began = 0;
  /** IPython's number of the cell's last run. */
  #execution = 0;
  /** The session that has the files that the reader has added. */
  #fed: string | null = null;

  constructor(host: SessionHost) {
    this.#host = host;
    this.#registry = { factory: outputFactory(host.frameUrl, host.language), displays: new Displays() };
    this.root = new OutputArea(this.#registry);
    this.#saved = new SavedValues(host.memory.values);
    this.#questions = new Questions(host.clock);
    this.#prompts = new Prompts(host, (message) => this.#channel?.send(message));
    this.root.element.addEventListener(LINE_CHOSEN, (event) => {
      const { cell, line } = (event as CustomEvent<ChosenLine>).detail;
      if (cell === this.#execution) host.goTo(line);
    });
    const { language, clock, transport, watching, uploaded } = host;
    this.files = new SessionFiles({ language, clock, transport, watching, uploaded, send: (message) => this.#channel?.send(message) });
  }

  get state(): ChannelState | null {
    return this.#channel?.state ?? null;
  }

  get interactive(): boolean {
    return this.#hadInteracts;
  }

  get lastSequence(): number {
    return this.#channel?.lastSequence ?? 0;
  }

  /** What the controls hold: {function: {argument: wire value}}. A link to the cell carries this. */
  get values(): Record<string, WireValues> {
    return { ...this.#interacts?.state, ...this.#saved.waiting };
  }

  /** Sets controls that stand now; the others get their value when the next run makes them. */
  setValues(values: Record<string, WireValues>): void {
    if (!this.#host.watching) this.#saved.preset(this.#interacts?.apply(values) ?? values);
  }

  /** A fresh session for this code; the old output stays until the new begins. */
  run(code: string): void {
    if (this.#host.watching) return;
    this.#saved.forget();
    this.#begin(code);
  }

  /** The session is gone but the reader goes on: run the same code, then set the same values. */
  restart(): void {
    const { watching, linked } = this.#host;
    if (watching) return;
    // The others may have gone on in another session already.
    if (linked && !linked.alive) linked.restart();
    else this.#runAgain();
  }

  /** Nothing was ever run here. */
  reset(): void {
    this.#interacts?.stop();
    this.#channel?.leave();
    this.#channel = this.#interacts = null;
    this.#saved.forget();
    Object.assign(this.#host.memory, { ran: null, request: null, session: null, last: 0, answered: [], values: {} });
    this.#host.remember();
    this.failure = this.farewell = null;
    this.#prompts.remove();
    this.root.beginReplacement();
    this.root.settle();
    this.root.setBusy(false);
    this.files.clear();
    this.#host.filesOver();
    this.#registry.displays.clear();
  }

  /** Whether a living session takes a file. */
  sendFile(message: Message): boolean {
    if (!this.#channel?.alive || this.#host.watching) return false;
    this.#channel.send(message);
    return true;
  }

  /** What a living session that has nothing else to do says to a request; null when there is none. */
  ask(msg_type: string, content: Record<string, unknown>): Promise<Record<string, unknown> | null> {
    const channel = this.#channel;
    if (!channel || this.#host.watching || channel.state.status !== "running" || channel.state.busy) return Promise.resolve(null);
    return this.#questions.ask(makeMessage("shell", msg_type, content), (message) => channel.send(message));
  }

  /** After a reload: draw everything again from the replay. */
  attach(): void {
    const { session } = this.#host.memory;
    if (!session) return;
    this.root.setBusy(true);
    this.#open({ session });
  }

  /** Look on at another session from now on. */
  watch(session: SessionKey): void {
    this.#host.memory.session = session;
    this.reattach();
  }

  /** Draws everything again, in the place of what is shown. */
  reattach(): void {
    this.close();
    this.failure = this.farewell = null;
    this.root.beginReplacement();
    this.files.clear();
    this.#registry.displays.clear();
    this.attach();
  }

  stop(): void {
    const state = this.#channel?.state;
    if (!this.#channel || !state || this.#host.watching) return;
    // What has not begun is taken back; what runs is interrupted, so that its session lives on.
    if (state.status === "running" || state.status === "claimed") this.#channel.send(makeMessage("control", "interrupt_request"));
    else {
      this.#channel.shutdown();
      this.#channel = null;
      this.#host.memory.session = null;
      this.#finish("stopped");
    }
  }

  wake(): void {
    this.#channel?.wake();
  }

  close(): void {
    this.#interacts?.stop();
    this.#widgets?.end();
    this.#channel?.close();
  }

  #runAgain(): void {
    this.#saved.restore();
    this.#begin(this.#host.memory.ran ?? this.#host.memory.code);
  }

  #begin(code: string): void {
    this.#interacts?.stop();
    this.#channel?.leave();
    const { memory, clock, linked } = this.#host;
    const request = executeRequest(code);
    this.#began = clock.now();
    Object.assign(memory, { ran: code, request: request.header.msg_id, session: null, last: 0, answered: [], values: this.#saved.all });
    this.#host.remember();
    this.failure = this.farewell = null;
    this.#prompts.remove();
    this.root.beginReplacement();
    this.root.awaitAnswer();
    this.#registry.displays.clear();
    this.files.clear();
    const isFed = linked?.alive === true && linked.channel?.session?.id === this.#fed;
    this.#open({ request, before: isFed ? [] : this.#host.added() });
    this.#host.ran();
  }

  #open(first: { session: SessionKey } | { request: Message; before: Message[] }): void {
    const { transport, clock, pool, kernel, idleTimeout, memory, linked, cellId } = this.#host;
    let feeds = "request" in first;
    // What an older channel still says is of no interest.
    const mine = () => this.#channel === channel;
    const listener: ChannelListener = {
      message: (message) => mine() && this.#message(message),
      state: (state) => {
        if (!mine()) return;
        if (state.connection === "closed") this.#finish(state.reason);
        this.#host.stateChanged();
      },
      session: (session) => {
        if (!mine()) return;
        memory.session = session;
        // Linked cells are told, too, of a session that another one begins later, without these files.
        if (feeds) this.#fed = session.id;
        feeds = false;
        this.#host.remember();
        this.#host.began(session);
      },
      replayed: () => {
        if (!mine()) return;
        this.#interacts?.replayed();
        if (!channel.state.busy) this.root.setBusy(false);
      },
      gone: () => {
        if (!mine()) return;
        memory.session = null;
        this.#host.remember();
        // Found nothing at a reload: the cell is simply ready again.
        if (this.root.empty && !this.#host.watching) this.#channel = null;
        this.#host.stateChanged();
      },
    };
    const options: ChannelOptions = { transport, clock, listener, pool, kernel, idleTimeout, ...first };
    const channel: SessionChannel = linked ? linked.member({ ...options, cellId, ran: memory.request, again: () => this.#runAgain() }) : new Channel(options);
    this.#channel = channel;
    this.#widgets?.end();
    this.#widgets = this.#makeWidgets(channel);
    this.#registry.factory = outputFactory(this.#host.frameUrl, this.#host.language, this.#widgets);
    this.#interacts = this.#makeInteracts(channel);
    this.#hadInteracts = this.#restartAtEnd = false;
    this.#host.stateChanged();
    channel.start();
  }

  #makeInteracts(channel: SessionChannel): Interacts {
    const { clock, frameUrl, memory, language } = this.#host;
    return new Interacts({
      clock,
      frameUrl,
      language,
      root: this.root,
      saved: this.#saved,
      watching: this.#host.watching,
      makeArea: () => new OutputArea(this.#registry),
      send: (message) => channel.send(message),
      alive: () => this.#channel?.alive ?? false,
      restart: () => this.restart(),
      ended: () => {
        this.#restartAtEnd = true;
        channel.wake();
      },
      shown: (area) => this.#host.shown(area, null),
      changed: () => {
        memory.values = this.#saved.all;
        this.#host.remember();
      },
    });
  }

  #makeWidgets(channel: SessionChannel): Widgets {
    const { clock, language, watching } = this.#host;
    return new Widgets({
      clock,
      language,
      watching,
      send: (message) => channel.send(message),
      refused: (ename, evalue) => {
        this.root.error({ ename, evalue });
        channel.wake();
      },
    });
  }

  #message(message: Message): void {
    if (this.#questions.answered(message) || this.files.take(message)) return;
    const interacts = this.#interacts;
    if (!interacts) return;
    const { content, header } = message;
    const inner = innerMessage(message);
    if (inner?.msg_type === "interact_start") this.#hadInteracts = true;
    if (inner?.msg_type === "computation_end") this.farewell = typeof inner.content["text"] === "string" ? inner.content["text"] : null;
    if (this.#widgets?.take(message)) return;
    const area = interacts.route(message);
    if (!area) return;
    if (area.take(message)) this.#host.output(message);
    switch (header.msg_type) {
      case "execute_input":
        if (!content["code"]) break;
        this.#execution = Number(content["execution_count"]);
        if (this.#host.watching) this.#host.code(String(content["code"]));
        break;
      case "error":
        this.failure = String(content["ename"] ?? "error");
        break;
      case "input_request":
        this.#prompts.ask(message, area);
        break;
      case "execute_reply":
        this.#prompts.remove();
        if (message.sequence === undefined && content["status"] === "error" && message.channel === "shell") this.#refused(content, area);
        break;
      case "status":
        if ((message.parent_header.msg_type ?? "execute_request") !== "execute_request") break;
        if (content["execution_state"] === "busy") this.failure = null;
        else if (content["execution_state"] === "idle" && area === this.root) this.#idle();
        break;
      default:
        break;
    }
  }

  /** What the service says of itself stands beside the cell; what concerns the code stands in the output. */
  #refused(content: Record<string, unknown>, area: OutputArea): void {
    this.farewell = refusalText(content, this.#host.language);
    if (this.farewell === null) area.error(content);
    else this.root.setBusy(false);
    this.#host.stateChanged();
  }

  #idle(): void {
    this.#prompts.remove();
    this.root.settle();
    this.root.setBusy(false);
    this.#host.shown(this.root.element, this.failure);
    if (this.#began) this.#host.ended(this.failure, this.#host.clock.now() - this.#began);
    this.#began = 0;
  }

  #finish(reason: string | null): void {
    // The session ended of idleness while a change was on its way to it: that change must not be lost.
    // (A device that was lost is not tried again unasked: the change itself may have killed it.)
    const restart = this.#restartAtEnd || (reason === "idle" && this.#interacts?.pending === true);
    this.#interacts?.stop();
    this.#widgets?.end();
    this.files.sessionOver();
    this.#host.filesOver();
    this.#prompts.remove();
    // A session that was lost, or refused, before it said anything new leaves the old output to be read.
    if (reason === "finished" || (reason === "refused" && this.farewell === null)) this.root.settle();
    this.root.setBusy(false);
    this.#host.memory.last = this.lastSequence;
    this.#host.remember();
    this.#host.stateChanged();
    if (restart) queueMicrotask(() => this.restart());
  }
}
