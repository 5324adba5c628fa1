// The questions of a running program: drawn where its output is, answered once, never asked again by a replay.
import { makeMessage } from "../channel/messages";
import type { Item, OutputArea } from "../output/area";
import type { Message } from "../protocol";
import { inputPrompt } from "./input_prompt";
import type { SessionHost } from "./session_host";

export class Prompts {
  readonly #host: SessionHost;
  readonly #send: (message: Message) => void;
  #open: { area: OutputArea; item: Item } | null = null;

  constructor(host: SessionHost, send: (message: Message) => void) {
    this.#host = host;
    this.#send = send;
  }

  ask(request: Message, area: OutputArea): void {
    const { memory, watching, words } = this.#host;
    this.remove();
    if (memory.answered.includes(request.header.msg_id)) return;
    const prompt = String(request.content["prompt"] ?? "");
    if (watching) {
      area.stream("stdout", `${prompt}\n`);
      return;
    }
    const secret = request.content["password"] === true;
    const element = inputPrompt(prompt, secret, words, (value) => {
      memory.answered.push(request.header.msg_id);
      this.#host.remember();
      this.remove();
      area.stream("stdout", `${prompt}${secret ? "········" : value}\n`);
      this.#send({ ...makeMessage("stdin", "input_reply", { value }), parent_header: request.header });
    });
    const item: Item = { element, key: null, stale: false };
    area.add(item);
    this.#open = { area, item };
    // Only when the reader is here, or nowhere: a question must not pull the focus out of other text.
    const active = document.activeElement;
    if (active === document.body || active === (element.getRootNode() as ShadowRoot).host) element.querySelector("input")?.focus({ preventScroll: true });
  }

  remove(): void {
    this.#open?.area.remove(this.#open.item);
    this.#open = null;
  }
}
