// The hosted page's own script: the "Add a cell" button.

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
