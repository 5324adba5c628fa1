// Completions and inspections: requests to a session whose answers go to whoever asked, not to the output.
import type { Clock } from "../channel/clock";
import type { Message } from "../protocol";

/** Who types has gone on by then. */
const PATIENCE = 10_000;

export class Questions {
  readonly #waiting = new Map<string, (content: Record<string, unknown> | null) => void>();

  constructor(private readonly clock: Clock) {}

  ask(request: Message, send: (message: Message) => void): Promise<Record<string, unknown> | null> {
    const id = request.header.msg_id;
    return new Promise((resolve) => {
      const cancel = this.clock.after(PATIENCE, () => this.#waiting.get(id)?.(null));
      this.#waiting.set(id, (content) => {
        cancel();
        this.#waiting.delete(id);
        resolve(content);
      });
      send(request);
    });
  }

  /** Whether the message was the answer to a question. */
  answered(message: Message): boolean {
    const { channel, parent_header, content } = message;
    const answer = channel === "shell" ? this.#waiting.get(parent_header.msg_id ?? "") : undefined;
    answer?.(content["status"] === "ok" ? content : null);
    return answer !== undefined;
  }
}
