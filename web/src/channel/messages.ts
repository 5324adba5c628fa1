// Makes the messages that a browser sends.
import type { ChannelName, Message, Metadata, WireValues } from "../protocol";

/** A websocket frame may have 24 KB of UTF-8; what is larger goes by HTTP. */
export const FRAME_LIMIT = 24_000;

const client = identifier();

export function identifier(): string {
  // crypto.randomUUID is missing on plain-http pages, getRandomValues is not.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function makeMessage(
  channel: ChannelName,
  msg_type: string,
  content: Record<string, unknown> = {},
  metadata: Metadata = {},
): Message {
  return {
    header: { msg_id: identifier(), msg_type, session: client, username: "", date: new Date().toISOString(), version: "5.4" },
    parent_header: {},
    metadata,
    content,
    buffers: [],
    channel,
  };
}

export const executeRequest = (code: string): Message =>
  makeMessage("shell", "execute_request", {
    code,
    silent: false,
    store_history: true,
    user_expressions: {},
    allow_stdin: true,
    stop_on_error: true,
  });

export const interactRequest = (function_name: string, state: number, values: WireValues, settled = false): Message =>
  makeMessage(
    "shell",
    "execute_request",
    { code: "", silent: false, store_history: false, user_expressions: {}, allow_stdin: true, stop_on_error: true },
    { interact: { function_name, values, state, ...(settled && { settled }) } },
  );

/** An HTTP error takes the shape that it would have had on the websocket. */
export function errorReply(request: Message, error: Error): Message {
  const details = error as Error & { ename?: string; state?: number; quota?: string; at_most?: number; retry_after?: number };
  const reply = makeMessage(request.channel, request.header.msg_type.replace("_request", "_reply"), {
    status: "error",
    ename: details.ename ?? "NotSent",
    evalue: error.message,
    traceback: [],
    ...(details.state !== undefined && { state: details.state }),
    ...(details.quota !== undefined && { quota: details.quota, at_most: details.at_most, retry_after: details.retry_after }),
  });
  return { ...reply, parent_header: request.header };
}

/** Whether a text has at most so many bytes; a long one needs not be looked at. */
export const fits = (text: string, bytes: number): boolean => text.length <= bytes && new TextEncoder().encode(text).length <= bytes;
