import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoff } from "../src/channel/backoff";
import { Channel } from "../src/channel/channel";
import type { ChannelState, SessionKey } from "../src/channel/contract";
import { executeRequest, interactRequest } from "../src/channel/messages";
import { Sequencer } from "../src/channel/sequencer";
import type { Message } from "../src/protocol";
import { extension, FakeClock, FakeTransport, helloReply, status, stream } from "./fakes";

function rig(options: { session?: SessionKey; request?: Message } = {}, transport = new FakeTransport()) {
  const clock = new FakeClock();
  const got: Message[] = [];
  const states: ChannelState[] = [];
  const log = { session: null as SessionKey | null, replayed: 0, gone: 0 };
  const channel = new Channel({
    transport,
    clock,
    random: () => 1,
    listener: {
      message: (message) => got.push(message),
      state: (state) => states.push(state),
      session: (session) => (log.session = session),
      replayed: () => (log.replayed += 1),
      gone: () => (log.gone += 1),
    },
    ...options,
  });
  channel.start();
  const texts = () => got.filter(({ header }) => header.msg_type === "stream").map(({ content }) => content["text"]);
  return { clock, transport, channel, got, states, log, texts };
}

const KEY = { id: "s1", token: "secret" };

function attached(sequence = 0) {
  const parts = rig({ session: KEY });
  parts.transport.last.open();
  parts.transport.last.frame(helloReply({ session: "s1", session_status: "running", sequence }));
  return parts;
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("a new session", () => {
  it("says hello, then its request, and learns id and token", () => {
    const request = executeRequest("1");
    const { transport, log, channel } = rig({ request });
    transport.last.open();
    expect(transport.last.sent[0]?.content).toEqual({ session: null, after: 0 });
    transport.last.frame(helloReply({ session: null, session_status: null }));
    expect(transport.last.sent[1]?.header.msg_id).toBe(request.header.msg_id);
    transport.last.frame({ ...helloReply({ session: "s1", token: "secret", session_status: "queued", place: 3 }), parent_header: request.header });
    expect(log.session).toEqual(KEY);
    expect(channel.state).toMatchObject({ connection: "open", status: "queued", place: 3 });
  });

  it("asks for its place every two seconds and shows the smallest", () => {
    const { transport, clock, channel } = rig({ request: executeRequest("1") });
    transport.last.open();
    transport.last.frame(helloReply({ session: null }));
    transport.last.frame(helloReply({ session: "s1", token: "t", session_status: "queued", place: 2 }));
    clock.advance(2_000);
    expect(transport.last.hellos.length).toBe(2);
    transport.last.frame(helloReply({ session: "s1", session_status: "queued", place: 4 }));
    expect(channel.state.place).toBe(2);
    clock.advance(2_000);
    transport.last.frame(helloReply({ session: "s1", session_status: "running" }));
    expect(channel.state).toMatchObject({ status: "running", place: null });
  });

  it("asks again when the service is in trouble that passes", () => {
    const request = executeRequest("1");
    const { transport, clock, channel, got } = rig({ request });
    const busy = { ...helloReply({ status: "error", ename: "Busy" }), parent_header: request.header };
    transport.last.open();
    transport.last.frame(helloReply({ session: null }));
    transport.last.frame({ ...busy, header: { ...busy.header, msg_type: "execute_reply" } });
    expect(channel.state.connection).toBe("reconnecting");
    clock.advance(60_000);
    transport.last.open();
    transport.last.frame(helloReply({ session: null }));
    expect(transport.last.sent[1]?.header.msg_id).toBe(request.header.msg_id);
    expect(got).toEqual([]);
  });

  it("does not take trouble for the end of its session", () => {
    const { transport, clock, channel, log } = attached();
    transport.last.frame(helloReply({ status: "error", ename: "Busy" }));
    expect(channel.alive).toBe(true);
    clock.advance(60_000);
    transport.last.open();
    transport.last.frame(helloReply({ session: "s1", session_status: "running" }));
    expect([channel.state.connection, log.gone]).toEqual(["open", 0]);
  });

  it("goes by HTTP when the code is too large for a frame", async () => {
    const transport = new FakeTransport();
    transport.answer = async () => ({ session: "s2", token: "t2" });
    const { log } = rig({ request: executeRequest("ä".repeat(13_000)) }, transport);
    await settle();
    expect(transport.requests[0]).toMatchObject({ method: "POST", path: "/sessions" });
    expect(log.session).toEqual({ id: "s2", token: "t2" });
    transport.last.open();
    expect(transport.last.sent[0]?.content).toMatchObject({ session: "s2", token: "t2", after: 0 });
  });

  it("ends when its request is refused", () => {
    const request = executeRequest("1");
    const { transport, got, channel } = rig({ request });
    transport.last.open();
    transport.last.frame(helloReply({ session: null }));
    transport.last.frame({ ...stream(""), header: { msg_id: "x", msg_type: "execute_reply" }, parent_header: request.header, content: { status: "error", ename: "InvalidMessage", evalue: "no" } });
    expect(got[0]?.content["ename"]).toBe("InvalidMessage");
    expect(channel.state).toMatchObject({ connection: "closed", status: "ended", reason: "refused" });
  });
});

describe("order", () => {
  it("hands on nothing twice and nothing early, and asks after a gap", () => {
    const { transport, clock, texts } = attached();
    transport.last.frame([stream("a", 1), stream("b", 2)]);
    transport.last.frame(stream("b", 2));
    transport.last.frame(stream("d", 4));
    expect(texts()).toEqual(["a", "b"]);
    clock.advance(249);
    expect(transport.last.hellos.length).toBe(1);
    clock.advance(1);
    expect(transport.last.hellos.at(-1)?.content["after"]).toBe(2);
    transport.last.frame([stream("c", 3), stream("d", 4), helloReply({ session: "s1", session_status: "running", sequence: 4 })]);
    expect(texts()).toEqual(["a", "b", "c", "d"]);
  });

  it("asks nothing when the missing one comes in time", () => {
    const { transport, clock, texts } = attached();
    transport.last.frame(stream("b", 2));
    clock.advance(100);
    transport.last.frame(stream("a", 1));
    clock.advance(1_000);
    expect(texts()).toEqual(["a", "b"]);
    expect(transport.last.hellos.length).toBe(1);
  });

  it("accepts the gaps of a replay when the hello_reply raises the sequence", () => {
    const { transport, texts } = rig({ session: KEY });
    transport.last.open();
    transport.last.frame([stream("a", 1), stream("n", 40)]);
    expect(texts()).toEqual(["a"]);
    transport.last.frame(stream("live", 51));
    transport.last.frame(helloReply({ session: "s1", session_status: "running", sequence: 50 }));
    expect(texts()).toEqual(["a", "n", "live"]);
  });

  it("gives every message once and in order, however the frames are shuffled and repeated", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 25 }).chain((n) => fc.tuple(fc.constant(n), fc.shuffledSubarray([...Array(n).keys(), ...Array(n).keys()], { minLength: 2 * n, maxLength: 2 * n }))), ([n, order]) => {
        const sequencer = new Sequencer();
        const out = order.flatMap((i) => sequencer.receive(stream(String(i), i + 1)));
        expect(out.map(({ sequence }) => sequence)).toEqual([...Array(n).keys()].map((i) => i + 1));
        expect(sequencer.gap).toBe(false);
      }),
    );
  });
});

