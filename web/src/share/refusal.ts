// Why a shared cell could not be opened, stored or reported, in words.
import { LinkError } from "./link";
import type { ShareWords } from "./words";

/** `error` is a LinkError, or what a Transport's request rejects with: the service's answer, if there was one. */
export function refusal(error: unknown, words: ShareWords): string {
  if (error instanceof LinkError) return error.kind === "broken" ? words.broken : words.tooLarge;
  const { ename, evalue, reason, retry_after: wait } = error as Record<string, unknown>;
  switch (ename) {
    case "PermalinkNotFound":
      return words.notFound;
    case "PermalinkTakenDown":
      return words.takenDown(String(reason));
    case "TooManyRequests":
      return words.tooMany(String(wait));
    default:
      return typeof ename === "string" ? String(evalue) : words.unreachable;
  }
}
