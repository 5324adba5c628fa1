// The key with which a cell looks on at another's session: "SESSION:TOKEN", of the read-only token.
import type { SessionKey } from "../channel/contract";

/** A key that is no key names a session that is not there, and the reader is told so. */
export function watchedSession(key: string): SessionKey {
  const [id = "", token = ""] = key.split(":", 2).map((part) => part.trim());
  return { id: /^[0-9a-f]{1,64}$/.test(id) ? id : "0", token };
}

export const watchKey = (session: SessionKey | null): string | null => (session?.watchToken ? `${session.id}:${session.watchToken}` : null);
