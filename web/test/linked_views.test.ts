import { beforeEach, describe, expect, it } from "vitest";
import { LinkedSession } from "../src/channel/linked";
import { makeMessage } from "../src/channel/messages";
import { emptyMemory } from "../src/element/memory";
import { SessionView } from "../src/element/session_view";
import { EN } from "../src/element/words";
import type { Message } from "../src/protocol";
import { extension, FakeClock, FakeTransport, helloReply, iopub, sliderStart } from "./fakes";

function rig() {
  const transport = new FakeTransport();
  const clock = new FakeClock();
  const linked = new LinkedSession();
  const sent = () => transport.connections.flatMap((connection) => connection.sent);
  const cell = (cellId: string, files: Message[] = []) => {
    const shown: string[] = [];
    const nothing = () => {};
    const memory = emptyMemory(cellId);
    const view = new SessionView({
      transport, clock, linked, cellId, memory, frameUrl: "about:blank", pool: undefined, kernel: undefined, idleTimeout: undefined, watching: false,
      language: "en", words: EN, remember: nothing, stateChanged: nothing, ran: nothing, ended: nothing, shown: nothing, goTo: nothing,
      output: ({ header }) => shown.push(header.msg_type), added: () => files, uploaded: nothing, filesOver: nothing, began: nothing, code: nothing,
    });
    document.body.append(view.root.element);
    const hear = (message: Message) => transport.last.frame({ ...message, parent_header: { msg_id: memory.request ?? "", msg_type: "execute_request" } });
    return { view, shown, hear };
  };
  const connect = (session: string) => {
    transport.last.open();
    transport.last.frame(helloReply({ session: null }));
    transport.last.frame(helloReply({ session, token: "t", session_status: "running", sequence: 0 }));
  };
  return { transport, sent, cell, connect };
}

const settled = () => new Promise((resolve) => setTimeout(resolve));
const codes = (messages: Message[]) => messages.filter(({ header }) => header.msg_type === "execute_request").map(({ content }) => content["code"]);

beforeEach(() => document.body.replaceChildren());

describe("the views of linked cells", () => {
  it("put files into the session that another cell has begun meanwhile", async () => {
    const { transport, cell, connect } = rig();
    const file = { ...makeMessage("shell", "upload_request", { name: "a.csv" }), buffers: ["YQ=="] };
    const [a, b] = [cell("a"), cell("b", [file])];
    a.view.run("1");
    connect("s1");
    const uploads = () => transport.requests.filter(({ body }) => (body as Message | undefined)?.header?.msg_type === "upload_request").map(({ path }) => path);
    b.view.run("2");
    await settled();
    b.view.run("2");
    await settled();
    expect(uploads()).toEqual(["/sessions/s1/messages"]);

    transport.last.frame(extension("computation_end", { reason: "idle" }, 1));
    a.view.run("1");
    connect("s2");
    b.view.run("2");
    await settled();
    expect(uploads()).toEqual(["/sessions/s1/messages", "/sessions/s2/messages"]);
  });

  it("run a cell again whose control is moved when the others have gone on without it", async () => {
    const { transport, sent, cell, connect } = rig();
    const [a, b] = [cell("a"), cell("b")];
    a.view.run("1");
    connect("s1");
    b.view.run("f");
    b.hear(extension("interact_start", sliderStart("f", 1), 1));
    transport.last.frame(extension("computation_end", { reason: "idle" }, 2));
    a.view.run("1");
    connect("s2");
    await settled();

    const slider = b.view.root.element.querySelector("input") as HTMLInputElement;
    slider.value = "3";
    slider.dispatchEvent(new Event("input"));
    await settled();
    expect(codes(sent())).toEqual(["1", "f", "1", "f"]);
  });

  it("renew a display that one of them shows when another updates it", async () => {
    const { cell, connect } = rig();
    const [a, b] = [cell("a"), cell("b")];
    a.view.run("h = display('one', display_id=True)");
    connect("s1");
    const transient = { display_id: "h" };
    a.hear(iopub("display_data", { data: { "text/plain": "one" }, transient }, 1));
    b.view.run("h.update('two')");
    b.hear(iopub("update_display_data", { data: { "text/plain": "two" }, transient }, 2));
    b.hear(iopub("update_display_data", { data: { "text/plain": "three" }, transient }, 3, { function_name: "g", state: 1 }));
    await settled();

    expect(a.view.root.element.textContent).toBe("three");
    expect([a.shown, b.shown]).toEqual([["display_data", "update_display_data", "update_display_data"], []]);
  });
});
