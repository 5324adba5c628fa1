// Turns the state of a channel into the words of the status line and of the notice.
import type { ChannelState } from "../channel/contract";

export interface Status {
  /** One word for machines (data-status) and styles. */
  word: "ready" | "connecting" | "queued" | "starting" | "running" | "ended" | "lost" | "reconnecting" | "offline";
  text: string;
}

export function describe(state: ChannelState | null, online: boolean, failure: string | null): Status {
  if (!state) return { word: "ready", text: "ready" };
  const { connection, status, place, busy, reason } = state;
  const outcome = failure ? ` · ${failure}` : "";
  if (status === "lost" || reason === "device_lost") return { word: "lost", text: "device lost" };
  if (status === "ended") {
    const how = failure ?? (reason ? (ENDINGS[reason] ?? reason.replace(/^limit:/, "limit of ")) : "");
    return { word: "ended", text: how ? `ended · ${how}` : "ended" };
  }
  if (connection === "closed") return { word: "ready", text: "ready" };
  if (connection === "reconnecting") return online ? { word: "reconnecting", text: "reconnecting" } : { word: "offline", text: "offline" };
  if (connection === "connecting") return { word: "connecting", text: "connecting" };
  if (status === "queued") return { word: "queued", text: place ? `queued (place ${place})` : "queued" };
  if (status === null || status === "claimed") return { word: "starting", text: "starting" };
  return busy ? { word: "running", text: "running" } : { word: "ready", text: `ready${outcome}` };
}

const ENDINGS: Record<string, string> = {
  finished: "finished",
  idle: "idle for too long",
  killed: "the kernel was killed",
  kernel_died: "the kernel has died",
  failed: "could not be run",
  no_kernel: "no such kernel",
  draining: "the machine is shut down",
  "limit:memory": "out of memory",
  "limit:cpu": "out of processor time",
  "limit:processes": "too many processes",
  "limit:files": "too many open files",
  "limit:output": "too much output",
  "limit:time": "out of time",
  shutdown: "stopped",
  stopped: "stopped",
  refused: "refused",
  not_found: "no longer there",
  crowded: "too many watch it",
};

/** The same for whoever only watches, and so can do nothing about it. */
export function watchersNotice(reason: string | null): string | null {
  if (reason === null) return null;
  if (reason === "device_lost") return "The machine that ran this cell was lost.";
  if (reason === "crowded") return "So many watch this session already that it takes no more. Try again later.";
  if (reason === "not_found") return "There is no such session to watch, or it is over.";
  return `The session has ended (${ENDINGS[reason] ?? reason.replace(/^limit:/, "limit of ")}).`;
}

/** What a reader should know and can do once a session is gone; null when there is nothing to say. */
export function notice(reason: string | null, text: string | null, interactive: boolean): string | null {
  const again = interactive ? "Move a control or press Run to start again; your values are kept." : "Press Run to start again.";
  if (reason === "device_lost") return `The machine that ran this cell was lost. ${again}`;
  if (reason === null || reason === "finished" || reason === "stopped" || reason === "refused") return null;
  if (reason === "not_found") return `The session is over. ${again}`;
  const what = text ? text.trim().replace(/([^.!?])$/, "$1.") : `The session has ended (${ENDINGS[reason] ?? reason}).`;
  if (reason === "shutdown" && !text) return null;
  // The service's own words often say what to do already.
  return /\bRun\b/.test(what) ? what : `${what} ${again}`;
}
