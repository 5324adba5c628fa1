import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { deleteCells, makeCells, type CellInfo } from "../src/sagecell/make";
import type { Options } from "../src/sagecell/options";

// jsdom has no escaping of its own.
vi.stubGlobal("CSS", { escape: (name: string) => name });

const warn = vi.spyOn(console, "warn").mockImplementation(() => {});

beforeEach(() => warn.mockClear());
afterEach(() => (document.body.innerHTML = ""));

function cells(html: string, options: Partial<Options> = {}): Element[] {
  document.body.innerHTML = html;
  makeCells({ inputLocation: ".sage", ...options }, {});
  return [...document.querySelectorAll("interact-cell")];
}

const code = (cell: Element | undefined) => cell?.firstElementChild?.textContent;
const attribute = (cell: Element | undefined, name: string) => cell?.getAttribute(name);

describe("where the code comes from", () => {
  test.each([
    ['<div class="sage"><script type="text/x-sage">1 &lt; 2</script></div>', "1 &lt; 2"],
    ['<div class="sage">\n print(1 &lt; 2)\n</div>', "print(1 < 2)"],
    ['<pre class="sage">x\ny</pre>', "x\ny"],
    ['<textarea class="sage">a &amp; b</textarea>', "a & b"],
  ])("%s", (html, expected) => expect(code(cells(html)[0])).toBe(expected));

  test("the option comes before what stands in the element", () => {
    expect(code(cells('<div class="sage">1</div>', { code: " 2 " })[0])).toBe("2");
  });

  test("codeLocation is another element", () => {
    const html = '<div class="sage">1</div><script id="c" type="text/x-sage">3</script>';
    expect(code(cells(html, { codeLocation: "#c" })[0])).toBe("3");
  });
});

test("a textarea stays in its form and has the code that ran", () => {
  const [cell] = cells('<form><textarea class="sage" name="answer">1</textarea></form>');
  Object.assign(cell as object, { code: "2" });
  cell?.dispatchEvent(new Event("run-start"));
  expect(new FormData(document.forms[0]).get("answer")).toBe("2");
  expect(document.querySelector("textarea")?.hidden).toBe(true);
});

test("options become attributes", () => {
  const [cell] = cells('<div class="sage">1</div>', { evalButtonText: "Go", autoeval: true, collapse: true, linked: "True", kernel: "sagemath" });
  expect(attribute(cell, "run-label")).toBe("Go");
  expect(attribute(cell, "autorun")).toBe("");
  expect(attribute(cell, "editor")).toBe("collapsed");
  expect(attribute(cell, "linked")).toMatch(/^sagecell-\d+$/);
  expect(attribute(cell, "kernel")).toBe("sagemath");
  expect(warn).not.toHaveBeenCalled();
});

test("the button is called Evaluate when the page does not say otherwise", () => {
  expect(attribute(cells('<div class="sage">1</div>')[0], "run-label")).toBe("Evaluate");
});

test("cells of one call share a session if they are linked, those of another call another, and none runs by itself", () => {
  const html = '<div class="sage">1</div><div class="sage">2</div>';
  const [one, two] = cells(html, { linked: true, autoeval: true }).map((cell) => attribute(cell, "linked"));
  expect(one).toBe(two);
  expect(document.querySelector("[autorun]")).toBeNull();
  expect(attribute(cells(html, { linked: true })[0], "linked")).not.toBe(one);
});

test("a template is overridden, but what it hides stays hidden", () => {
  class Sheet {
    insertRule(): void {}
  }
  vi.stubGlobal("CSSStyleSheet", Sheet);
  Object.assign(document, { adoptedStyleSheets: [] });
  const template = { editor: "codemirror-readonly", evalButtonText: "A", hide: ["permalink"] };
  const [cell] = cells('<div class="sage">1</div>', { template, evalButtonText: "B", hide: ["evalButton"] });
  expect(attribute(cell, "editor")).toBe("read-only");
  expect(attribute(cell, "run-label")).toBe("B");
  expect(attribute(cell, "data-hide")).toBe("permalink evalButton");
});

test("what is asked for twice is made once", () => {
  cells('<div class="sage">1</div>');
  makeCells({ inputLocation: "div.sage" }, {});
  expect(document.querySelectorAll("interact-cell")).toHaveLength(1);
});

test("an element, a list of elements and what a jQuery object looks like are input locations, too", () => {
  document.body.innerHTML = "<p>1</p><p>2</p><i>3</i>";
  const [first, second] = document.querySelectorAll("p");
  makeCells({ inputLocation: document.querySelector("i") as Element }, {});
  makeCells({ inputLocation: { 0: first as Element, 1: second as Element, length: 2 } }, {});
  expect([...document.querySelectorAll("interact-cell")].map((cell) => code(cell))).toEqual(["1", "2", "3"]);
});

test("what is not supported is named in a warning", () => {
  cells('<div class="sage">1</div>', { replaceOutput: false, interacts: [], languages: ["sage", "r"], tab: 4 });
  expect(warn).toHaveBeenCalledWith("sagecell.makeSagecell: not supported here and left out: interacts, tab, replaceOutput: false, languages: r");
});

test("code in another language is shown and the reader told that it does not run", () => {
  expect(cells('<div class="sage">x &lt;- 1</div>', { languages: ["r", "sage"] })).toEqual([]);
  expect(document.querySelector("pre")?.textContent).toBe("x <- 1");
  expect(document.body.textContent).toContain("language “r”, which cannot be run here");
});

test("wrong locations are told by the name of the option", () => {
  document.body.innerHTML = '<p class="o"></p><p class="o"></p><div class="sage">1</div><div class="two"></div><div class="two"></div>';
  const make = (options: Partial<Options>) => () => makeCells({ inputLocation: ".sage", ...options }, {});
  expect(make({ inputLocation: "" })).toThrow("inputLocation is missing");
  expect(make({ inputLocation: "div:first" })).toThrow('inputLocation: "div:first" is no CSS selector');
  expect(make({ outputLocation: ".o" })).toThrow("outputLocation must lead to one element, but leads to 2");
  expect(make({ inputLocation: ".two", outputLocation: ".sage" })).toThrow("inputLocation must lead to one element, but leads to 2");
  expect(document.querySelector("interact-cell")).toBeNull();
});

test("what makeSagecell returns takes the cells out again", () => {
  document.body.innerHTML = '<div class="sage">1</div><div class="sage">2</div><div id="one">3</div><div id="out"></div>';
  const several: CellInfo = {};
  const single: CellInfo = {};
  makeCells({ inputLocation: ".sage" }, several);
  makeCells({ inputLocation: "#one", outputLocation: "#out" }, single);
  expect(attribute(single.cell, "output-location")).toBe("#out");
  deleteCells(several);
  deleteCells(single);
  expect(document.body.innerHTML).toBe("");
});
