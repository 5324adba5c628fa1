// Words or markup of the program between the controls: text as text, markup only in the sandboxed frame.
import { make } from "../dom";
import { HtmlFrame } from "../output/html_frame";
import { isObject } from "../protocol";
import type { ControlFactory } from "./control";

export const htmlBox: ControlFactory = (spec, { title, frameUrl }) => {
  const element = make("div", { class: "html-box" });
  let frame: HtmlFrame | null = null;
  const show = (html: unknown, text: unknown) => {
    if (typeof html === "string") {
      if (!frame) {
        frame = new HtmlFrame(frameUrl);
        frame.element.title = title;
        element.replaceChildren(frame.element);
      }
      void frame.show(html);
    } else {
      frame?.destroy();
      frame = null;
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
