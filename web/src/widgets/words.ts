// What the page says of widgets.
import type { Words } from "../words";

const en = {
  tooLarge: "This is more than can be sent to the program: a widget's message may have 250 KB.",
};

const de: typeof en = {
  tooLarge: "Das ist mehr, als an das Programm gesendet werden kann: Die Nachricht eines Widgets darf 250 KB haben.",
};

export const WORDS: Words<typeof en> = { en, de };
