// What a frame may ask of its session: messages to widgets, and nothing else. Frames are hostile.
import { makeMessage } from "../channel/messages";
import { isObject, type Message } from "../protocol";

/** How a frame asks for the widgets of its session. */
export const ATTACH = "attach";
export const WIDGET_TARGET = "jupyter.widget";

/** What the service takes in one message, in characters of JSON. */
const LARGEST = 250_000;
const TYPES = ["comm_open", "comm_msg", "comm_close"];
/** As `identifier()` makes them: no other message of the page has such an id twice. */
const ID = /^[0-9a-f]{32}$/;
const COMM_ID = /^[\w-]{1,100}$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** What a frame sends. */
export interface WidgetRequest {
  msg_type: string;
  /** Chosen by the frame, so that it can tell whose answers come. */
  msg_id: string;
  comm_id: string;
  data: unknown;
  /** In base64. */
  buffers: string[];
}

/** The message for the session, made anew of what is allowed in it; null for anything else. */
export function widgetMessage(request: unknown): Message | null {
  if (!isObject(request)) return null;
  const { msg_type, msg_id, comm_id, data, buffers } = request;
  if (typeof msg_type !== "string" || !TYPES.includes(msg_type)) return null;
  if (typeof msg_id !== "string" || !ID.test(msg_id) || typeof comm_id !== "string" || !COMM_ID.test(comm_id)) return null;
  if (!Array.isArray(buffers) || !buffers.every((one) => typeof one === "string" && one.length % 4 === 0 && BASE64.test(one))) return null;
  const plain = asJson(data);
  if (!isObject(plain)) return null;
  const target = msg_type === "comm_open" ? { target_name: WIDGET_TARGET, target_module: null } : {};
  const message = makeMessage("shell", msg_type, { comm_id, ...target, data: plain });
  return { ...message, header: { ...message.header, msg_id }, buffers: buffers as string[] };
}

export const tooLarge = (message: Message): boolean => JSON.stringify(message).length > LARGEST;

/** A copy of what is JSON; what came through a port may be cyclic, or no JSON at all. */
function asJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value));
  } catch {
    return null;
  }
}
