// Opens a shared cell on the hosted page: shows what it is, and runs nothing.
import { BrowserTransport, type Transport } from "../channel/transport";
import { make } from "../dom";
import type { InteractCell } from "../element/interact_cell";
import { languageOf } from "../words";
import { decode } from "./fragment";
import { LinkError, readAddress, type Address } from "./link";
import { refusal } from "./refusal";
import { reportButton } from "./report";
import { readCell, type SharedCell } from "./shared_cell";
import { WORDS, type ShareWords } from "./words";

const MAX_SHOWN = 20;
const MAX_LENGTH = 80;

let newest: Address | null = null;

/** Puts the cell that the page's address asks for, or words on why there is none, in the place of the list's cells. */
export async function openShared(list: HTMLElement): Promise<void> {
  const address = readAddress(location);
  if (!address) return;
  newest = address;
  const words = WORDS[languageOf(list)];
  const transport = new BrowserTransport(new URL(".", location.href).href);
  list.replaceChildren(make("p", { class: "shared", role: "status" }, words.opening));
  try {
    const cell = readCell(await load(transport, address));
    if (newest !== address) return;
    if (!cell) throw new LinkError("broken");
    list.replaceChildren(introduction(address, cell, transport, words));
    show(list, address, cell);
  } catch (error) {
    if (newest === address) list.replaceChildren(make("p", { class: "shared", role: "alert" }, refusal(error, words)));
  }
}

async function load(transport: Transport, address: Address): Promise<unknown> {
  if ("fragment" in address) return decode(address.fragment);
  if (!/^[0-9a-f]{32}$/.test(address.id)) throw new LinkError("broken");
  return transport.request("GET", `/permalinks/${address.id}`, null);
}

/**
 * Of the link's layout only what cannot mislead: the code can be looked at and Run is there.
 * What a link names is never linked with other cells, and never runs by itself.
 */
function show(list: HTMLElement, address: Address, { code, kernel, layout, state }: SharedCell): void {
  const hides = layout.editor === "hidden" || layout.controls_only === true;
  const editor = hides ? "collapsed" : layout.editor;
  const element = document.createElement("interact-cell") as InteractCell;
  element.id = `shared-${hash(JSON.stringify(address))}`;
  if (kernel !== undefined) element.setAttribute("kernel", kernel);
  if (editor !== undefined) element.setAttribute("editor", editor);
  element.append(make("pre", {}, code));
  element.addEventListener("cell-ready", () => {
    // After a reload the reader's own session, and what they had set in it, comes back instead.
    if (element.watchKey === null) element.setState(state);
  }, { once: true });
  list.append(element);
}

function introduction(address: Address, { state }: SharedCell, transport: Transport, words: ShareWords): HTMLElement {
  const values = Object.entries(state).flatMap(([name, given]) => Object.entries(given).map(([argument, value]) => `${name}: ${argument} = ${JSON.stringify(value)}`));
  const shown = values.slice(0, MAX_SHOWN).map((line) => make("li", {}, line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH)}…` : line));
  const list = shown.length === 0 ? [] : [make("p", {}, words.values), make("ul", {}, ...shown, ...(values.length > MAX_SHOWN ? [make("li", {}, "…")] : []))];
  const report = "id" in address ? [reportButton(address.id, transport, words)] : [];
  return make("aside", { class: "shared" }, make("p", {}, words.shared), ...list, ...report);
}

/** FNV-1a, to remember the reader's session of one link apart from those of others. */
const hash = (text: string): string => Array.from(text).reduce((sum, character) => Math.imul(sum ^ character.charCodeAt(0), 16_777_619), 2_166_136_261).toString(36);
