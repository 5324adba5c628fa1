import { describe, expect, it } from "vitest";
import { identifier, makeMessage } from "../src/channel/messages";
import type { Message } from "../src/protocol";
import { Widgets, type ToWidgets } from "../src/widgets/widgets";
import { FakeClock } from "./fakes";

let sequence = 0;
const kernel = (msg_type: string, content: Record<string, unknown>, parent = "", buffers: string[] = []): Message => ({
  ...makeMessage("iopub", msg_type, content),
  parent_header: { msg_id: parent },
  buffers,
  sequence: ++sequence,
});
const opened = (comm_id: string, state: Record<string, unknown> = {}, buffer_paths: string[][] = [], buffers: string[] = []): Message =>
  kernel("comm_open", { comm_id, target_name: "jupyter.widget", data: { state, buffer_paths } }, "", buffers);
const updated = (comm_id: string, state: Record<string, unknown>, buffer_paths: string[][] = [], buffers: string[] = []): Message =>
  kernel("comm_msg", { comm_id, data: { method: "update", state, buffer_paths } }, "", buffers);
const printed = (text: string, parent: string): Message => kernel("stream", { name: "stdout", text }, parent);
const idle = (parent: string): Message => kernel("status", { execution_state: "idle" }, parent);
const refusal = (parent: string, ename: string): Message => ({
  ...makeMessage("shell", "error", { status: "error", ename, evalue: "no" }),
  parent_header: { msg_id: parent },
});
const moved = (value: unknown, comm_id = "slider", msg_id = identifier()) => ({
  msg_type: "comm_msg",
  msg_id,
  comm_id,
  data: { method: "update", state: { value }, buffer_paths: [] },
  buffers: [],
});

class Frame {
  readonly told: ToWidgets[] = [];

  widgets(message: ToWidgets): void {
    this.told.push(structuredClone(message));
  }

  get opens(): Message[] {
    return this.told.flatMap((one) => (one.type === "session" ? one.opens : []));
  }

  get idles(): (string | undefined)[] {
    return this.told.flatMap((one) => (one.type === "message" && one.message.header.msg_type === "status" ? [one.message.parent_header.msg_id] : []));
  }
}

function rig({ watching = false } = {}) {
  const clock = new FakeClock();
  const sent: Message[] = [];
  const refused: string[] = [];
  const widgets = new Widgets({ clock, language: "en", watching, send: (message) => sent.push(message), refused: (ename) => refused.push(ename) });
  const frame = new Frame();
  widgets.take(opened("slider", { value: 1 }));
  widgets.attach(frame);
  const values = () => sent.map(({ content }) => (content as { data: { state: { value: unknown } } }).data.state.value);
  const outputs = (comm_id: string) => {
    const late = new Frame();
    widgets.attach(late);
    const open = late.opens.find(({ content }) => content["comm_id"] === comm_id);
    return (open?.content["data"] as { state: { outputs: { text?: string }[] } }).state.outputs;
  };
  return { widgets, frame, clock, sent, refused, values, outputs };
}

describe("messages to the kernel", () => {
  it("go one by one, so that none overtakes another, and their idle comes back to the frame", () => {
    const { widgets, frame, sent, values } = rig();
    const [first, second] = [moved(2), moved(3)];
    widgets.request(frame, first);
    widgets.request(frame, second);
    expect(values()).toEqual([2]);
    widgets.take(idle(first.msg_id));
    expect(values()).toEqual([2, 3]);
    widgets.take(idle(second.msg_id));
    expect(frame.idles).toEqual([first.msg_id, second.msg_id]);
    expect(sent.every(({ channel, header }) => channel === "shell" && header.msg_type === "comm_msg")).toBe(true);
  });

  it("are sent again when the service was busy, and told of when it refuses them", () => {
    const { widgets, frame, clock, sent, refused } = rig();
    const [first, second] = [moved(2), moved(3)];
    widgets.request(frame, first);
    widgets.request(frame, second);
    widgets.take(refusal(first.msg_id, "Busy"));
    clock.advance(2_000);
    expect(sent.map(({ header }) => header.msg_id)).toEqual([first.msg_id, first.msg_id]);
    widgets.take(refusal(first.msg_id, "MessageTooLarge"));
    expect(refused).toEqual(["MessageTooLarge"]);
    expect(frame.idles).toEqual([first.msg_id]);
    expect(sent.at(-1)?.header.msg_id).toBe(second.msg_id);
  });

  it("may not be larger than the service takes", () => {
    const { widgets, frame, sent, refused } = rig();
    widgets.request(frame, moved("x".repeat(300_000)));
    expect([sent.length, refused]).toEqual([0, ["MessageTooLarge"]]);
  });

  it("are bounded in number, whatever a frame does", () => {
    const { widgets, frame, sent } = rig();
    const requests = Array.from({ length: 300 }, (_, i) => moved(i));
    for (const request of requests) widgets.request(frame, request);
    for (const { msg_id } of requests) widgets.take(idle(msg_id));
    expect(sent.length).toBe(101);
    expect(new Set(frame.idles).size).toBe(300);
  });

  it("are messages to widgets of this session and nothing else", () => {
    const { widgets, frame, sent } = rig();
    const good = moved(2);
    const forged: unknown[] = [
      { ...good, msg_type: "execute_request", data: { code: "1" } },
      { ...good, msg_type: "interrupt_request" },
      { ...makeMessage("shell", "execute_request", { code: "1" }) },
      { ...good, comm_id: "unknown" },
      { ...good, msg_id: "short" },
      { ...good, data: "code" },
      { ...good, buffers: ["no base64!"] },
      { ...good, msg_type: { toString: () => "comm_msg" } },
      null, 7, "attach", [],
    ];
    for (const request of forged) widgets.request(frame, request);
    widgets.request(new Frame(), good);
    expect(sent).toEqual([]);

    widgets.request(frame, { ...good, metadata: { interact: { function_name: "f", state: 9, values: {} } }, channel: "control", header: { msg_type: "execute_request" } });
    expect(sent.map(({ header, channel, metadata }) => [header.msg_type, channel, metadata])).toEqual([["comm_msg", "shell", {}]]);
  });

  it("are none from a page that only watches, nor when the session is over", () => {
    const watcher = rig({ watching: true });
    watcher.widgets.request(watcher.frame, moved(2));
    const { widgets, frame, sent } = rig();
    widgets.end();
    widgets.request(frame, moved(2));
    expect([watcher.sent, sent]).toEqual([[], []]);
    expect([watcher.frame.told[0], frame.told.at(-1)]).toMatchObject([{ type: "session", live: false }, { type: "end" }]);
  });
});

