// The button with which a reader reports a shared cell to the operator, and its dialog.
import type { Transport } from "../channel/transport";
import { make, uniqueId } from "../dom";
import { refusal } from "./refusal";
import type { ShareWords } from "./words";

/** As the service takes it. */
const MAX_REASON = 500;

export function reportButton(id: string, transport: Transport, words: ShareWords): HTMLElement {
  const button = make("button", { type: "button", class: "quiet" }, words.report);
  const done = () => {
    const thanks = make("p", { role: "status", tabindex: "-1" }, words.reported);
    button.replaceWith(thanks);
    thanks.focus();
  };
  button.addEventListener("click", () => {
    const dialog = reportDialog((reason) => transport.request("POST", `/permalinks/${id}/report`, null, { reason }), done, words);
    button.after(dialog);
    dialog.showModal();
  });
  return button;
}

function reportDialog(send: (reason: string) => Promise<unknown>, done: () => void, words: ShareWords): HTMLDialogElement {
  const [titleId, reasonId] = [uniqueId("report"), uniqueId("reason")];
  const reason = make("textarea", { id: reasonId, rows: 4, maxlength: MAX_REASON });
  const sending = make("button", { type: "button", disabled: true }, words.send);
  const cancel = make("button", { type: "button" }, words.cancel);
  const status = make("p", { role: "status" });
  const dialog = make(
    "dialog",
    { "aria-labelledby": titleId },
    make("h2", { id: titleId }, words.report),
    make("p", {}, words.reportAbout),
    make("label", { for: reasonId }, words.reason),
    reason,
    status,
    make("div", { class: "actions" }, sending, cancel),
  );
  reason.addEventListener("input", () => (sending.disabled = reason.value.trim() === ""));
  sending.addEventListener("click", () => {
    sending.disabled = true;
    send(reason.value.trim()).then(
      () => {
        dialog.close();
        done();
      },
      (error: unknown) => {
        sending.disabled = false;
        status.textContent = refusal(error, words);
      },
    );
  });
  cancel.addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  return dialog;
}
