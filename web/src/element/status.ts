// Turns the state of a channel into the words of the status line and of the notice.
import type { ChannelState } from "../channel/contract";
import type { CellWords } from "./words";

export interface Status {
  /** One word for machines (data-status) and styles. */
  word: "ready" | "connecting" | "queued" | "starting" | "running" | "ended" | "lost" | "reconnecting" | "offline";
  text: string;
}

export function describe(state: ChannelState | null, online: boolean, failure: string | null, words: CellWords, watching = false): Status {
  const named = (word: Status["word"], text: string = words.status[word]): Status => ({ word, text });
  const ready = words.status[watching ? "watching" : "ready"];
  if (!state) return named("ready", ready);
  const { connection, status, place, busy, reason } = state;
  if (status === "lost" || reason === "device_lost") return named("lost");
  if (status === "ended") {
    const how = failure ?? (reason ? ending(reason, words) : "");
    return named("ended", how ? `${words.status.ended} · ${how}` : words.status.ended);
  }
  if (connection === "closed") return named("ready", ready);
  if (connection === "reconnecting") return named(online ? "reconnecting" : "offline");
  if (connection === "connecting") return named("connecting");
  if (status === "queued") return named("queued", place ? words.status.queuedAt(place) : words.status.queued);
  if (status === null || status === "claimed") return named("starting");
  return busy ? named("running") : named("ready", failure ? `${ready} · ${failure}` : ready);
}

const ending = (reason: string, { endings, status }: CellWords): string => endings[reason] ?? (reason.startsWith("limit:") ? status.limitOf(reason.slice(6)) : reason);

/** The same for whoever only watches, and so can do nothing about it. */
export function watchersNotice(reason: string | null, words: CellWords): string | null {
  if (reason === null) return null;
  if (reason === "device_lost") return words.deviceLost;
  if (reason === "crowded") return words.watchCrowded;
  if (reason === "not_found") return words.watchNothing;
  return words.sessionEnded(ending(reason, words));
}

/** What a reader should know and can do once a session is gone; null when there is nothing to say. */
export function notice(reason: string | null, text: string | null, interactive: boolean, words: CellWords): string | null {
  const again = interactive ? words.moveOrRun : words.again;
  if (reason === "device_lost") return `${words.deviceLost} ${again}`;
  if (reason === null || reason === "refused") return text;
  if (reason === "finished" || reason === "stopped") return null;
  if (reason === "not_found") return `${words.sessionOver} ${again}`;
  if (reason === "shutdown" && !text) return null;
  const what = text ? text.trim().replace(/([^.!?])$/, "$1.") : words.sessionEnded(ending(reason, words));
  // The service's own words often say what to do already.
  return /\bRun\b/.test(what) ? what : `${what} ${again}`;
}
