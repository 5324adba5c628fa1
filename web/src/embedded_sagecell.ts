// The script that pages written for SageMathCell load instead of its own: the same name, `window.sagecell`.
import { deleteCells, makeCells, type CellInfo } from "./sagecell/make";
import type { Options } from "./sagecell/options";
import { WORDS } from "./sagecell/words";
import { languageOf } from "./words";

const words = WORDS[languageOf(document.documentElement)];
const script = document.currentScript ?? document.querySelector('script[src*="embedded_sagecell.js"]');
const address = script instanceof HTMLScriptElement && script.src ? new URL("cell.js", script.src).href : null;
if (address === null) console.error(words.noScript);
else import(/* @vite-ignore */ address).catch(() => console.error(words.noCell(address)));

/** Pages call this from their head, too: the elements of the body come later. */
function whenRead(then: () => void): void {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", then, { once: true });
  else then();
}

function makeSagecell(options: Options): CellInfo {
  const info: CellInfo = {};
  whenRead(() => makeCells(options, info));
  return info;
}

/** The fields of a cell are in its shadow tree: no form around it sends them, so none have to be moved away. */
const moveInputForm = (_info: CellInfo): void => {};

const sagecell = {
  templates: {
    minimal: { editor: "textarea-readonly", hide: ["editor", "files", "permalink"] },
    restricted: { editor: "codemirror-readonly", hide: ["files", "permalink"] },
  },
  allLanguages: ["sage", "gap", "gp", "html", "macaulay2", "maxima", "octave", "python", "r", "singular"],
  makeSagecell,
  deleteSagecell: deleteCells,
  moveInputForm,
  restoreInputForm: moveInputForm,
  /** Of its first version. */
  init: whenRead,
  makeSinglecell: makeSagecell,
  deleteSinglecell: deleteCells,
};

const page = window as unknown as { sagecell?: object; singlecell?: object };
page.singlecell = page.sagecell = Object.assign(page.sagecell ?? {}, sagecell);