describe("connection", () => {
  it("comes back by itself and asks for what it missed", () => {
    const { transport, clock, channel } = attached();
    transport.last.frame([stream("a", 1), stream("b", 2)]);
    transport.last.drop();
    expect(channel.state.connection).toBe("reconnecting");
    clock.advance(500);
    expect(transport.connections.length).toBe(2);
    transport.last.drop();
    clock.advance(999);
    expect(transport.connections.length).toBe(2);
    clock.advance(1);
    transport.last.open();
    expect(transport.last.sent[0]?.content).toEqual({ session: "s1", token: "secret", after: 2 });
    transport.last.frame(helloReply({ session: "s1", session_status: "running", sequence: 2 }));
    expect(channel.state.connection).toBe("open");
  });

  it("tries at once when the network is back, and keeps the newest change meanwhile", () => {
    const { transport, channel } = attached();
    transport.last.drop();
    channel.send(interactRequest("f", 2, { n: 1 }));
    channel.send(interactRequest("f", 3, { n: 2 }));
    channel.wake();
    expect(transport.connections.length).toBe(2);
    transport.last.open();
    transport.last.frame(helloReply({ session: "s1", session_status: "running", sequence: 0 }));
    const changes = transport.last.sent.filter(({ metadata }) => metadata.interact);
    expect(changes.map(({ metadata }) => metadata.interact?.state)).toEqual([3]);
  });

  it("gives up a connection that does not answer a hello", () => {
    const { transport, clock, channel } = attached();
    channel.wake();
    clock.advance(4_000);
    expect(transport.connections[0]?.closed).toBe(true);
    expect(channel.state.connection).toBe("reconnecting");
  });

  it("asks after five silent seconds while something runs, rarely while nothing does", () => {
    const { transport, clock } = attached();
    transport.last.frame(status("busy", 1));
    clock.advance(5_000);
    expect(transport.last.hellos.length).toBe(2);
    transport.last.frame(helloReply({ session: "s1", session_status: "running", sequence: 1 }));
    transport.last.frame(status("idle", 2));
    const before = transport.last.hellos.length;
    for (let i = 0; i < 60; i++) {
      clock.advance(1_000);
      transport.last.frame(helloReply({ session: "s1", session_status: "running", sequence: 2 }));
    }
    expect(transport.last.hellos.length - before).toBeLessThanOrEqual(4);
  });

  it("sends an execution again of which it hears nothing, and no more once it does", () => {
    const { transport, clock, channel } = attached();
    const request = executeRequest("1");
    const times = () => transport.last.sent.filter(({ header }) => header.msg_id === request.header.msg_id).length;
    const answersHello = () => transport.last.frame(helloReply({ session: "s1", session_status: "running" }));
    channel.send(request);
    clock.advance(5_000);
    answersHello();
    expect(times()).toBe(2);
    clock.advance(5_000);
    answersHello();
    expect(times()).toBe(2);
    transport.last.frame({ ...status("busy", 1), parent_header: request.header });
    for (let seconds = 0; seconds < 60; seconds += 5) {
      clock.advance(5_000);
      answersHello();
    }
    expect(times()).toBe(2);
  });

  it("stops to send again what is never answered", () => {
    const { transport, clock, channel } = attached();
    channel.send(executeRequest("1"));
    for (let seconds = 0; seconds < 600; seconds += 5) {
      clock.advance(5_000);
      transport.last.frame(helloReply({ session: "s1", session_status: "running" }));
    }
    expect(transport.last.sent.filter(({ header }) => header.msg_type === "execute_request").length).toBe(4);
  });

  it("changes to a new connection before the two hours are over, without a word", () => {
    const { transport, clock, states } = attached();
    const first = transport.last;
    for (let second = 0; second < 110 * 60; second++) {
      clock.advance(1_000);
      if (transport.last === first) first.frame(helloReply({ session: "s1", session_status: "running", sequence: 0 }));
    }
    expect(first.closed).toBe(true);
    transport.last.open();
    transport.last.frame(helloReply({ session: "s1", session_status: "running", sequence: 0 }));
    expect(states.some(({ connection }) => connection === "reconnecting")).toBe(false);
  });

  it("waits longer and longer, at most 30 s, never all at once", () => {
    expect(backoff(0, () => 1)).toBe(500);
    expect(backoff(0, () => 0)).toBe(250);
    expect(backoff(50, () => 1)).toBe(30_000);
  });
});

