// The hosted page's own script: the "Add a cell" button, and what is asked for in the address.
// What its parts share with the cell they take from cell.js: the first load stays in one piece.
import "./cell";
import { loadConfig } from "./channel/config";

const EMPTY = "@interact\ndef f(x=slider(0, 10)):\n    print(x)\n";
const list = document.querySelector<HTMLElement>("#cells");

document.querySelector("#add")?.addEventListener("click", () => {
  if (!list) return;
  const cell = document.createElement("interact-cell");
  const code = document.createElement("pre");
  code.textContent = EMPTY;
  cell.append(code);
  list.append(cell);
  cell.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
});

/** A shared cell, if the address asks for one. */
async function open(): Promise<void> {
  if (!list || !(location.search || location.hash)) return;
  const { openShared } = await import("./share/opening");
  await openShared(list);
}
/** A button to sign in, where the operator has named an issuer. */
async function offerSignIn(): Promise<void> {
  const header = document.querySelector<HTMLElement>("header");
  const { sign_in } = await loadConfig(new URL(".", location.href).href);
  if (header && sign_in) await (await import("./sign_in/button")).offerSignIn(header, sign_in);
}

addEventListener("hashchange", () => void open());
// Who comes back from signing in has another address until that is done.
const isBack = /[?&]state=/.test(location.search);
const offered = offerSignIn().catch(() => {});
if (isBack) void offered.then(open);
else void open();
