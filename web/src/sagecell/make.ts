// Puts <interact-cell> elements where sagecell.makeSagecell() is asked to.
import { make, uniqueId } from "../dom";
import type { InteractCell } from "../element/interact_cell";
import { languageOf } from "../words";
import { attributes, isPython, language, merged, unsupported, type Location, type Options } from "./options";
import { WORDS } from "./words";

/** What makeSagecell() returns and deleteSagecell() takes. */
export interface CellInfo {
  inputLocation?: Element;
  outputLocation?: Element;
  cell?: InteractCell;
  /** Evaluates, as the button does. */
  submit?: () => false;
  /** Of several input locations, one each. */
  array?: CellInfo[];
}

/** Bears the class in SageMathCell's pages, too; whoever asks twice gets one cell. */
const MADE = "sagecell";
/** The parts of the element that go by these names of SageMathCell's. */
const HIDDEN = { evalButton: "run", permalink: "share", output: "output" };

let calls = 0;
let hiding = false;

const words = () => WORDS[languageOf(document.documentElement)];

function found(name: string, location: Location): Element[] {
  if (typeof location !== "string") return location instanceof Element ? [location] : Array.from(location);
  try {
    return [...document.querySelectorAll(location)];
  } catch {
    throw new Error(words().noSelector(name, location));
  }
}

function one(name: string, location: Location): Element {
  const [element, ...more] = found(name, location);
  if (!element || more.length) throw new Error(words().notOne(name, element ? more.length + 1 : 0));
  return element;
}

/** Fills in `info` for all elements at the input location. */
export function makeCells(options: Options, info: CellInfo): void {
  if (!options.inputLocation) throw new Error(words().noInput);
  const wanted = merged(options);
  const missing = unsupported(wanted);
  if (missing.length) console.warn(words().unsupported(missing.join(", ")));
  if (wanted.hide.length) hideParts();
  const inputs = found("inputLocation", options.inputLocation).filter((input) => !input.classList.contains(MADE));
  const output = wanted.outputLocation === undefined ? null : one("outputLocation", wanted.outputLocation);
  if (output && inputs.length > 1) one("inputLocation", options.inputLocation);
  const linked = `${MADE}-${++calls}`;
  // Several cells that wait for each other are not run by themselves.
  if (wanted.linked && inputs.length > 1) wanted.autoeval = false;
  const infos = inputs.map((input) => makeCell(input, output, wanted, linked));
  Object.assign(info, infos.length === 1 ? infos[0] : { array: infos });
}

function makeCell(input: Element, output: Element | null, options: ReturnType<typeof merged>, linked: string): CellInfo {
  const code = codeOf(input, options);
  const name = language(options);
  if (!isPython(name)) return refuse(input, code, name);
  const given = attributes(options, linked);
  if (output) {
    output.id ||= uniqueId(MADE);
    output.classList.add(MADE);
    given["output-location"] = `#${CSS.escape(output.id)}`;
  }
  // Of a cell without an editor nothing is to be read before it is drawn.
  const source = given["editor"] === "hidden" ? make("script", { type: "text/x-python" }, code) : make("pre", {}, code);
  const cell = make("interact-cell" as "div", given, source) as HTMLElement as InteractCell;
  if (options.callback) cell.addEventListener("cell-ready", options.callback, { once: true });
  const place = placeOf(input, cell);
  place.append(cell);
  return {
    inputLocation: place,
    outputLocation: output ?? place,
    cell,
    submit: () => {
      cell.run();
      return false;
    },
  };
}

/** The element, emptied. A textarea goes on as a field of its form, unseen, and has the code that ran last. */
function placeOf(input: Element, cell: InteractCell): Element {
  const place = input instanceof HTMLTextAreaElement ? make("div") : input;
  place.classList.add(MADE);
  if (input instanceof HTMLTextAreaElement) {
    input.replaceWith(place);
    input.hidden = true;
    place.append(input);
    cell.addEventListener("run-start", () => (input.value = cell.code));
  } else place.replaceChildren();
  return place;
}

function codeOf(input: Element, { code, codeLocation }: Options): string {
  if (code !== undefined) return code.trim();
  const source = codeLocation === undefined ? (input.querySelector(":scope > script") ?? input) : one("codeLocation", codeLocation);
  return (source instanceof HTMLTextAreaElement ? source.value : (source.textContent ?? "")).trim();
}

function refuse(input: Element, code: string, name: string): CellInfo {
  const text = words().otherLanguage(name);
  console.warn(text);
  const note = make("p", { class: MADE, role: "note" }, text);
  if (input instanceof HTMLTextAreaElement) input.after(note);
  else input.replaceChildren(make("pre", {}, code), note);
  input.classList.add(MADE);
  return { inputLocation: input };
}

/** From the page's side, as its author could: shadow parts named in a style sheet. */
function hideParts(): void {
  if (hiding) return;
  hiding = true;
  const sheet = new CSSStyleSheet();
  for (const [name, part] of Object.entries(HIDDEN)) sheet.insertRule(`interact-cell[data-hide~="${name}"]::part(${part}) { display: none !important; }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

export function deleteCells(info: CellInfo): void {
  for (const { inputLocation, outputLocation } of info.array ?? [info]) {
    inputLocation?.remove();
    outputLocation?.remove();
  }
}
