// The hosted page's own script: the "Add a cell" button, and what is asked for in the address.
// What its parts share with the cell they take from cell.js: the first load stays in one piece.
import "./cell";

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
addEventListener("hashchange", () => void open());
void open();
