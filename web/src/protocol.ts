// The types of what travels on the wire (docs/protocol.md), and the guards for what comes in.

export type ChannelName = "shell" | "control" | "stdin" | "iopub";
export type WireValue = string | number | boolean | null | WireValue[] | { [key: string]: WireValue };
export type WireValues = Record<string, WireValue>;

export interface Header {
  msg_id: string;
  msg_type: string;
  session?: string;
  username?: string;
  date?: string;
  version?: string;
}

export interface InteractTag {
  function_name: string;
  state: number;
  values?: WireValues;
}

export interface Metadata {
  interact?: InteractTag;
  /** Of what comes: where it is. Of what goes: under which id it was put into the store. */
  payload?: { url?: string; size?: number; upload?: string };
  [key: string]: unknown;
}

export interface Message {
  header: Header;
  parent_header: Partial<Header>;
  metadata: Metadata;
  content: Record<string, unknown>;
  buffers: string[];
  channel: ChannelName;
  sequence?: number;
}

export type SessionStatus = "queued" | "claimed" | "running" | "ended" | "lost";

export interface HelloReply {
  status: "ok" | "error";
  session?: string | null;
  token?: string;
  watch_token?: string;
  session_status?: SessionStatus | null;
  reason?: string | null;
  sequence?: number;
  place?: number | null;
  idle_timeout?: number;
  ename?: string;
  evalue?: string;
}

export interface ControlSpec {
  control_type: string;
  label?: string | null;
  default?: WireValue;
  subtype?: string;
  range?: [number, number];
  step?: number | null;
  values?: string[];
  display_value?: boolean;
  sliders?: Partial<ControlSpec>[];
  width?: number | string | null;
  height?: number | null;
  keypress?: boolean;
  nrows?: number | null;
  ncols?: number | null;
  multiple?: boolean;
  hide_box?: boolean;
  text?: string;
  html?: string;
  min?: string | null;
  max?: string | null;
  accept?: string | null;
  limit?: number | null;
}

export type LayoutRow = [name: string | null, width: number | null][];
export type Layout = LayoutRow[] | { top?: LayoutRow[]; left?: LayoutRow[]; right?: LayoutRow[]; bottom?: LayoutRow[] };

export interface InteractOptions {
  /** What runs the function: any change, an update button, or a change of one of these arguments. */
  update?: "auto" | "button" | string[];
  readonly?: boolean;
  preempt?: boolean;
  throttle?: number | null;
  output?: boolean;
}

export interface InteractStart {
  function_name: string;
  state: number;
  controls: Record<string, ControlSpec>;
  layout: Layout;
  options: InteractOptions;
  parent: string | null;
}

export interface InnerMessage {
  msg_type: string;
  content: Record<string, unknown>;
}

export interface Config {
  websocket: string;
  api: string;
  /** The pages that may use the service, when not all may. */
  origins?: string[];
  /** Where the readers of the hosted page may sign in, and as what the page is known there. */
  sign_in?: { issuer: string; client_id: string };
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A message as it came from the service, or null: what is wrong is dropped, never thrown. */
export function asMessage(value: unknown): Message | null {
  if (!isObject(value) || !isObject(value["header"]) || typeof value["header"]["msg_type"] !== "string") return null;
  const message = value as Partial<Message> & { header: Header };
  return {
    ...message,
    parent_header: isObject(message.parent_header) ? message.parent_header : {},
    metadata: isObject(message.metadata) ? message.metadata : {},
    content: isObject(message.content) ? message.content : {},
    buffers: Array.isArray(message.buffers) ? message.buffers : [],
    channel: message.channel ?? "iopub",
  };
}

/** A frame is one message or an array of messages. */
export function parseFrame(text: string): Message[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return [];
  }
  return (Array.isArray(parsed) ? parsed : [parsed]).map(asMessage).filter((message) => message !== null);
}

export function interactTag(message: Message): InteractTag | null {
  const tag = message.metadata.interact;
  return isObject(tag) && typeof tag.function_name === "string" && typeof tag.state === "number" ? tag : null;
}

/** The message of the interact library inside an `extension` message. */
export function innerMessage(message: Message): InnerMessage | null {
  const { msg_type, content } = message.content;
  if (message.header.msg_type !== "extension" || typeof msg_type !== "string") return null;
  return { msg_type, content: isObject(content) ? content : {} };
}
