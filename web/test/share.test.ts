import fc from "fast-check";
import jsQR from "jsqr";
import { describe, expect, it } from "vitest";
import { dedent, extractCode } from "../src/element/code";
import type { WireValue } from "../src/protocol";
import { snippet } from "../src/share/embed";
import { notebook, script } from "../src/share/exported";
import { decode, encode } from "../src/share/fragment";
import { linkOf, readAddress } from "../src/share/link";
import { qrCode } from "../src/share/qr";
import { readCell, type SharedCell } from "../src/share/shared_cell";
import { WORDS } from "../src/share/words";

const BASE = "https://cells.example/lw/";
const CELL: SharedCell = { code: "print(1)", language: "python", state: {}, layout: {} };

const values = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<WireValue>, { maxKeys: 3 });
const cells: fc.Arbitrary<SharedCell> = fc
  .record(
    {
      code: fc.string({ unit: "grapheme" }),
      language: fc.constantFrom("python", "r"),
      kernel: fc.constantFrom("python3", "ir"),
      state: fc.dictionary(fc.string({ maxLength: 20 }), values, { maxKeys: 3 }),
      layout: fc.record(
        { editor: fc.constantFrom("full", "collapsed", "read-only", "hidden"), controls_only: fc.boolean(), linked: fc.string({ maxLength: 20 }) },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ["code", "language", "state", "layout"] },
  )
  .map((cell) => JSON.parse(JSON.stringify(cell)) as SharedCell);

/** A fragment of any JSON, as whoever forges a link makes one. */
const forged = (value: unknown): Promise<string> => encode({ ...CELL, ...(value as SharedCell) });

describe("a link that holds everything", () => {
  it("brings every cell back as it was, in characters that every program passes on", async () => {
    await fc.assert(
      fc.asyncProperty(cells, async (cell) => {
        const fragment = await encode(cell);
        expect(fragment).toMatch(/^[\w-]*$/);
        expect(readCell(await decode(fragment))).toEqual(cell);
      }),
      { numRuns: 30 },
    );
  });

  it("is found again in its address, as is a stored one", () => {
    for (const address of [{ fragment: "abc_-1" }, { id: "0".repeat(32) }]) expect(readAddress(new URL(linkOf(BASE, address)))).toEqual(address);
    expect(readAddress(new URL(`${BASE}?d=1#other`))).toBeNull();
  });

  it("is refused when it was cut off or changed", async () => {
    const fragment = await encode({ ...CELL, code: "print(12345)\n".repeat(20) });
    for (const text of [fragment.slice(0, -5), `${fragment}!`, "", "%", "AAAA", `x${fragment}`]) await expect(decode(text)).rejects.toMatchObject({ kind: "broken" });
  });

  it("is refused when it is a megabyte, or would become many", async () => {
    await expect(decode("A".repeat(1024 * 1024))).rejects.toMatchObject({ kind: "too_large" });
    const bomb = await encode({ ...CELL, code: "x".repeat(2_000_000) });
    await expect(decode(bomb)).rejects.toMatchObject({ kind: "too_large" });
  });
});

describe("what a link says", () => {
  it("is nothing without code", () => {
    for (const value of [null, 1, "code", [], [{ code: "" }], {}, { code: 1 }, { code: null }]) expect(readCell(value)).toBeNull();
  });

  it("counts only as far as it is known and of the right type", async () => {
    const hostile = {
      autorun: true,
      code: "x",
      language: { toString: "python" },
      kernel: "../../bin/sh",
      state: { f: 7, g: null, h: [1], "": {}, ["n".repeat(300)]: {}, i: { n: "not a number" }, deep: JSON.parse(`{"a": ${"[".repeat(200)}${"]".repeat(200)}}`) as unknown },
      layout: { editor: "<script>", controls_only: "yes", linked: "x".repeat(1000), autorun: true },
    };
    expect(readCell(await decode(await forged(hostile)))).toEqual({ code: "x", language: "python", state: { "": {}, i: { n: "not a number" } }, layout: {} });
  });

  it("changes no prototype", () => {
    const cell = readCell(JSON.parse('{"code": "", "__proto__": {"code": "y"}, "state": {"__proto__": {"polluted": 1}, "f": {"__proto__": 1}}}'));
    expect(cell?.code).toBe("");
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    expect(Object.getPrototypeOf(cell?.state)).toBe(Object.prototype);
  });
});

describe("the snippet to embed", () => {
  const shown = (cell: SharedCell): Element => {
    const page = document.createElement("div");
    page.innerHTML = snippet(cell, BASE);
    expect(page.querySelectorAll("script[src]")).toHaveLength(1);
    expect(page.querySelector("script[src]")?.getAttribute("src")).toBe(`${BASE}cell.js`);
    return page.querySelector("interact-cell") as Element;
  };

  it("holds every code as it is, also one that would end its element", () => {
    const pieces = fc.constantFrom("<", ">", "&", "&lt;", "</script>", "<script>", "<!--", "-->", "</SCRIPT ", '"', "'", "</pre>", "\n", "  ", "x", "é");
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const code = parts.join("");
        expect(extractCode(shown({ ...CELL, code }))).toBe(dedent(code));
      }),
      { numRuns: 30 },
    );
  });

  it("carries the layout and the kernel in attributes, escaped", () => {
    const element = shown({ ...CELL, kernel: "ir", layout: { editor: "collapsed", linked: '"><img src=x onerror=alert(1)>', controls_only: true } });
    expect([...element.attributes].map(({ name, value }) => [name, value])).toEqual([
      ["kernel", "ir"],
      ["editor", "collapsed"],
      ["linked", '"><img src=x onerror=alert(1)>'],
      ["controls-only", ""],
    ]);
  });
});

