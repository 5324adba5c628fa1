import { beforeEach, describe, expect, it } from "vitest";
import type { SessionKey } from "../src/channel/contract";
import { emptyMemory } from "../src/element/memory";
import { SessionView } from "../src/element/session_view";
import { watchersNotice } from "../src/element/status";
import { EN } from "../src/element/words";
import { watchedSession, watchKey } from "../src/element/watching";
import type { Message } from "../src/protocol";
import { extension, FakeClock, FakeTransport, helloReply, iopub, sliderStart, status, stream } from "./fakes";

const KEY = { id: "abc", token: "watch" };
const f = (state: number) => ({ function_name: "f", state });

async function rig({ watching = true } = {}) {
  const transport = new FakeTransport();
  const began: SessionKey[] = [];
  const codes: string[] = [];
  const memory = { ...emptyMemory("1"), session: watching ? KEY : null };
  const nothing = () => {};
  const view = new SessionView({
    transport, clock: new FakeClock(), frameUrl: "about:blank", memory, pool: undefined, kernel: undefined, idleTimeout: undefined, watching,
    language: "en", words: EN, linked: null, cellId: "0",
    remember: nothing, stateChanged: nothing, ran: nothing, ended: nothing, output: nothing, shown: nothing, goTo: nothing,
    added: () => [], uploaded: () => {}, filesOver: () => {},
    began: (session) => began.push(session), code: (code) => codes.push(code),
  });
  document.body.replaceChildren(view.root.element);
  if (watching) view.attach();
  else view.run("1");
  transport.last.open();
  const feed = async (...messages: Message[]) => {
    transport.last.frame(...messages);
    await new Promise((resolve) => setTimeout(resolve));
  };
  const slider = () => view.root.element.querySelector("input") as HTMLInputElement;
  const sent = () => transport.connections.flatMap((connection) => connection.sent.map(({ header }) => header.msg_type));
  return { transport, view, feed, slider, sent, began, codes };
}

beforeEach(() => document.body.replaceChildren());

describe("a cell that watches", () => {
  it("says hello with the read-only token, and shows code, output and controls", async () => {
    const { transport, view, feed, slider, codes } = await rig();
    expect(transport.last.hellos[0]?.content).toMatchObject({ session: "abc", token: "watch", after: 0 });
    await feed(
      iopub("execute_input", { code: "print(1)" }, 1),
      extension("interact_start", sliderStart("f", 1), 2),
      stream("one", 3, f(1)),
      extension("interact_end", { ...f(1), values: { n: 1 } }, 4, f(1)),
      helloReply({ session: "abc", session_status: "running", sequence: 4, watches_only: true }),
    );
    expect(codes).toEqual(["print(1)"]);
    expect(view.root.element.textContent).toContain("one");
    expect(slider().disabled).toBe(true);
  });

  it("moves its controls to where the other's are", async () => {
    const { feed, slider } = await rig();
    await feed(extension("interact_start", sliderStart("f", 1), 1), helloReply({ session: "abc", session_status: "running", sequence: 1 }));
    expect(slider().value).toBe("1");
    await feed(extension("interact_end", { ...f(2), values: { n: 7 } }, 2, f(2)));
    expect(slider().value).toBe("7");
  });

  it("asks nothing of the session, whatever is tried", async () => {
    const { transport, view, feed, sent } = await rig();
    await feed(extension("interact_start", sliderStart("f", 1), 1), status("busy", 2), helloReply({ session: "abc", session_status: "running", sequence: 2 }));
    view.stop();
    view.restart();
    view.setValues({ f: { n: 5 } });
    await feed({ ...iopub("input_request", { prompt: "Name? " }, 3), channel: "stdin" });
    expect(new Set(sent())).toEqual(new Set(["hello"]));
    expect(transport.requests).toEqual([]);
    expect(view.root.element.querySelector("form")).toBeNull();
    expect(view.root.element.textContent).toContain("Name? ");
  });

  it("goes over to another session when it is told to", async () => {
    const { transport, view } = await rig();
    const first = transport.last;
    view.watch({ id: "def", token: "other" });
    transport.last.open();
    expect(first.closed).toBe(true);
    expect(transport.last.hellos[0]?.content).toMatchObject({ session: "def", token: "other", after: 0 });
  });

  it("is not told to press what it does not have", () => {
    for (const reason of ["idle", "finished", "shutdown", "device_lost", "not_found", "crowded", "limit:memory"]) expect(watchersNotice(reason, EN)).not.toMatch(/Run|control/);
    expect(watchersNotice("crowded", EN)).toMatch(/takes no more/);
    expect(watchersNotice(null, EN)).toBeNull();
  });
});

describe("a cell with a session of its own", () => {
  it("tells the key with which others watch", async () => {
    const { feed, began } = await rig({ watching: false });
    await feed(helloReply({ session: null }), helloReply({ session: "abc", token: "own", watch_token: "look" }));
    expect(began.map(watchKey)).toEqual(["abc:look"]);
  });
});

describe("a key to watch with", () => {
  it("is read as it is told", () => {
    expect(watchedSession("abc:look")).toEqual({ id: "abc", token: "look" });
    expect(watchKey({ id: "abc", token: "own" })).toBeNull();
  });

  it("that is none names a session that is not there", () => {
    for (const wrong of ["", ":", "no key", "ABC:x"]) expect(watchedSession(wrong).id).toBe("0");
  });
});
