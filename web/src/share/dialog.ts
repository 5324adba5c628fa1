// The share dialog of a cell: links, embedding, QR code, files.
import { BrowserTransport } from "../channel/transport";
import { make, uniqueId } from "../dom";
import { adopt } from "../sheets";
import type { Language } from "../words";
import { copyField, type CopyField } from "./copy_field";
import { snippet } from "./embed";
import { notebook, script, type ExportedFile } from "./exported";
import { encode } from "./fragment";
import { linkOf } from "./link";
import { qrCode } from "./qr";
import { refusal } from "./refusal";
import type { SharedCell } from "./shared_cell";
import { STYLES } from "./styles";
import { WORDS, type ShareWords } from "./words";

/** What a cell gives to be shared. */
export interface Shareable {
  /** The dialog stands in it, and is styled by its properties. */
  root: ShadowRoot;
  /** The folder of the hosted page and of cell.js. */
  base: string;
  language: Language;
  cell: SharedCell;
}

/** Characters of a link that every program passes on whole. */
const SAFE_LENGTH = 8_000;

export async function openShareDialog(shareable: Shareable): Promise<void> {
  const { root, base, cell, language } = shareable;
  adopt(root, STYLES);
  const words = WORDS[language];
  const titleId = uniqueId("share");
  const status = make("p", { class: "share-status", role: "status" });
  const field = (label: string, text: string, lines = 1): CopyField => {
    const made = copyField({ label, lines, copy: words.copy, copied: (done) => (status.textContent = done ? words.copied : words.notCopied) });
    made.text = text;
    return made;
  };
  const whole = linkOf(base, { fragment: await encode(cell) });
  const code = qrDetails(words, words.whole, whole);
  const close = make("button", { type: "button", class: "close", "aria-label": words.close }, "×");
  const dialog = make(
    "dialog",
    { part: "share-dialog", class: "share", "aria-labelledby": titleId },
    make("header", {}, make("h2", { id: titleId }, words.share), close),
    make("p", {}, words.about),
    storing(shareable, words, status, field, code.show),
    section(words.whole, words.wholeAbout, field(words.whole, whole).element, ...tooLong(whole, words)),
    code.element,
    section(words.embed, words.embedAbout, field(words.embed, snippet(cell, base), 5).element),
    section(words.download, null, download(words.python, script(cell)), download(words.notebook, notebook(cell))),
    status,
  );
  close.addEventListener("click", () => dialog.close());
  // A press beside the dialog hits its backdrop, which is the dialog itself.
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  root.append(dialog);
  dialog.showModal();
}

function section(title: string, about: string | null, ...children: Node[]): HTMLElement {
  return make("section", {}, make("h3", {}, title), ...(about === null ? [] : [make("p", {}, about)]), ...children);
}

/** The link that the service keeps: made only when it is asked for. */
function storing(
  { base, cell }: Shareable,
  words: ShareWords,
  status: HTMLElement,
  field: (label: string, text: string) => CopyField,
  made: (name: string, link: string) => void,
): HTMLElement {
  const button = make("button", { type: "button", class: "make-link", autofocus: true }, words.makeLink);
  const store = async () => {
    status.textContent = words.makingLink;
    button.disabled = true;
    try {
      const { id } = await new BrowserTransport(base).request("POST", "/permalinks", null, cell);
      const link = linkOf(base, { id: String(id) });
      const { element } = field(words.link, link);
      button.replaceWith(element);
      element.querySelector("button")?.focus();
      made(words.link, link);
      status.textContent = words.linkMade;
    } catch (error) {
      button.disabled = false;
      button.focus();
      status.textContent = refusal(error, words);
    }
  };
  button.addEventListener("click", () => void store());
  return section(words.link, words.linkAbout(new URL(base).host), button);
}

function tooLong(link: string, words: ShareWords): Node[] {
  if (link.length <= SAFE_LENGTH) return [];
  return [make("p", { class: "warning" }, words.long(words.kilobytes((link.length / 1000).toFixed(1))))];
}

/** The QR code of a link, folded away; of the newest one. */
function qrDetails(words: ShareWords, name: string, link: string): { element: HTMLElement; show(name: string, link: string): void } {
  const place = make("div", { class: "qr" });
  const show = (of: string, text: string): void => {
    const code = qrCode(text, words.codeOf(of));
    place.replaceChildren(...(code ? [code, make("p", {}, of)] : [make("p", {}, words.noCode)]));
  };
  show(name, link);
  return { element: make("details", {}, make("summary", {}, words.code), place), show };
}

function download(label: string, { name, type, text }: ExportedFile): HTMLElement {
  const button = make("button", { type: "button" }, label);
  button.addEventListener("click", () => {
    const url = URL.createObjectURL(new Blob([text], { type }));
    make("a", { href: url, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  });
  return button;
}
