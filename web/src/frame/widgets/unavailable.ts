// What stands in for a widget whose JavaScript is not here.
import { DOMWidgetView } from "@jupyter-widgets/base";
import { make } from "../../dom";

/** A view that says so. */
export function unavailable(words: string): typeof DOMWidgetView {
  return class extends DOMWidgetView {
    override render(): void {
      this.el.append(make("div", { role: "note" }, words));
    }
  };
}