describe("ends", () => {
  it("closes after computation_end and connects no more", () => {
    const { transport, clock, channel } = attached();
    transport.last.frame([stream("a", 1), extension("computation_end", { reason: "device_lost", text: "gone" }, 2)]);
    expect(channel.state).toMatchObject({ connection: "closed", status: "lost", reason: "device_lost" });
    clock.advance(100_000);
    expect(transport.connections.length).toBe(1);
    expect(channel.alive).toBe(false);
  });

  it("tells an ended session from an unknown one", () => {
    const ended = rig({ session: KEY });
    ended.transport.last.open();
    ended.transport.last.frame([stream("a", 1), helloReply({ session: "s1", session_status: "ended", reason: "idle", sequence: 1 })]);
    expect(ended.texts()).toEqual(["a"]);
    expect(ended.channel.state).toMatchObject({ status: "ended", reason: "idle" });
    const unknown = rig({ session: KEY });
    unknown.transport.last.open();
    unknown.transport.last.frame({ ...helloReply({}), content: { status: "error", ename: "SessionNotFound" } });
    expect(unknown.log.gone).toBe(1);
  });

  it("tells a session that takes no more watchers from one that is not there", () => {
    const { transport, channel } = rig({ session: KEY });
    transport.last.open();
    transport.last.frame({ ...helloReply({}), content: { status: "error", ename: "TooManyWatchers" } });
    expect(channel.state).toMatchObject({ connection: "closed", status: "ended", reason: "crowded" });
  });

  it("tells a reader that the service speaks another protocol, and does not take the session for gone", () => {
    const { transport, channel, log } = rig({ session: KEY });
    transport.last.open();
    transport.last.frame({ ...helloReply({}), content: { status: "error", ename: "OtherProtocol", evalue: "reload the page" } });
    expect(channel.state).toMatchObject({ connection: "closed", status: "ended", reason: "other_protocol" });
    expect(log.gone).toBe(0);
  });

  it("ignores what it does not know of an answer or a message", () => {
    const { transport, texts } = rig({ session: KEY });
    transport.last.open();
    const next = { ...stream("a", 1), later: { version: 2 }, metadata: { later: true } };
    transport.last.frame([next, helloReply({ session: "s1", session_status: "running", sequence: 1, later: 1 } as never)]);
    expect(texts()).toEqual(["a"]);
  });

  it("shuts down by HTTP when there is no connection", () => {
    const { transport, channel } = attached();
    transport.last.drop();
    channel.shutdown();
    expect(transport.requests[0]).toMatchObject({ method: "DELETE", path: "/sessions/s1", token: "secret" });
  });
});

