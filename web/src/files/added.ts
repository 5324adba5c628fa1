// The files that the reader has added to a cell: kept in the page, and put into every session that begins.
import { toBase64 } from "../base64";
import { makeMessage } from "../channel/messages";
import { make } from "../dom";
import type { Message } from "../protocol";
import type { Language } from "../words";
import { isPlainName, LARGEST_FILE } from "./names";
import { formatSize } from "./size";
import { WORDS, type FileWords } from "./words";

const MOST_FILES = 20;

export interface AddedHost {
  language: Language;
  /** Sends to the session, if one lives; false if none does. */
  send(message: Message): boolean;
}

interface Entry {
  name: string;
  data: string;
  item: HTMLElement;
  words: HTMLElement;
}

export class Added {
  readonly element: HTMLElement;
  readonly #host: AddedHost;
  readonly #words: FileWords;
  readonly #list = make("ul", { class: "files" });
  readonly #notice = make("p", { class: "note", role: "alert", hidden: true });
  readonly #entries = new Map<string, Entry>();
  /** msg_id of an upload: its entry. */
  readonly #sent = new Map<string, Entry>();

  constructor(host: AddedHost) {
    this.#host = host;
    this.#words = WORDS[host.language];
    this.#list.setAttribute("aria-label", this.#words.added);
    this.element = make("div", { part: "added", class: "added", "aria-live": "polite" }, this.#list, this.#notice);
  }

  async add(files: File[]): Promise<void> {
    const refused: string[] = [];
    for (const file of files) {
      const why = this.#objection(file) ?? (await this.#read(file));
      if (why) refused.push(this.#words.notAdded(shownName(file.name), why));
    }
    this.#notice.textContent = refused.join(" ");
    this.#notice.hidden = refused.length === 0;
  }

  /** What a new session, or another one than before, is to be sent before its code. */
  requests(): Message[] {
    this.#sent.clear();
    return [...this.#entries.values()].map((entry) => this.#request(entry));
  }

  /** Whether the message was the answer to an upload. */
  answered({ header, parent_header, content }: Message): boolean {
    const entry = header.msg_type === "upload_reply" ? this.#sent.get(parent_header.msg_id ?? "") : undefined;
    if (!entry) return false;
    const { there, notAdded } = this.#words;
    const isThere = content["status"] === "ok";
    entry.item.dataset["state"] = isThere ? "there" : "refused";
    entry.words.textContent = isThere ? there(entry.name) : notAdded(entry.name, String(content["evalue"] ?? content["ename"]));
    return true;
  }

  /** The session is gone; what was in it comes along to the next. */
  sessionOver(): void {
    this.#sent.clear();
    for (const entry of this.#entries.values()) this.#wait(entry);
  }

  #objection(file: File): string | null {
    const { badName, tooLarge, tooMany } = this.#words;
    if (!isPlainName(file.name)) return badName;
    if (file.size > LARGEST_FILE) return tooLarge(formatSize(file.size), formatSize(LARGEST_FILE));
    return this.#entries.size >= MOST_FILES && !this.#entries.has(file.name) ? tooMany(MOST_FILES) : null;
  }

  async #read(file: File): Promise<string | null> {
    try {
      const data = toBase64(new Uint8Array(await file.arrayBuffer()));
      this.#keep(file.name, data);
      return null;
    } catch {
      return this.#words.unreadable;
    }
  }

  #keep(name: string, data: string): void {
    this.#entries.get(name)?.item.remove();
    const remove = make("button", { type: "button", class: "small", "aria-label": this.#words.remove(name) }, "×");
    const words = make("bdi");
    const entry: Entry = { name, data, words, item: make("li", {}, words, remove) };
    remove.addEventListener("click", () => {
      if (this.#entries.get(name) === entry) this.#entries.delete(name);
      entry.item.remove();
    });
    this.#entries.set(name, entry);
    this.#list.append(entry.item);
    if (!this.#host.send(this.#request(entry))) this.#wait(entry);
  }

  #request(entry: Entry): Message {
    const message = { ...makeMessage("shell", "upload_request", { name: entry.name }), buffers: [entry.data] };
    this.#sent.set(message.header.msg_id, entry);
    entry.item.dataset["state"] = "sending";
    entry.words.textContent = this.#words.sending(entry.name);
    return message;
  }

  #wait(entry: Entry): void {
    entry.item.dataset["state"] = "waiting";
    entry.words.textContent = this.#words.waits(entry.name);
  }
}

/** Of a name that will not do: without what cannot be seen, and short. */
const shownName = (name: string): string => name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "�").slice(0, 100);
