import { describe, expect, it } from "vitest";
import type { ChannelState } from "../src/channel/contract";
import { describe as described, notice as noticed } from "../src/element/status";
import { EN } from "../src/element/words";
import { DE } from "../src/element/words_de";

/** tests/unit/test_messages.py holds that the service has no others. */
const LIMITS = ["limit:memory", "limit:cpu", "limit:processes", "limit:files", "limit:output", "limit:time"];
const REASONS = ["finished", "idle", "killed", "shutdown", "kernel_died", "failed", "no_kernel", "draining", "device_lost", ...LIMITS];

const inWords = (state: ChannelState, online: boolean, failure: string | null) => described(state, online, failure, EN);
const notice = (reason: string, text: string | null, interactive: boolean) => noticed(reason, text, interactive, EN);

const ended = (reason: string) => ({ connection: "open", status: "ended", place: null, busy: false, reason }) as unknown as ChannelState;

describe("the end of a session", () => {
  it.each(REASONS)("is told in words: %s", (reason) => {
    const { word, text } = inWords(ended(reason), true, null);
    expect(["ended", "lost"]).toContain(word);
    expect(text).not.toMatch(/_|:|limit of/);
    expect(text.length).toBeGreaterThan("ended · ".length);
  });

  it.each(REASONS.filter((reason) => reason !== "finished"))("says what a reader can do: %s", (reason) => {
    expect(notice(reason, "It has ended.", false)).toMatch(/press Run/i);
    expect(notice(reason, "It has ended.", true)).toMatch(/Run/);
  });

  it.each(REASONS)("is told in German, too: %s", (reason) => {
    expect(described(ended(reason), true, null, DE).text).not.toBe(inWords(ended(reason), true, null).text);
  });

  it("has words even for a limit that it does not know", () => {
    expect(inWords(ended("limit:patience"), true, null).text).toBe("ended · limit of patience");
  });

  it("names a limit to who comes back and was not told", () => {
    expect(notice("limit:memory", null, false)).toBe("The session has ended (out of memory). Press Run to start again.");
  });
});
