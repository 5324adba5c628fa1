// Words or markup of the program between the controls: text as text, markup only in the sandboxed frame.
import { make } from "../dom";
import { OutputFrame } from "../output/output_frame";
import type { Slot } from "../output/slot";
import { isObject } from "../protocol";
import type { ControlFactory } from "./control";

export const htmlBox: ControlFactory = (spec, { title, frameUrl, language }) => {
  const element = make("div", { class: "html-box" });
  let frame: OutputFrame | null = null;
  let slot: Slot | null = null;
  const show = (html: unknown, text: unknown) => {
    if (typeof html === "string") {
      if (!frame) {
        frame = new OutputFrame(frameUrl, language);
        frame.title = title;
        slot = frame.insert(null);
        element.replaceChildren(frame.element);
      }
      void slot?.show({ kind: "rich", type: "text/html", data: html, metadata: {} });
    } else {
      frame?.destroy();
      frame = slot = null;
      element.textContent = String(text ?? "");
    }
  };
  show(spec.html, spec.text);
  return {
    element,
    input: null,
    get: () => null,
    // New words come as a changed control; an object of them is understood too.
    set: (next) => {
      if (isObject(next)) show(next["html"], next["text"]);
    },
    destroy: () => frame?.destroy(),
  };
};
