// A file that the reader chooses; it is read here, and its bytes are the value.
import { toBase64 } from "../base64";
import { make } from "../dom";
import { formatSize } from "../files/size";
import { isObject, type WireValue } from "../protocol";
import type { ControlFactory } from "./control";
import { WORDS } from "./words";

export const fileBox: ControlFactory = (spec, { id, title, readonly, language, changed, complain }) => {
  const words = WORDS[language];
  const limit = typeof spec.limit === "number" && spec.limit > 0 ? spec.limit : Infinity;
  const input = make("input", { type: "file", id, accept: spec.accept, disabled: readonly });
  const chosen = make("span", { class: "note" });
  const remove = make("button", { type: "button", class: "small", disabled: readonly, "aria-label": words.removeFile(title) }, words.remove);
  let value: WireValue = null;
  let turn = 0;
  const show = () => {
    const size = isObject(value) && typeof value["data"] === "string" ? Math.floor((value["data"].replace(/=+$/, "").length * 3) / 4) : 0;
    chosen.textContent = isObject(value) ? `${String(value["name"] ?? "file")} (${formatSize(size)})` : limit < Infinity ? words.atMost(formatSize(limit)) : "";
    remove.hidden = value === null;
  };
  const take = (next: WireValue) => {
    value = next;
    show();
    changed();
  };
  input.addEventListener("change", async () => {
    const file = input.files?.[0];
    const mine = ++turn;
    if (!file) return;
    if (file.size > limit) {
      input.value = "";
      return complain(words.tooLarge(file.name, formatSize(file.size), formatSize(limit)));
    }
    complain(null);
    try {
      const data = toBase64(new Uint8Array(await file.arrayBuffer()));
      // Only the file that was chosen last counts, however long an earlier one takes to read.
      if (mine === turn) take({ name: file.name, type: file.type, data });
    } catch {
      if (mine === turn) complain(words.unreadable(file.name));
    }
  });
  remove.addEventListener("click", () => {
    turn += 1;
    input.value = "";
    complain(null);
    take(null);
    input.focus();
  });
  const set = (next: WireValue) => {
    value = isObject(next) && typeof next["data"] === "string" ? next : null;
    if (value === null) input.value = "";
    show();
  };
  set(spec.default ?? null);
  return { element: make("span", { class: "file" }, input, chosen, remove), input, get: () => value, set };
};