describe("files", () => {
  it("are the code itself, and a notebook with the values in its metadata", () => {
    const cell = { ...CELL, code: "a = 1\n\n\n", state: { f: { n: 3 } } };
    expect(script(cell).text).toBe("a = 1\n");
    const content = JSON.parse(notebook(cell).text) as { cells: { source: string; metadata: unknown }[] };
    expect(content.cells[0]).toMatchObject({ source: cell.code, metadata: { longwire: { state: { f: { n: 3 } } } } });
  });

  it("are made at once, however many line breaks a link has put into its code", () => {
    const code = `${"\n".repeat(100_000)}x\n\n`;
    const began = performance.now();
    expect(script({ ...CELL, code }).text).toBe(`${code.slice(0, -1)}`);
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

describe("the QR code", () => {
  it("is read as the link by a reader of codes", () => {
    for (const length of [10, 200, 750]) {
      const link = `${BASE}#cell=${"aB3_-".repeat(length / 5)}`;
      expect(read(qrCode(link, "a link") as SVGSVGElement)).toBe(link);
    }
  });

  it("is not drawn when it would be too dense to be read", () => {
    expect(qrCode("x".repeat(900), "a link")).toBeNull();
  });

  const read = (svg: SVGSVGElement): string | undefined => {
    const size = Number(svg.getAttribute("viewBox")?.split(" ")[2]);
    const scale = 4;
    const side = size * scale;
    const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
    for (const [, x, y] of (svg.querySelectorAll("path")[1]?.getAttribute("d") ?? "").matchAll(/M(\d+) (\d+)h1v1h-1z/g)) {
      for (let row = 0; row < scale; row++) {
        const start = ((Number(y) * scale + row) * side + Number(x) * scale) * 4;
        for (let i = 0; i < scale; i++) pixels.set([0, 0, 0, 255], start + i * 4);
      }
    }
    return jsQR(pixels, side, side)?.data;
  };
});

it("says everything in every language", () => {
  const keys = Object.keys(WORDS.en).sort();
  expect(Object.keys(WORDS.de).sort()).toEqual(keys);
});
