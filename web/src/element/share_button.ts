// The Share button of a cell; what it opens is loaded when it is pressed.
import { make } from "../dom";
import type { Shareable } from "../share/dialog";

export function shareButton(label: string, shareable: () => Shareable): HTMLButtonElement {
  const button = make("button", { type: "button", part: "share", class: "share", "aria-haspopup": "dialog" }, label);
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const { openShareDialog } = await import("../share/dialog");
      await openShareDialog(shareable());
    } finally {
      button.disabled = false;
    }
  });
  return button;
}
