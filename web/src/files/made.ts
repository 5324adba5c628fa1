// The files that the program has made: a list under the output, and what a press fetches. Names and answers are hostile.
import { fromBase64 } from "../base64";
import { makeMessage } from "../channel/messages";
import type { Clock } from "../channel/clock";
import type { Transport } from "../channel/transport";
import { make } from "../dom";
import { isObject, type Message } from "../protocol";
import type { Language } from "../words";
import { isPlainName, LARGEST_FILE } from "./names";
import { formatSize } from "./size";
import { WORDS, type FileWords } from "./words";

const MOST_SHOWN = 20;
const LARGEST_ANSWER = 12_000_000;
const PATIENCE = 120_000;

export interface MadeHost {
  language: Language;
  clock: Clock;
  transport: Transport;
  /** Nobody may ask here. */
  watching: boolean;
  send(message: Message): void;
}

interface Asked {
  name: string;
  cancel(): void;
}

export class Made {
  readonly element: HTMLElement;
  readonly #host: MadeHost;
  readonly #words: FileWords;
  readonly #list = make("ul", { class: "files" });
  readonly #status = make("span", { class: "note", role: "status" });
  readonly #items = new Map<string, HTMLElement>();
  /** msg_id of a request that has not been answered. */
  readonly #asked = new Map<string, Asked>();
  #over = false;

  constructor(host: MadeHost) {
    this.#host = host;
    this.#words = WORDS[host.language];
    this.#list.setAttribute("aria-label", this.#words.made);
    this.element = make("div", { part: "downloads", class: "made" }, this.#list, this.#status);
  }

  /** What a run has made or changed, the newest first. */
  tell(files: unknown): void {
    if (!Array.isArray(files)) return;
    for (const file of files.slice(0, MOST_SHOWN).reverse()) {
      if (!isObject(file) || !isPlainName(file["name"])) continue;
      const size = Number(file["size"]);
      this.#show(file["name"], Number.isFinite(size) && size >= 0 ? formatSize(size) : "");
    }
    for (const name of [...this.#items.keys()].slice(0, -MOST_SHOWN)) this.#forget(name);
  }

  /** Whether the message was the answer to a request of ours; only the first one counts. */
  answered(message: Message): boolean {
    const id = message.parent_header.msg_id ?? "";
    const asked = message.channel === "shell" ? this.#asked.get(id) : undefined;
    if (!asked) return false;
    asked.cancel();
    this.#asked.delete(id);
    this.#save(asked.name, message).catch((error: Error) => this.#say(this.#words.notFetched(asked.name, error.message)));
    return true;
  }

  /** There is nobody to ask any more. */
  sessionOver(): void {
    this.#over = true;
    for (const [id, { name, cancel }] of this.#asked) {
      cancel();
      this.#asked.delete(id);
      this.#say(this.#words.notFetched(name, this.#words.over));
    }
  }

  #show(name: string, size: string): void {
    this.#forget(name);
    const { download } = this.#words;
    const button = make("button", { type: "button", class: "small", disabled: this.#host.watching, "aria-label": download(name) }, "↓ ", make("bdi", {}, name));
    button.addEventListener("click", () => this.#ask(name));
    const item = make("li", {}, button, make("span", { class: "note" }, size));
    this.#items.set(name, item);
    this.#list.prepend(item);
  }

  #forget(name: string): void {
    this.#items.get(name)?.remove();
    this.#items.delete(name);
  }

  #ask(name: string): void {
    const { notFetched, over, noAnswer, fetching } = this.#words;
    if (this.#over) return this.#say(notFetched(name, over));
    if ([...this.#asked.values()].some((asked) => asked.name === name)) return;
    const request = makeMessage("shell", "download_request", { name });
    const id = request.header.msg_id;
    const cancel = this.#host.clock.after(PATIENCE, () => {
      this.#asked.delete(id);
      this.#say(notFetched(name, noAnswer));
    });
    this.#asked.set(id, { name, cancel });
    this.#say(fetching(name));
    this.#host.send(request);
  }

  async #save(name: string, reply: Message): Promise<void> {
    const { wrongAnswer, saved, tooLarge } = this.#words;
    const { content, buffers } = await this.#whole(reply);
    if (content["status"] !== "ok") throw new Error(String(content["evalue"] ?? wrongAnswer).slice(0, 200));
    const [text] = buffers;
    if (content["name"] !== name || buffers.length !== 1 || typeof text !== "string") throw new Error(wrongAnswer);
    if (text.length > LARGEST_ANSWER) throw new Error(tooLarge(formatSize(text.length), formatSize(LARGEST_FILE)));
    save(name, fromBase64(text));
    this.#say(saved(name));
  }

  async #whole(reply: Message): Promise<{ content: Record<string, unknown>; buffers: unknown[] }> {
    const { payload } = reply.metadata;
    if (!payload?.url) return reply;
    if (!((payload.size ?? 0) <= LARGEST_ANSWER)) throw new Error(this.#words.wrongAnswer);
    const { content, buffers } = await this.#host.transport.payload(payload.url);
    return { content: isObject(content) ? content : {}, buffers: Array.isArray(buffers) ? buffers : [] };
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }
}

/** Never opened in the page: of a type that browsers only save. */
function save(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  const url = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  make("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
