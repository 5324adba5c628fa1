import { describe, expect, it, vi } from "vitest";
import type { ChannelState } from "../src/channel/contract";
import { describe as described, notice as noticed } from "../src/element/status";
import { EN } from "../src/element/words";
import { FROZEN_HEIGHT, HeightGuard } from "../src/frame/height_guard";
import { fromFrame } from "../src/frame/protocol";
import { OutputArea } from "../src/output/area";
import { Budget } from "../src/output/budget";
import { choose as chooseIn } from "../src/output/mime";
import { WORDS } from "../src/output/words";
import { innerMessage, parseFrame } from "../src/protocol";
import { displayRegistry } from "./fakes";

// jsdom has no media queries.
window.matchMedia = () => Object.assign(new EventTarget(), { matches: false }) as MediaQueryList;

const area = () => {
  const made = new OutputArea(displayRegistry());
  document.body.replaceChildren(made.element);
  return made;
};
const png = (data: string, id?: string) => ({ data: { "image/png": data, "text/plain": "<Figure>" }, ...(id && { transient: { display_id: id } }) });

describe("output area", () => {
  it("keeps the old until the new begins, and then shows only the new", () => {
    const made = area();
    made.stream("stdout", "old\n");
    made.stream("stdout", "older\n");
    made.beginReplacement();
    expect(made.element.textContent).toBe("old\nolder\n");
    made.stream("stdout", "new");
    expect(made.element.textContent).toBe("new");
    made.stream("stdout", "er");
    made.settle();
    expect(made.element.textContent).toBe("newer");
  });

  it("keeps the first and the last of many outputs, and says how many are missing", () => {
    const made = area();
    for (let n = 0; n < 500; n++) made.display({ data: { "text/plain": `<${n}>` } });
    const shown = [...made.element.querySelectorAll(".display")].map(({ textContent }) => textContent);
    expect(shown.length).toBe(200);
    expect([shown[0], shown[19], shown[20], shown.at(-1)]).toEqual(["<0>", "<19>", "<320>", "<499>"]);
    expect(made.element.querySelector(".dropped")?.textContent).toBe("[… 300 outputs are not shown …]");
    expect(made.element.children[20]?.className).toBe("dropped");
    made.beginReplacement();
    made.display({ data: { "text/plain": "new" } });
    made.settle();
    expect(made.element.textContent).toBe("new");
  });

  it("bounds the lines of all outputs together", () => {
    const made = area();
    for (let n = 0; n < 8; n++) {
      made.stream("stdout", "line\n".repeat(1900));
      made.display(png("AAAA"));
    }
    expect(made.element.querySelectorAll(".line").length).toBeLessThan(12_000);
    expect(made.element.querySelector(".dropped")).not.toBeNull();
  }, 30_000);

  it("changes a picture in place", () => {
    const made = area();
    made.display(png("AAAA"));
    const image = made.element.querySelector("img");
    made.beginReplacement();
    made.display(png("BBBB"));
    made.settle();
    expect(made.element.querySelectorAll("img").length).toBe(1);
    expect(made.element.querySelector("img")).toBe(image);
    expect(image?.src).toBe("data:image/png;base64,BBBB");
    expect(image?.alt).toBe("<Figure>");
  });

  it("removes at the end what has no successor", () => {
    const made = area();
    made.display(png("AAAA"));
    made.display(png("BBBB"));
    made.beginReplacement();
    made.stream("stdout", "text");
    made.display(png("CCCC"));
    made.settle();
    expect([...made.element.children].map((child) => child.tagName)).toEqual(["PRE", "DIV"]);
  });

  it("knows clear_output with and without waiting", () => {
    const made = area();
    made.stream("stdout", "a");
    made.clear(true);
    expect(made.element.textContent).toBe("a");
    made.stream("stdout", "b");
    expect(made.element.textContent).toBe("b");
    made.clear(false);
    expect(made.element.textContent).toBe("");
  });

  it("puts markup only into a sandboxed frame without the page's origin", () => {
    const made = area();
    made.display({ data: { "text/html": "<img src=x onerror=alert(1)>" } });
    expect(made.element.querySelector("img")).toBeNull();
    const sandbox = made.element.querySelector("iframe")?.getAttribute("sandbox") ?? "";
    expect(sandbox).toContain("allow-scripts");
    expect(sandbox).not.toContain("allow-same-origin");
    expect(sandbox).not.toContain("allow-top-navigation");
  });

  it("opens one frame for a stretch of output, and another after what the page itself draws", () => {
    const made = area();
    const html = () => made.display({ data: { "text/html": "<b>x</b>" } });
    const shape = () => [...made.element.children].map((child) => (child.querySelector("iframe") ? "frame" : child.className));
    made.stream("stdout", "before");
    for (let n = 0; n < 90; n++) {
      html();
      made.stream("stdout", "between");
      made.display(png("AAAA"));
    }
    made.error({ ename: "ValueError", evalue: "no" });
    expect(shape()).toEqual(["stream", "frame"]);
    made.add({ element: document.createElement("form"), key: null, stale: false });
    made.stream("stdout", "after");
    html();
    html();
    expect(shape()).toEqual(["stream", "frame", "", "stream", "frame"]);
  });

  it("keeps the frame for what replaces its outputs, and lets it go when nothing does", () => {
    const made = area();
    const html = () => made.display({ data: { "text/html": "<b>x</b>" } });
    html();
    const frame = made.element.querySelector("iframe");
    const kept = () => expect([...made.element.querySelectorAll("iframe")]).toEqual([frame]);
    made.beginReplacement();
    made.stream("stdout", "first");
    html();
    made.settle();
    kept();
    made.clear(true);
    html();
    kept();
    made.clear(false);
    made.stream("stdout", "first");
    html();
    kept();
    made.beginReplacement();
    made.stream("stdout", "only");
    made.settle();
    expect(made.element.querySelector("iframe")).toBeNull();
  });

  it("gives the output of a new session a frame of its own, and keeps the old one until that is drawn", async () => {
    const registry = displayRegistry();
    const made = new OutputArea(registry);
    document.body.replaceChildren(made.element);
    const html = () => made.display({ data: { "text/html": "<b>x</b>" } });
    html();
    made.beginReplacement();
    registry.factory = displayRegistry().factory;
    vi.useFakeTimers();
    html();
    expect(made.element.querySelectorAll("iframe").length).toBe(2);
    await vi.runAllTimersAsync();
    vi.useRealTimers();
    expect(made.element.querySelectorAll("iframe").length).toBe(1);
  });

  it("moves into a frame what is updated to something that needs one", () => {
    const made = area();
    const transient = { display_id: "d" };
    made.display({ data: { "text/plain": "wait" }, transient });
    made.stream("stdout", "after");
    made.updateDisplay({ data: { "text/html": "<b>done</b>" }, transient });
    expect([...made.element.children].map((child) => child.tagName)).toEqual(["DIV", "DIV", "PRE"]);
    expect(made.element.children[1]?.querySelector("iframe")).not.toBeNull();
    made.updateDisplay({ data: { "text/plain": "text again" }, transient });
    expect(made.element.querySelectorAll("iframe").length).toBe(1);
  });

  it("shows a traceback, or the name and value of an error without one", () => {
    const made = area();
    made.error({ ename: "ValueError", evalue: "no", traceback: [] });
    expect(made.element.querySelector('[part="error"]')?.textContent).toBe("ValueError: no");
  });
});

