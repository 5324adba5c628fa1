import { describe, expect, it } from "vitest";
import { BrowserTransport } from "../src/channel/transport";
import { Channel } from "../src/channel/channel";
import type { ChannelState } from "../src/channel/contract";
import { executeRequest, makeMessage } from "../src/channel/messages";
import type { Message } from "../src/protocol";
import { refusalText } from "../src/refusals";
import { FakeClock, FakeTransport, helloReply } from "./fakes";

const TOO_MANY = { status: "error", ename: "TooManyRequests", evalue: "too many", quota: "runs_per_minute", at_most: 3, retry_after: 23 };

function rig(options: object) {
  const transport = new FakeTransport();
  const got: Message[] = [];
  const states: ChannelState[] = [];
  const channel = new Channel({
    transport,
    clock: new FakeClock(),
    listener: { message: (message) => got.push(message), state: (state) => states.push(state), session: () => {}, replayed: () => {}, gone: () => {} },
    ...options,
  });
  channel.start();
  return { transport, channel, got };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("what a reader is told", () => {
  it("says which limit it is and when to come again, in the page's language", () => {
    expect(refusalText(TOO_MANY, "en")).toBe("Code was run as often as it may be in one minute (3 times). Try again in 23 seconds.");
    expect(refusalText(TOO_MANY, "de")).toBe("Code wurde so oft ausgeführt, wie es in einer Minute geht (3 Mal). In 23 Sekunden geht es wieder.");
    expect(refusalText({ ...TOO_MANY, quota: "compute_seconds_per_hour", at_most: 3600, retry_after: 700 }, "en")).toMatch(/\(60 minutes\)\. Try again in 12 minutes\.$/);
  });

  it("is silent about what the program, or another part of the service, has said", () => {
    expect(refusalText({ ename: "ZeroDivisionError" }, "en")).toBeNull();
    expect(refusalText({ ename: "TooManyRequests", quota: "uploads" }, "en")).toBeNull();
  });
});

describe("who the reader is", () => {
  it("is said in the first message, and not when the session is known", () => {
    const { transport } = rig({ request: executeRequest("1") });
    transport.last.open("a token");
    expect(transport.last.sent[0]?.content).toEqual({ session: null, after: 0, identity_token: "a token" });

    const known = rig({ session: { id: "s1", token: "secret" } });
    known.transport.last.open("a token");
    expect(known.transport.last.sent[0]?.content).toEqual({ session: "s1", after: 0, token: "secret" });
  });

  it("stands in a header where a session begins by HTTP, and in no other request and no address", async () => {
    const asked: { url: string; authorization: string | null }[] = [];
    globalThis.fetch = (async (url: URL | string, init?: RequestInit) => {
      if (String(url).endsWith("config.json")) return new Response(JSON.stringify({ api: "http://service.test/api", websocket: "ws://service.test" }));
      asked.push({ url: String(url), authorization: new Headers(init?.headers).get("Authorization") });
      return new Response("{}");
    }) as typeof fetch;
    const transport = new BrowserTransport("http://page.test/", async () => "a token");
    await transport.request("POST", "/sessions", null, {});
    await transport.request("POST", "/permalinks", null, {});
    await transport.request("POST", "/sessions/s1/messages", "secret", {});
    expect(asked.map(({ authorization }) => authorization)).toEqual(["Bearer a token", null, "Bearer secret"]);
    expect(asked.some(({ url }) => url.includes("token"))).toBe(false);
  });

  it("is unknown where the page's function fails", async () => {
    const authorized: (string | null)[] = [];
    globalThis.fetch = (async (url: URL | string, init?: RequestInit) => {
      if (!String(url).endsWith("config.json")) authorized.push(new Headers(init?.headers).get("Authorization"));
      return new Response(JSON.stringify({ api: "http://service.test/api", websocket: "ws://service.test" }));
    }) as typeof fetch;
    await new BrowserTransport("http://other.test/", () => Promise.reject(new Error("no session"))).request("POST", "/sessions", null, {});
    expect(authorized).toEqual([null]);
  });
});

describe("a refusal", () => {
  it("of the first run ends with all that was said of it", async () => {
    const request = executeRequest("1");
    const { transport, channel, got } = rig({ request });
    transport.last.open();
    transport.last.frame(helloReply({ session: null }));
    transport.last.frame({ ...makeMessage("shell", "execute_reply", TOO_MANY), parent_header: request.header });
    await settle();
    expect(got.at(-1)?.content).toMatchObject({ ename: "TooManyRequests", quota: "runs_per_minute", at_most: 3, retry_after: 23 });
    expect(channel.state).toMatchObject({ connection: "closed", reason: "refused", busy: false });
  });

  it("of the reader's token is one of the run that he has asked for", async () => {
    const { transport, channel, got } = rig({ request: executeRequest("1") });
    transport.last.open("an old token");
    transport.last.frame(helloReply({ status: "error", ename: "NotAuthorized", evalue: "is not good", field: "identity_token" }));
    await settle();
    expect(got.at(-1)?.content).toMatchObject({ ename: "NotAuthorized" });
    expect(channel.state.reason).toBe("refused");
  });

  it("of a run in a session that lives leaves it ready", async () => {
    const { transport, channel } = rig({ session: { id: "s1", token: "secret" } });
    transport.last.open();
    transport.last.frame(helloReply({ session: "s1", session_status: "running" }));
    const request = executeRequest("1");
    channel.send(request);
    expect(channel.state.busy).toBe(true);
    transport.last.frame({ ...makeMessage("shell", "execute_reply", TOO_MANY), parent_header: request.header });
    await settle();
    expect(channel.state).toMatchObject({ connection: "open", status: "running", busy: false });
  });
});
