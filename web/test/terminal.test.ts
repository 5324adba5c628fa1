import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applySgr, indexedColour, PLAIN, tokenize } from "../src/output/ansi";
import { Terminal } from "../src/output/terminal";
import { TerminalView } from "../src/output/terminal_view";
import { WORDS } from "../src/output/words";

const written = (...parts: string[]) => {
  const terminal = new Terminal();
  for (const part of parts) terminal.write(part);
  return terminal;
};

describe("ANSI", () => {
  it("knows the 16, the 256 and the true colours", () => {
    expect(applySgr(PLAIN, [31]).foreground).toBe("var(--ansi-1)");
    expect(applySgr(PLAIN, [1, 94]).foreground).toBe("var(--ansi-12)");
    expect(applySgr(PLAIN, [38, 5, 196]).foreground).toBe("rgb(255,0,0)");
    expect(applySgr(PLAIN, [48, 5, 244]).background).toBe("rgb(128,128,128)");
    expect(applySgr(PLAIN, [38, 2, 1, 2, 300, 4])).toMatchObject({ foreground: "rgb(1,2,255)", underline: true });
    expect(indexedColour(256)).toBeNull();
  });

  it("resets all but the tint of stderr", () => {
    const style = { ...PLAIN, stderr: true, bold: true };
    expect(applySgr(style, [0])).toEqual({ ...PLAIN, stderr: true });
  });

  it("keeps a sequence that the end of a message has cut", () => {
    expect(tokenize("a\u001b[3").rest).toBe("\u001b[3");
    const terminal = written("a\u001b[3", "1mb");
    expect(terminal.text).toBe("ab");
    expect(terminal.lines[0]?.runs[1]?.style.foreground).toBe("var(--ansi-1)");
  });

  it("skips titles, links and unknown sequences", () => {
    expect(written("\u001b]0;title\u0007x\u001b]8;;http://a\u001b\\y\u001b[?25lz").text).toBe("xyz");
  });
});

describe("terminal model", () => {
  it("overwrites after a carriage return", () => {
    expect(written("100%\r 50%").text).toBe(" 50%");
    expect(written("abcdef\rxy").text).toBe("xycdef");
    expect(written("abc\r\nd").text).toBe("abc\nd");
  });

  it("draws a progress bar in place, message by message", () => {
    expect(written("\r 1/3", "\r 2/3", "\r 3/3\n", "done").text).toBe(" 3/3\ndone");
  });

  it("knows backspace, erase in line and moves of the cursor", () => {
    expect(written("abc\b\bX").text).toBe("aXc");
    expect(written("abc\r\u001b[K").text).toBe("");
    expect(written("one\ntwo\u001b[A\rONE").text).toBe("ONE\ntwo");
    expect(written("a\u001b[3Cb").text).toBe("a   b");
    expect(written("old\n\u001b[2J\u001b[Hnew").text).toBe("new");
  });

  it("keeps the head and the tail of a flood", () => {
    const terminal = new Terminal({ lines: 100, characters: 1e6 });
    for (let i = 0; i < 1000; i++) terminal.write(`${i}\n`);
    expect(terminal.lines.length).toBe(100);
    expect(terminal.text.startsWith("0\n1\n2\n")).toBe(true);
    expect(terminal.text.endsWith("998\n999\n")).toBe(true);
    expect(terminal.dropped).toBe(901);
  });

  it("bounds what one endless line holds", () => {
    const terminal = new Terminal({ lines: 100, characters: 1000 });
    for (let i = 0; i < 100; i++) terminal.write("x".repeat(90));
    expect(terminal.text.length).toBeLessThanOrEqual(1000);
  });

  it("never throws and keeps its bounds, whatever is written", () => {
    const piece = fc.oneof(fc.string(), fc.constantFrom("\n", "\r", "\b", "\u001b[A", "\u001b[2K", "\u001b[31m", "\u001b[", "\u001b[5G", "\u001b[2J", "x".repeat(60)));
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 80 }), (pieces) => {
        const view = new TerminalView("stream", WORDS.en);
        const terminal = new Terminal({ lines: 10, characters: 200 });
        for (const text of pieces) {
          terminal.write(text);
          view.write(text);
        }
        expect(terminal.lines.length).toBeLessThanOrEqual(10);
        expect(terminal.text.length).toBeLessThanOrEqual(210);
        // The drawing is exactly the model, however it came about.
        expect(view.element.textContent).toBe(view.terminal.text);
      }),
    );
  });

  it("draws text, never markup, and tints stderr", () => {
    const view = new TerminalView("stream", WORDS.en);
    view.write("<b>x</b>");
    view.write("oops", true);
    expect(view.element.querySelector("b")).toBeNull();
    expect(view.element.querySelector(".stderr")?.textContent).toBe("oops");
  });
});
