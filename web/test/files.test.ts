// Files of a cell: what the program claims to have made is hostile, and so is what it answers.
import { beforeEach, describe, expect, it, vi } from "vitest";
import { makeMessage } from "../src/channel/messages";
import { Added } from "../src/files/added";
import { Made } from "../src/files/made";
import { isPlainName } from "../src/files/names";
import type { Message } from "../src/protocol";
import { FakeClock, FakeTransport } from "./fakes";

const HOSTILE = ["../../etc/passwd", "a/b", "a\\b", "", " ", ".bashrc", "-rf", "a\nb", "\u202egpj.exe", "a\u200bb", "x".repeat(101), null, 7];
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
};

let sent: Message[];
let clock: FakeClock;
let transport: FakeTransport;
let made: Made;
let saved: { name: string; blob: Blob }[];

const buttons = (): HTMLButtonElement[] => [...made.element.querySelectorAll("button")];
const words = (): string => made.element.querySelector("[role=status]")?.textContent ?? "";
const reply = (content: Record<string, unknown>, buffers: string[], more: Partial<Message> = {}): Message => ({
  ...makeMessage("shell", "download_reply", content),
  parent_header: (sent.at(-1) as Message).header,
  buffers,
  ...more,
});

beforeEach(() => {
  [sent, saved, clock, transport] = [[], [], new FakeClock(), new FakeTransport()];
  made = new Made({ language: "en", clock, transport, watching: false, send: (message) => sent.push(message) });
  let blob = new Blob();
  URL.createObjectURL = (given) => ((blob = given as Blob), "blob:x");
  URL.revokeObjectURL = () => {};
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    saved.push({ name: this.download, blob });
  });
});

describe("what a program has made", () => {
  it("is listed by plain names only, as text, at most 20, the newest first", () => {
    made.tell([...HOSTILE.map((name) => ({ name, size: 1 })), "no", { name: "<img src=x onerror=alert(1)>", size: 1536 }]);
    expect(buttons().map(({ textContent }) => textContent)).toEqual(["↓ <img src=x onerror=alert(1)>"]);
    expect(made.element.querySelector("img")).toBeNull();
    for (let n = 0; n < 30; n++) made.tell([{ name: `f${n}`, size: n }]);
    expect(buttons()).toHaveLength(20);
    expect(buttons()[0]?.textContent).toBe("↓ f29");
  });

  it("is saved when the session answers with it, and never opened", async () => {
    made.tell([{ name: "a.html", size: 3 }]);
    buttons()[0]?.click();
    buttons()[0]?.click();
    expect(sent.map(({ content }) => content)).toEqual([{ name: "a.html" }]);
    expect(made.answered(reply({ status: "ok", name: "a.html", size: 3 }, ["YWJj"]))).toBe(true);
    await settle();
    expect(saved.map(({ name, blob }) => [name, blob.size, blob.type])).toEqual([["a.html", 3, "application/octet-stream"]]);
    expect(made.answered(reply({ status: "ok", name: "a.html", size: 3 }, ["YWJj"]))).toBe(false);
  });

  it("is fetched from the store when it is large", async () => {
    transport.payloads.set("http://store/1", { content: { status: "ok", name: "a", size: 3 }, buffers: ["YWJj"] });
    made.tell([{ name: "a", size: 3 }]);
    buttons()[0]?.click();
    made.answered(reply({}, [], { metadata: { payload: { url: "http://store/1", size: 99 } } }));
    await settle();
    expect(saved).toHaveLength(1);
  });

  it.each([
    ["another name", { status: "ok", name: "b.exe" }, ["YWJj"]],
    ["no bytes", { status: "ok", name: "a" }, []],
    ["two files", { status: "ok", name: "a" }, ["YWJj", "YWJj"]],
    ["what is no base64", { status: "ok", name: "a" }, ["<script>"]],
    ["more than a file may have", { status: "ok", name: "a" }, ["A".repeat(12_000_004)]],
    ["an error", { status: "error", evalue: "there is no file a" }, []],
  ])("is not saved when the answer is %s", async (_, content, buffers) => {
    made.tell([{ name: "a", size: 3 }]);
    buttons()[0]?.click();
    made.answered(reply(content, buffers));
    await settle();
    expect(saved).toEqual([]);
    expect(words()).toMatch(/^a could not be downloaded: ./);
  });

  it("is not waited for without end, nor asked for when the session is over", () => {
    made.tell([{ name: "a", size: 3 }]);
    buttons()[0]?.click();
    clock.advance(120_000);
    expect(words()).toContain("does not answer");
    made.sessionOver();
    buttons()[0]?.click();
    expect(sent).toHaveLength(1);
    expect(words()).toContain("the session is over");
  });
});

describe("what a reader adds", () => {
  const given = (name: string, bytes = 2): File => Object.assign(new File(["x".repeat(bytes)], name), { arrayBuffer: async () => new ArrayBuffer(bytes) });

  it("waits for a session, goes into every new one, and is confirmed in words", async () => {
    const added = new Added({ language: "en", send: () => false });
    await added.add([given("data.csv")]);
    expect(added.element.textContent).toContain("data.csv comes along when you press Run.");
    const [request] = added.requests();
    expect([request?.content, request?.buffers]).toEqual([{ name: "data.csv" }, ["AAA="]]);
    added.answered({ ...makeMessage("shell", "upload_reply", { status: "ok" }), parent_header: (request as Message).header });
    expect(added.element.textContent).toContain("data.csv is in the session: open('data.csv')");
    added.sessionOver();
    expect(added.element.textContent).toContain("comes along");
    expect(added.requests()).toHaveLength(1);
  });

  it("is refused in words when its name or its size will not do", async () => {
    const added = new Added({ language: "en", send: () => true });
    await added.add([given("-rf")]);
    expect(added.element.textContent).toContain("-rf was not added: its name has folders");
    const big = given("big");
    Object.defineProperty(big, "size", { value: 8_000_001 });
    await added.add([big]);
    expect(added.element.textContent).toContain("big was not added: it has 7.63 MB");
    expect(added.requests()).toEqual([]);
  });
});

it("knows plain names", () => {
  for (const name of HOSTILE) expect(isPlainName(name)).toBe(false);
  for (const name of ["a", "größe 1.csv", "a.tar.gz", "图.png"]) expect(isPlainName(name)).toBe(true);
});
