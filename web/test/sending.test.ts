// By which way a request leaves, and what overtakes what.
import { beforeEach, describe, expect, it } from "vitest";
import { executeRequest, interactRequest, makeMessage } from "../src/channel/messages";
import { Sending } from "../src/channel/sending";
import type { Message } from "../src/protocol";
import { FakeClock, FakeTransport } from "./fakes";

let transport: FakeTransport;
let clock: FakeClock;
let frames: Message[];
let attached: boolean;
let refused: string[];
let sending: Sending;

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 30; turn++) await Promise.resolve();
};
const textOf = (blob: Blob): Promise<string> =>
  new Promise((resolve) => {
    // jsdom's Blob has no text().
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.readAsText(blob);
  });
const posts = (): Message[] => transport.requests.filter(({ path }) => path.endsWith("/messages")).map(({ body }) => body as Message);
const large = (state: number, length = 400_000): Message => interactRequest("f", state, { file: { data: "A".repeat(length) } });
const file = (name: string, data = "QQ=="): Message => ({ ...makeMessage("shell", "upload_request", { name }), buffers: [data] });

beforeEach(() => {
  transport = new FakeTransport();
  clock = new FakeClock();
  frames = [];
  attached = true;
  refused = [];
  transport.answer = async (path) => (path.endsWith("/uploads") ? { upload: "abc", url: "http://store/", fields: { key: "k" } } : {});
  sending = new Sending({
    transport, clock,
    session: () => ({ id: "s", token: "t" }),
    frame: (text) => {
      if (attached) frames.push(JSON.parse(text) as Message);
      return attached;
    },
    refused: (_, error) => refused.push(error.message),
  });
});

describe("the way", () => {
  it("is the websocket for what is small, at once", () => {
    sending.send(executeRequest("1"));
    expect(frames).toHaveLength(1);
  });

  it("is HTTPS for what no frame holds", async () => {
    sending.send(executeRequest("#".repeat(30_000)));
    await settle();
    expect(posts()[0]?.content["code"]).toHaveLength(30_000);
    expect(transport.uploads).toEqual([]);
  });

  it("is the store for what no request holds, which then names it", async () => {
    const message = large(3);
    sending.send(message);
    await settle();
    const [upload] = transport.uploads;
    const whole = JSON.parse(await textOf(upload?.body as Blob)) as Record<string, unknown>;
    expect(transport.requests[0]).toMatchObject({ path: "/sessions/s/uploads", token: "t", body: { size: upload?.body.size } });
    expect(Object.keys(whole)).toEqual(["content", "buffers", "values"]);
    expect(posts()).toEqual([
      { ...message, content: {}, buffers: [], metadata: { payload: { upload: "abc" }, interact: { function_name: "f", state: 3, values: {} } } },
    ]);
  });

  it("is told to the reader when it is too long for all of them", async () => {
    sending.send(large(1, 11_000_001));
    await settle();
    expect(refused[0]).toContain("more than 11000000");
    expect(transport.requests).toEqual([]);
  }, 30_000);
});

it("sends what a session begins with only when all of it is in the store, by HTTPS and in its order", async () => {
  const order: string[] = [];
  transport.upload = async () => void order.push("upload");
  const answer = transport.answer;
  transport.answer = (path) => (order.push(path.split("/").at(-1) as string), answer(path));
  await sending.begin([file("a", "A".repeat(400_000)), file("b"), executeRequest("1")]);
  expect(order).toEqual(["uploads", "upload", "messages", "messages", "messages"]);
  expect(posts().map(({ header }) => header.msg_type)).toEqual(["upload_request", "upload_request", "execute_request"]);
  expect(frames).toEqual([]);
});

it("shows the session that somebody is there while an upload takes its time", async () => {
  let done = () => {};
  transport.upload = () => new Promise((resolve) => (done = resolve));
  sending.send(large(1));
  await settle();
  clock.advance(45_000);
  expect(frames.map(({ header }) => header.msg_type)).toEqual(["kernel_info_request", "kernel_info_request"]);
  done();
  await settle();
  clock.advance(45_000);
  expect(frames).toHaveLength(2);
});

it("goes by HTTPS while there is no websocket", async () => {
  attached = false;
  sending.send(executeRequest("1"));
  await settle();
  expect(posts()).toHaveLength(1);
});

describe("order", () => {
  it("lets code wait for the file that it reads, however small both are", async () => {
    sending.send(file("a.csv"));
    sending.send(executeRequest("open('a.csv')"));
    expect(frames).toEqual([]);
    await settle();
    expect(posts().map(({ header }) => header.msg_type)).toEqual(["upload_request"]);
    expect(frames.map(({ header }) => header.msg_type)).toEqual(["execute_request"]);
  });

  it("lets a stop overtake what is on its way", () => {
    sending.send(large(1));
    sending.send(makeMessage("control", "interrupt_request"));
    expect(frames.map(({ header }) => header.msg_type)).toEqual(["interrupt_request"]);
  });

  it("sends of one function's changes only the newest when they had to wait", async () => {
    sending.send(large(1));
    sending.send(large(2));
    sending.send(interactRequest("f", 3, {}));
    await settle();
    expect(posts()).toEqual([]);
    expect(frames.map(({ metadata }) => metadata.interact?.state)).toEqual([3]);
  });

  it("does not put the same away twice when it is sent again", async () => {
    const message = large(1);
    sending.send(message);
    sending.send(message);
    await settle();
    sending.send(message);
    await settle();
    expect(transport.uploads).toHaveLength(1);
    expect(posts()).toHaveLength(2);
  });
});

it("tries again when the store is in trouble that passes, and not when the service refuses", async () => {
  let failures = 1;
  transport.upload = async () => {
    if (failures-- > 0) throw new Error("HTTP 503");
  };
  sending.send(large(1));
  await settle();
  clock.advance(500);
  await settle();
  expect(posts()).toHaveLength(1);
  transport.answer = async () => Promise.reject(Object.assign(new Error("ask again in 30 s"), { ename: "TooManyRequests" }));
  sending.send(large(2));
  await settle();
  expect(refused).toEqual(["ask again in 30 s"]);
});