const choose = (data: Record<string, unknown>, metadata: Record<string, unknown> = {}) => chooseIn(data, metadata, WORDS.en);

describe("mime types", () => {
  it("takes the richest that is safe", () => {
    expect(choose({ "text/plain": "x" })).toEqual({ kind: "text", text: "x" });
    expect(choose({ "text/plain": "x", "text/html": ["<b>", "x</b>"] })).toEqual({ kind: "rich", type: "text/html", data: ["<b>", "x</b>"], metadata: {} });
    expect(choose({ "image/svg+xml": "<svg onload='x'/>" })).toMatchObject({ kind: "image", source: "data:image/svg+xml;charset=utf-8,%3Csvg%20onload%3D'x'%2F%3E" });
    expect(choose({ "image/jpeg": 'AA"onerror=' }, { "image/jpeg": { width: 10 } })).toMatchObject({ kind: "image", source: "data:image/jpeg;base64,AAonerror=", width: 10, height: null });
    expect(choose({ "image/png": "AA", "text/plain": "<IPython.core.display.Image object>" })).toMatchObject({ alt: "Figure" });
    expect(choose({ "image/png": "AA", "text/plain": "x" }, { "image/png": { alt: "A dot" } })).toMatchObject({ alt: "A dot" });
    expect(choose({ "text/latex": "$x$", "image/png": "AA", "text/plain": "x" })).toMatchObject({ kind: "rich", type: "text/latex" });
    expect(choose({ "application/x-odd": {} })).toMatchObject({ kind: "text" });
  });
});

