// What the panel of an interact says.
import type { Words } from "../words";

const en = {
  controlsOf: (name: string, readonly: boolean) => `Controls of ${name}${readonly ? " (read-only)" : ""}`,
  update: "Update",
  unapplied: "Changes are not applied yet.",
};

const de: typeof en = {
  controlsOf: (name, readonly) => `Regler von ${name}${readonly ? " (nur zum Ansehen)" : ""}`,
  update: "Anwenden",
  unapplied: "Änderungen sind noch nicht angewandt.",
};

export const WORDS: Words<typeof en> = { en, de };