describe("a frame that comes later", () => {
  it("gets every open comm with its newest state and buffers", () => {
    const { widgets } = rig();
    widgets.take(opened("image", { format: "png" }, [["value"], ["mask"]], ["QQ==", "Qg=="]));
    widgets.take(updated("image", { format: "gif" }, [["value"]], ["Qw=="]));
    widgets.take(updated("slider", { value: 8 }));
    widgets.take(opened("gone"));
    widgets.take(kernel("comm_close", { comm_id: "gone", data: {} }));
    widgets.take(kernel("comm_open", { comm_id: "other", target_name: "not.a.widget", data: {} }));
    const late = new Frame();
    widgets.attach(late);
    expect(late.opens.map(({ content, buffers }) => [content["comm_id"], content["data"], buffers])).toEqual([
      ["slider", { state: { value: 8 }, buffer_paths: [] }, []],
      ["image", { state: { format: "gif" }, buffer_paths: [["mask"], ["value"]] }, ["Qg==", "Qw=="]],
    ]);
  });
});

describe("an Output widget", () => {
  const catching = (widgets: Widgets, msg_id: string) => widgets.take(updated("out", { msg_id }));

  it("catches what its request causes, until it ends, and shows it in every frame", async () => {
    const { widgets, frame, outputs } = rig();
    widgets.take(opened("out", { _model_name: "OutputModel", msg_id: "", outputs: [] }));
    expect(widgets.take(printed("before\n", "run"))).toBe(false);
    catching(widgets, "run");
    expect(widgets.take(printed("one\n", "run"))).toBe(true);
    expect(widgets.take(printed("two\n", "run"))).toBe(true);
    expect(widgets.take(printed("another's\n", "other"))).toBe(false);
    catching(widgets, "");
    expect(widgets.take(printed("after\n", "run"))).toBe(false);
    await Promise.resolve();
    expect(frame.told.at(-1)).toMatchObject({ message: { content: { comm_id: "out", data: { state: { outputs: [{ output_type: "stream", text: "one\ntwo\n" }] } } } } });
    expect(outputs("out")).toMatchObject([{ text: "one\ntwo\n" }]);
  });

  it("keeps the old output until the new comes when it is cleared so", async () => {
    const { widgets, outputs } = rig();
    widgets.take(opened("out", { _model_name: "OutputModel", msg_id: "run", outputs: [] }));
    widgets.take(printed("old", "run"));
    widgets.take(kernel("clear_output", { wait: true }, "run"));
    await Promise.resolve();
    expect(outputs("out")).toMatchObject([{ text: "old" }]);
    widgets.take(printed("new", "run"));
    await Promise.resolve();
    expect(outputs("out")).toMatchObject([{ text: "new" }]);
  });

  it("renews a display that is updated", async () => {
    const { widgets, outputs } = rig();
    widgets.take(opened("out", { _model_name: "OutputModel", msg_id: "run", outputs: [] }));
    const display = (text: string) => ({ data: { "text/plain": text }, metadata: {}, transient: { display_id: "1" } });
    widgets.take(kernel("display_data", display("old"), "run"));
    catching(widgets, "");
    widgets.take(kernel("update_display_data", display("new"), "run"));
    await Promise.resolve();
    expect(outputs("out")).toMatchObject([{ output_type: "display_data", data: { "text/plain": "new" } }]);
  });
});
