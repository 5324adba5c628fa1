// Prints the gzipped size of every script and style, and fails when what a page loads at first is larger than promised: 20 KB.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 20 * 1024;
const dist = new URL("../dist/", import.meta.url);
const size = (name) => gzipSync(readFileSync(new URL(name, dist)), { level: 9 }).length;
const chunks = readdirSync(new URL("assets/", dist)).map((name) => `assets/${name}`);
for (const name of ["cell.js", "page.js", "frame.js", ...chunks]) {
  if (/\.(js|css)$/.test(name)) console.log(`${String(size(name)).padStart(9)}  ${name.replace(/-[\w-]{8}(?=\.\w+$)/, "")}`);
}
if (size("cell.js") > LIMIT) {
  console.error(`cell.js is larger than ${LIMIT} bytes`);
  process.exit(1);
}
