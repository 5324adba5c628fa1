// The files of one session: replies go to whoever added one, and what the program has made is listed.
import { make } from "../dom";
import type { Made, MadeHost } from "../files/made";
import { innerMessage, type Message } from "../protocol";

export interface SessionFilesHost extends MadeHost {
  /** An upload was answered. */
  uploaded(message: Message): void;
}

export class SessionFiles {
  readonly element = make("div");
  readonly #host: SessionFilesHost;
  #made: Promise<Made> | null = null;

  constructor(host: SessionFilesHost) {
    this.#host = host;
  }

  /** Whether the message is about files. */
  take(message: Message): boolean {
    const inner = innerMessage(message);
    const { msg_type } = message.header;
    if (inner?.msg_type === "files") void this.#list().then((made) => made.tell(inner.content["files"])).catch(() => {});
    else if (msg_type === "upload_reply") this.#host.uploaded(message);
    else if (msg_type === "download_reply") void this.#made?.then((made) => made.answered(message)).catch(() => {});
    else return false;
    return true;
  }

  /** Another run begins. */
  clear(): void {
    this.#made = null;
    this.element.replaceChildren();
  }

  sessionOver(): void {
    void this.#made?.then((made) => made.sessionOver()).catch(() => {});
  }

  #list(): Promise<Made> {
    this.#made ??= import("../files/made").then(({ Made }) => {
      const made = new Made(this.#host);
      this.element.replaceChildren(made.element);
      return made;
    });
    return this.#made;
  }
}
