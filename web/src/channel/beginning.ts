// A session that begins by HTTP, because its first request is too large for a websocket or must follow others.
import type { Message } from "../protocol";
import type { ChannelOptions, SessionKey } from "./contract";
import { fits, FRAME_LIMIT } from "./messages";
import { POST_LIMIT } from "./sending";

type Wishes = Pick<ChannelOptions, "pool" | "kernel" | "idleTimeout">;

/** What a new session is asked to be, by `hello` as by HTTP. */
export const wishesOf = ({ pool, kernel, idleTimeout }: Wishes): Record<string, unknown> => ({
  ...(pool && { pool }),
  ...(kernel && { kernel }),
  ...(idleTimeout && { idle_timeout: idleTimeout }),
});

export const beginsByHttp = ({ before = [] }: ChannelOptions, request: Message): boolean =>
  before.length > 0 || !fits(JSON.stringify(request), FRAME_LIMIT);

/**
 * The new session, and what is still to be sent to it, in this order: what must follow something else, or is
 * too large even for this, goes there once it is there.
 */
export async function beginByHttp(options: ChannelOptions, request: Message): Promise<{ session: SessionKey; left: Message[] }> {
  const { transport, before = [] } = options;
  const comesAlong = before.length === 0 && fits(JSON.stringify(request), POST_LIMIT);
  const answer = await transport.request("POST", "/sessions", null, { ...(comesAlong && { request }), ...wishesOf(options) });
  const { session, token, watch_token } = answer;
  if (typeof session !== "string" || typeof token !== "string") throw new Error("POST /sessions gave no session");
  const watchToken = typeof watch_token === "string" ? watch_token : undefined;
  return { session: { id: session, token, watchToken }, left: comesAlong ? [] : [...before, request] };
}
