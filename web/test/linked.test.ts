import { describe, expect, it } from "vitest";
import type { ChannelState } from "../src/channel/contract";
import { LinkedSession, type LinkedOptions } from "../src/channel/linked";
import { executeRequest, interactRequest } from "../src/channel/messages";
import type { Message } from "../src/protocol";
import { extension, FakeClock, FakeTransport, helloReply, iopub, sliderStart, status, stream } from "./fakes";

function rig() {
  const transport = new FakeTransport();
  const clock = new FakeClock();
  const session = new LinkedSession();
  const cell = (cellId: string) => {
    const heard: Message[] = [];
    const states: ChannelState[] = [];
    const again: string[] = [];
    const nothing = () => {};
    const run = (code: string, extra: Partial<LinkedOptions> = {}) => {
      const request = executeRequest(code);
      const channel = session.member({
        transport, clock, cellId, request, again: () => again.push(code),
        listener: { message: (message) => heard.push(message), state: (state) => states.push(state), session: nothing, replayed: nothing, gone: nothing },
        ...extra,
      });
      channel.start();
      return { channel, request };
    };
    return { run, heard, states, again };
  };
  const connect = () => {
    transport.last.open();
    transport.last.frame(helloReply({ session: null }));
    transport.last.frame(helloReply({ session: "s1", token: "t", session_status: "running", sequence: 0 }));
  };
  const of = (request: Message, message: Message): Message => ({ ...message, parent_header: request.header });
  return { transport, session, cell, connect, of };
}

const executed = (transport: FakeTransport) => transport.connections.flatMap(({ sent }) => sent).filter(({ header }) => header.msg_type === "execute_request");

