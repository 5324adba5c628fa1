// What is said about the files of a cell.
import type { Words } from "../words";

const EN = {
  added: "Files for the program",
  made: "Files of the program",
  waits: (name: string) => `${name} comes along when you press Run.`,
  sending: (name: string) => `${name} is on its way…`,
  there: (name: string) => `${name} is in the session: open(${quoted(name)})`,
  notAdded: (name: string, why: string) => `${name} was not added: ${why}`,
  badName: "its name has folders or hidden characters, begins with a dot or a dash, or is longer than 100 characters. Rename it.",
  tooLarge: (size: string, limit: string) => `it has ${size}; a file can have ${limit}.`,
  tooMany: (most: number) => `a cell takes ${most} files. Remove one.`,
  unreadable: "it could not be read.",
  remove: (name: string) => `Remove ${name}`,
  download: (name: string) => `Download ${name}`,
  fetching: (name: string) => `${name} is fetched…`,
  saved: (name: string) => `${name} was downloaded.`,
  notFetched: (name: string, why: string) => `${name} could not be downloaded: ${why}`,
  wrongAnswer: "the session has answered something else.",
  noAnswer: "the session does not answer.",
  over: "the session is over. Press Run to make the file again.",
};

const DE: typeof EN = {
  added: "Dateien für das Programm",
  made: "Dateien des Programms",
  waits: (name) => `${name} kommt beim nächsten Ausführen mit.`,
  sending: (name) => `${name} ist unterwegs…`,
  there: (name) => `${name} ist in der Sitzung: open(${quoted(name)})`,
  notAdded: (name, why) => `${name} wurde nicht hinzugefügt: ${why}`,
  badName: "Der Name hat Ordner oder unsichtbare Zeichen, beginnt mit Punkt oder Strich oder ist länger als 100 Zeichen. Bitte umbenennen.",
  tooLarge: (size, limit) => `Sie hat ${size}; eine Datei darf ${limit} haben.`,
  tooMany: (most) => `Eine Zelle nimmt ${most} Dateien. Bitte eine entfernen.`,
  unreadable: "Sie konnte nicht gelesen werden.",
  remove: (name) => `${name} entfernen`,
  download: (name) => `${name} herunterladen`,
  fetching: (name) => `${name} wird geholt…`,
  saved: (name) => `${name} wurde heruntergeladen.`,
  notFetched: (name, why) => `${name} konnte nicht heruntergeladen werden: ${why}`,
  wrongAnswer: "Die Sitzung hat etwas anderes geantwortet.",
  noAnswer: "Die Sitzung antwortet nicht.",
  over: "Die Sitzung ist vorbei. Ausführen macht die Datei noch einmal.",
};

/** As Python reads it. */
function quoted(name: string): string {
  return name.includes("'") ? JSON.stringify(name) : `'${name}'`;
}

export type FileWords = typeof EN;
export const WORDS: Words<FileWords> = { en: EN, de: DE };