describe("words", () => {
  const words = (state: ChannelState | null, online: boolean, failure: string | null) => described(state, online, failure, EN);
  const notice = (reason: string, text: string | null, interactive: boolean) => noticed(reason, text, interactive, EN);
  const state = { connection: "open", status: "running", place: null, busy: false, reason: null } as const;
  it("say how the session is", () => {
    expect(words(null, true, null).text).toBe("ready");
    expect(words({ ...state, status: "queued", place: 3 }, true, null).text).toBe("queued (place 3)");
    expect(words({ ...state, status: "claimed" }, true, null).text).toBe("starting");
    expect(words({ ...state, busy: true }, true, null).text).toBe("running");
    expect(words({ ...state }, true, "NameError").text).toBe("ready · NameError");
    expect(words({ ...state, connection: "reconnecting" }, false, null).text).toBe("offline");
    expect(words({ ...state, connection: "closed", status: "lost", reason: "device_lost" }, true, null).text).toBe("device lost");
    expect(words({ ...state, connection: "closed", status: "ended", reason: "limit:memory" }, true, null).text).toBe("ended · out of memory");
  });

  it("say what to do after a loss, once", () => {
    expect(notice("device_lost", null, true)).toContain("The machine that ran this cell was lost. Move a control or press Run");
    expect(notice("idle", "It was idle. Press Run to start again.", true)).toBe("It was idle. Press Run to start again.");
    expect(notice("limit:cpu", "Too long", false)).toBe("Too long. Press Run to start again.");
    expect(notice("finished", "Done", false)).toBeNull();
  });
});

describe("height of a frame", () => {
  it("follows content, but not a window that grows with it", () => {
    const guard = new HeightGuard();
    expect(guard.next(100.2, 0)).toBe(101);
    expect(guard.next(101, 10)).toBeNull();
    expect(guard.next(500, 2_000)).toBe(500);
    expect([520, 540, 560, 580].map((height, i) => guard.next(height, 2_010 + i * 20))).toEqual([520, 540, FROZEN_HEIGHT, null]);
    guard.reset();
    expect(guard.next(90, 3_000)).toBe(90);
  });

  it("believes growth that the content itself has made", () => {
    const guard = new HeightGuard();
    for (let i = 1; i < 20; i++) {
      guard.changed();
      expect(guard.next(i * 10, i)).toBe(i * 10);
    }
  });
});

describe("what is taken from a frame", () => {
  it("is a height and a batch, and nothing else", () => {
    expect(fromFrame({ type: "drawn", batch: 2, height: 5 })).toEqual({ type: "drawn", batch: 2, height: 5 });
    for (const hostile of [null, "height", { height: 5 }, { type: "height", height: "5px" }, { type: "height", height: NaN }, { type: "drawn", height: 5 }, { type: "run", height: 5 }])
      expect(fromFrame(hostile)).toBeNull();
  });

  it("is bounded: a burst is, a flood is not", () => {
    const budget = new Budget();
    let taken = 0;
    while (budget.spend(1, 0) && taken < 1e6) taken++;
    expect(taken).toBe(1_500);
    for (let second = 1; second <= 20; second++) for (let n = 0; n < 250; n++) expect(budget.spend(1, second * 1_000 + n * 4)).toBe(true);
  });
});

describe("frames from the service", () => {
  it("are one message or many, and what is wrong is dropped", () => {
    expect(parseFrame("no json")).toEqual([]);
    expect(parseFrame('[1, null, {"header": {}}, {"header": {"msg_type": "status"}}]').length).toBe(1);
    const [message] = parseFrame('{"header": {"msg_type": "extension"}, "content": {"msg_type": "interact_end"}}');
    expect(message && innerMessage(message)).toEqual({ msg_type: "interact_end", content: {} });
  });
});