describe("linked cells", () => {
  it("run in one session, and each shows its own output", () => {
    const { transport, cell, connect, of } = rig();
    const [a, b] = [cell("a"), cell("b")];
    const first = a.run("x = 1");
    connect();
    const second = b.run("print(x)");

    expect(transport.connections.length).toBe(1);
    expect(executed(transport).map(({ metadata }) => metadata["cellId"])).toEqual(["a", "b"]);
    transport.last.frame(of(first.request, stream("one", 1)), of(second.request, stream("two", 2)));
    expect(a.heard.map(({ content }) => content["text"])).toEqual(["one"]);
    expect(b.heard.map(({ content }) => content["text"])).toEqual(["two"]);
  });

  it("hand what a function shows to the cell that made it, also what stands in its output", () => {
    const { transport, cell, connect, of } = rig();
    const [a, b] = [cell("a"), cell("b")];
    const made = a.run("@interact\ndef f(n=slider(1, 20)): ...");
    connect();
    b.run("1");
    const change = interactRequest("f", 2, { n: 3 });
    made.channel.send(change);

    transport.last.frame(
      of(made.request, extension("interact_start", sliderStart("f", 1), 1)),
      { ...stream("3", 2, { function_name: "f", state: 2 }), parent_header: {} },
      { ...stream("4", 3, { function_name: "f/g", state: 1 }), parent_header: {} },
    );
    expect(a.heard.map(({ content }) => content["text"])).toEqual([undefined, "3", "4"]);
    expect(b.heard).toEqual([]);
  });

  it("are busy one by one", () => {
    const { transport, cell, connect, of } = rig();
    const [a, b] = [cell("a"), cell("b")];
    const first = a.run("1");
    connect();
    const second = b.run("2");
    transport.last.frame(of(first.request, status("idle", 1)));

    expect(first.channel.state.busy).toBe(false);
    expect(second.channel.state.busy).toBe(true);
  });

  it("run all again, in their order, when a change meets a session that is gone", () => {
    const { transport, session, cell, connect } = rig();
    const [a, b] = [cell("a"), cell("b")];
    a.run("x = 1");
    connect();
    b.run("print(x)");
    transport.last.frame(extension("computation_end", { reason: "idle" }, 1));
    expect(session.alive).toBe(false);
    expect(a.states.at(-1)?.status).toBe("ended");
    expect(b.states.at(-1)?.reason).toBe("idle");

    session.restart();
    expect([...a.again, ...b.again]).toEqual(["x = 1", "print(x)"]);
  });

  it("keep the session when one of them runs anew", () => {
    const { transport, cell, connect } = rig();
    const a = cell("a");
    const first = a.run("x = 1");
    connect();
    first.channel.leave();
    a.run("x += 1");

    expect(transport.connections.length).toBe(1);
    expect(executed(transport).length).toBe(2);
  });

  it("draw what each had shown when the page was loaded anew", () => {
    const { transport, cell, of } = rig();
    const [a, b] = [cell("a"), cell("b")];
    const [ranA, ranB] = [executeRequest("1"), executeRequest("2")];
    const attach = (one: ReturnType<typeof cell>, ran: Message) => one.run("", { request: undefined, session: { id: "s1", token: "t" }, ran: ran.header.msg_id });
    attach(a, ranA);
    attach(b, ranB);
    transport.last.open();
    transport.last.frame(helloReply({ session: "s1", session_status: "running", sequence: 0 }), of(ranA, stream("one", 1)), of(ranB, stream("two", 2)));

    expect(transport.connections.length).toBe(1);
    expect(a.heard.map(({ content }) => content["text"])).toEqual(["one"]);
    expect(b.heard.map(({ content }) => content["text"])).toEqual(["two"]);
  });

  it("know each other's widgets, also a cell that joins later, and what an Output widget catches", () => {
    const { transport, cell, connect, of } = rig();
    const [a, b] = [cell("a"), cell("b")];
    const first = a.run("out = Output()");
    connect();
    const out = { comm_id: "out", target_name: "jupyter.widget", data: { state: { _model_name: "OutputModel", msg_id: "" } } };
    transport.last.frame(of(first.request, iopub("comm_open", out, 1)));
    const second = b.run("with out: print(1)");
    const catching = { comm_id: "out", data: { method: "update", state: { msg_id: second.request.header.msg_id } } };
    transport.last.frame(of(second.request, iopub("comm_msg", catching, 2)), of(second.request, stream("caught", 3)));

    const types = (messages: Message[]) => messages.map(({ header }) => header.msg_type);
    expect(types(a.heard)).toEqual(["comm_open", "comm_msg", "stream"]);
    expect(types(b.heard)).toEqual(["comm_open", "comm_msg", "stream"]);
  });

  it("do not take another session, which one of them begins later, for their own", () => {
    const { transport, session, cell, connect } = rig();
    const [a, b] = [cell("a"), cell("b")];
    const first = a.run("x = 1");
    connect();
    const second = b.run("print(x)");
    transport.last.frame(extension("computation_end", { reason: "idle" }, 1));
    const told = b.states.length;
    first.channel.leave();
    a.run("x = 1");
    transport.last.open();
    transport.last.frame(helloReply({ session: null }));
    transport.last.frame(helloReply({ session: "s2", token: "t", session_status: "running", sequence: 0 }));

    expect(session.alive).toBe(true);
    expect(second.channel.alive).toBe(false);
    expect(b.states.length).toBe(told);
  });

  it("wait for no end of what the session has never run, or has run long ago", () => {
    const { transport, cell, of } = rig();
    const [a, b] = [cell("a"), cell("b")];
    const [ran, other] = [executeRequest("1"), executeRequest("2")];
    const attach = (one: ReturnType<typeof cell>, request: Message) => one.run("", { request: undefined, session: { id: "s1", token: "t" }, ran: request.header.msg_id }).channel;
    const [running, never] = [attach(a, ran), attach(b, other)];
    transport.last.open();
    transport.last.frame(of(ran, status("busy", 1)), helloReply({ session: "s1", session_status: "running", sequence: 1 }));
    expect([running.state.busy, never.state.busy]).toEqual([true, false]);

    running.leave();
    expect(attach(a, ran).state.busy).toBe(true);
    transport.last.frame(of(ran, status("idle", 2)));
    expect(attach(a, ran).state.busy).toBe(false);
  });

  it("hear of it when one takes back the session that has not begun", () => {
    const { transport, cell } = rig();
    const [a, b] = [cell("a"), cell("b")];
    const first = a.run("1");
    transport.last.open();
    transport.last.frame(helloReply({ session: null }));
    transport.last.frame(helloReply({ session: "s1", token: "t", session_status: "queued", sequence: 0 }));
    const second = b.run("2");
    first.channel.shutdown();

    expect(b.states.at(-1)).toMatchObject({ connection: "closed", status: "ended", busy: false });
    expect(second.channel.alive).toBe(false);
  });
});
