// What the hosted page says of signing in.
import type { Words } from "../words";

export const WORDS: Words<{ signIn: string; signOut: string; signedIn: string; failed: string }> = {
  en: {
    signIn: "Sign in",
    signOut: "Sign out",
    signedIn: "You are signed in.",
    failed: "Signing in did not work. Try it again, or later.",
  },
  de: {
    signIn: "Anmelden",
    signOut: "Abmelden",
    signedIn: "Sie sind angemeldet.",
    failed: "Das Anmelden hat nicht geklappt. Noch einmal versuchen, oder später.",
  },
};
