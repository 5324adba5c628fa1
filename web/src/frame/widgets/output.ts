// The Output widget: what the page has caught for it, drawn like every other output of the frame.
import { DOMWidgetModel, DOMWidgetView, isEqual } from "@jupyter-widgets/base";
import { choose } from "../../output/mime";
import type { Content } from "../../output/content";
import type { OutputWords } from "../../output/words";
import type { Captured } from "../../widgets/captures";
import type { Operation } from "../protocol";
import { SlotList } from "../slot_list";
import type { Manager } from "./manager";

export class OutputModel extends DOMWidgetModel {
  override defaults(): Record<string, unknown> {
    const module = { _model_module: "@jupyter-widgets/output", _view_module: "@jupyter-widgets/output" };
    return { ...super.defaults(), ...module, _model_name: "OutputModel", _view_name: "OutputView", msg_id: "", outputs: [] };
  }
}

export class OutputView extends DOMWidgetView {
  #slots!: SlotList;
  #shown: Captured[] = [];

  override render(): void {
    super.render();
    this.el.classList.add("widget-output");
    this.#slots = new SlotList();
    this.#slots.words = this.#words;
    this.el.append(this.#slots.element);
    this.listenTo(this.model, "change:outputs", () => this.#draw());
    void this.displayed.then(() => this.#draw());
  }

  get #words(): OutputWords {
    return (this.model.widget_manager as unknown as Manager).words;
  }

  /** Only what has changed: text goes on where it ends, and one picture takes the other's place. */
  #draw(): void {
    const outputs = this.model.get("outputs") as Captured[];
    const operations: Operation[] = [];
    for (const [slot, output] of outputs.entries()) operations.push(...this.#change(slot, this.#shown[slot], output));
    for (let slot = outputs.length; slot < this.#shown.length; slot++) operations.push({ type: "remove", slot });
    this.#shown = outputs;
    void this.#slots.apply(operations);
  }

  #change(slot: number, before: Captured | undefined, now: Captured): Operation[] {
    if (before && isEqual(before, now)) return [];
    const content = this.#content(now);
    const same = before?.output_type === now.output_type && before["name"] === now["name"];
    const insert: Operation[] = before ? [{ type: "remove", slot }] : [];
    if (content.kind === "stream") {
      const [text, shown] = [String(now["text"]), same ? String(before["text"]) : ""];
      const write = (rest: string): Operation => ({ type: "write", slot, text: rest, stderr: now["name"] === "stderr" });
      if (same && text.startsWith(shown)) return [write(text.slice(shown.length))];
      return [...insert, { type: "insert", slot, before: this.#next(slot) }, { type: "show", slot, content }, write(text)];
    }
    if (same && content.kind !== "error") return [{ type: "show", slot, content }];
    return [...insert, { type: "insert", slot, before: this.#next(slot) }, { type: "show", slot, content }];
  }

  /** The slot behind it, if there is one. */
  #next(slot: number): number | null {
    return slot + 1 < this.#shown.length ? slot + 1 : null;
  }

  #content(output: Captured): Content {
    if (output.output_type === "stream") return { kind: "stream" };
    if (output.output_type === "error") return { kind: "error", text: ((output["traceback"] ?? []) as string[]).join("\n") };
    return choose((output["data"] ?? {}) as Record<string, unknown>, (output["metadata"] ?? {}) as Record<string, unknown>, this.#words);
  }
}
