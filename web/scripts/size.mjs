// Fails when what a page loads at first is larger than promised: 20 KB gzipped.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT = 20 * 1024;
const size = (name) => gzipSync(readFileSync(new URL(`../dist/${name}`, import.meta.url)), { level: 9 }).length;
for (const name of ["cell.js", "frame.js"]) console.log(`${name}: ${size(name)} bytes gzipped`);
if (size("cell.js") > LIMIT) {
  console.error(`cell.js is larger than ${LIMIT} bytes`);
  process.exit(1);
}