describe("payloads", () => {
  it("fetches what is large and keeps the order", async () => {
    const { transport, texts } = attached();
    transport.payloads.set("u", { content: { text: "big" }, buffers: [] });
    transport.last.frame([{ ...stream("", 1), content: {}, metadata: { payload: { url: "u", size: 3 } } }, stream("after", 2)]);
    expect(texts()).toEqual([]);
    await settle();
    expect(texts()).toEqual(["big", "after"]);
  });

  it("asks for a fresh link when one has expired", async () => {
    const { transport, texts } = attached();
    const large = (url: string) => ({ ...stream("", 1), content: {}, metadata: { payload: { url, size: 3 } } });
    transport.payloads.set("fresh", { content: { text: "big" }, buffers: [] });
    transport.last.frame(large("old"));
    await settle();
    expect(transport.last.hellos.at(-1)?.content["after"]).toBe(0);
    transport.last.frame([large("fresh"), helloReply({ session: "s1", session_status: "running", sequence: 1 })]);
    await settle();
    expect(texts()).toEqual(["big"]);
  });

  it("posts what is too large for a frame", async () => {
    const { transport, channel } = attached();
    channel.send(interactRequest("f", 1, { t: "x".repeat(30_000) }));
    await settle();
    expect(transport.requests[0]).toMatchObject({ method: "POST", path: "/sessions/s1/messages", token: "secret" });
  });
});
