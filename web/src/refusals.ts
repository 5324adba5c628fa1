// What a reader is told when the service lets him run nothing, or nothing more for now.
import type { Language, Words } from "./words";

interface RefusalWords {
  signIn: string;
  signInAgain: string;
  again: (wait: string) => string;
  seconds: (amount: number) => string;
  minutes: (amount: number) => string;
  quotas: Record<string, (atMost: number) => string>;
}

const WORDS: Words<RefusalWords> = {
  en: {
    signIn: "Code runs here for those who sign in, or have an API key.",
    signInAgain: "Your sign-in is not good any more. Sign in again, then press Run.",
    again: (wait) => ` Try again in ${wait}.`,
    seconds: (amount) => (amount === 1 ? "1 second" : `${amount} seconds`),
    minutes: (amount) => `${amount} minutes`,
    quotas: {
      live_sessions: (n) => `As many cells as may run at once for you, or for your network, do so already (${n}).`,
      runs_per_minute: (n) => `Code was run as often as it may be in one minute (${n} times).`,
      compute_seconds_per_hour: (n) => `The time to compute that you, or your network, may have in an hour is used up (${Math.round(n / 60)} minutes).`,
      site_sessions: (n) => `So many readers of this site have begun to run code in this minute (${n}) that it takes no more.`,
    },
  },
  de: {
    signIn: "Code läuft hier für alle, die sich anmelden oder einen API-Schlüssel haben.",
    signInAgain: "Die Anmeldung gilt nicht mehr. Neu anmelden, dann Ausführen drücken.",
    again: (wait) => ` In ${wait} geht es wieder.`,
    seconds: (amount) => (amount === 1 ? "1 Sekunde" : `${amount} Sekunden`),
    minutes: (amount) => `${amount} Minuten`,
    quotas: {
      live_sessions: (n) => `Es laufen schon so viele Zellen, wie es für Sie oder Ihr Netz zugleich dürfen (${n}).`,
      runs_per_minute: (n) => `Code wurde so oft ausgeführt, wie es in einer Minute geht (${n} Mal).`,
      compute_seconds_per_hour: (n) => `Die Rechenzeit, die Sie oder Ihr Netz in einer Stunde haben, ist verbraucht (${Math.round(n / 60)} Minuten).`,
      site_sessions: (n) => `In dieser Minute haben schon so viele Leser dieser Seite Code ausgeführt (${n}), dass nichts mehr geht.`,
    },
  },
};

/** Words for the content of a reply, null when it tells of something else. */
export function refusalText(content: Record<string, unknown>, language: Language): string | null {
  const words = WORDS[language];
  const { ename, quota, at_most, retry_after, field } = content;
  if (ename === "SignInNeeded") return words.signIn;
  if (ename === "NotAuthorized" && field !== "api_key") return words.signInAgain;
  if (ename !== "TooManyRequests") return null;
  const why = words.quotas[String(quota)];
  return why ? why(Number(at_most)) + words.again(waiting(Number(retry_after), words)) : null;
}

/** Rounded up: who comes back then is not too early. */
const waiting = (seconds: number, words: RefusalWords): string => (seconds <= 90 ? words.seconds(seconds) : words.minutes(Math.ceil(seconds / 60)));
