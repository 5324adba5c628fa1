// The Share button of a cell; what it opens is loaded when it is pressed.
import { make } from "../dom";
import type { Layout } from "../share/shared_cell";
import type { InteractCell } from "./interact_cell";
import { editorMode, type CellOptions } from "./options";

export function shareButton(cell: InteractCell, { words, base, language, kernel, linked }: CellOptions): HTMLButtonElement {
  const button = make("button", { type: "button", part: "share", "aria-haspopup": "dialog" }, words.share);
  const open = async () => {
    const { openShareDialog } = await import("../share/dialog");
    const { code, shadowRoot } = cell;
    const shared = { code, language: "python", ...(kernel === undefined ? {} : { kernel }), state: cell.getState(), layout: layoutOf(cell, linked) };
    await openShareDialog({ root: shadowRoot as ShadowRoot, base, language, cell: shared });
  };
  let opening = false;
  button.addEventListener("click", () => {
    if (opening) return;
    // (A disabled button would lose the focus, which comes back to it when the dialog is closed.)
    opening = true;
    // What did not come now may come at the next press.
    open().catch(() => {}).finally(() => (opening = false));
  });
  return button;
}

function layoutOf(cell: Element, linked: string | null): Layout {
  return {
    ...(cell.hasAttribute("editor") ? { editor: editorMode(cell) } : {}),
    ...(cell.hasAttribute("controls-only") ? { controls_only: true } : {}),
    ...(linked === null ? {} : { linked }),
  };
}
