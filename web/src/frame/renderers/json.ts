// JSON as a tree that folds.
import { make } from "../../dom";
import type { Renderer } from "../renderers";

/** Deeper and longer than this is folded at first; what is folded is not drawn before it is opened. */
const OPEN_DEPTH = 2;
const OPEN_LENGTH = 50;

export const renderJson: Renderer = (host) => ({
  async show(data, metadata) {
    host.replaceChildren(make("div", { class: "json" }, node(data, metadata["expanded"] === true ? Infinity : OPEN_DEPTH)));
  },
});

function node(value: unknown, depth: number, name?: string): HTMLElement {
  const label = name === undefined ? [] : [make("span", { class: "key" }, name), ": "];
  if (typeof value !== "object" || value === null) {
    return make("div", {}, ...label, make("span", { class: value === null ? "null" : typeof value }, JSON.stringify(value) ?? "undefined"));
  }
  const entries = Object.entries(value);
  const [left, right] = Array.isArray(value) ? ["[", "]"] : ["{", "}"];
  if (entries.length === 0) return make("div", {}, ...label, `${left}${right}`);
  const details = make("details", {}, make("summary", {}, ...label, make("span", { class: "count" }, `${left}${entries.length}${right}`)));
  const fill = () => details.append(...entries.map(([key, inner]) => node(inner, depth - 1, key)));
  if (depth > 0 && entries.length <= OPEN_LENGTH) {
    details.open = true;
    fill();
  } else details.addEventListener("toggle", fill, { once: true });
  return details;
}
