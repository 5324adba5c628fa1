// What a frame says of widgets.
import { languageOf, type Words } from "../../words";

const en = {
  unavailable: (module: string) => `This widget's JavaScript (${module}) is not available here.`,
  slider: "Slider",
  from: "from",
  to: "to",
  noWidgets: "widgets are not shown here",
};

const de: typeof en = {
  unavailable: (module) => `Das JavaScript dieses Widgets (${module}) gibt es hier nicht.`,
  slider: "Schieberegler",
  from: "von",
  to: "bis",
  noWidgets: "hier werden keine Widgets gezeigt",
};

export const WORDS: Words<typeof en> = { en, de };

/** In the language of the page around the frame. */
export const words = (): typeof en => WORDS[languageOf(document.documentElement)];
