// What the controls say of themselves.
import type { Words } from "../words";

const en = {
  click: "Click",
  update: "Update",
  remove: "Remove",
  removeFile: (title: string) => `Remove the file of ${title}`,
  atMost: (size: string) => `at most ${size}`,
  tooLarge: (name: string, size: string, limit: string) => `${name} has ${size}; at most ${limit} are allowed.`,
  unreadable: (name: string) => `${name} could not be read.`,
  noColour: "This is no colour: write it as #rrggbb.",
  asText: (title: string) => `${title}, as text`,
};

const de: typeof en = {
  click: "Klick",
  update: "Anwenden",
  remove: "Entfernen",
  removeFile: (title) => `Die Datei von ${title} entfernen`,
  atMost: (size) => `höchstens ${size}`,
  tooLarge: (name, size, limit) => `${name} hat ${size}; erlaubt sind höchstens ${limit}.`,
  unreadable: (name) => `${name} konnte nicht gelesen werden.`,
  noColour: "Das ist keine Farbe: als #rrggbb schreiben.",
  asText: (title) => `${title}, als Text`,
};

export const WORDS: Words<typeof en> = { en, de };
