// Makes the outputs of a session: the page's drawings and its frames, in the language of the page.
import type { Widgets } from "../widgets/widgets";
import type { Language } from "../words";
import type { Frame, OutputFactory } from "./content";
import { Drawing } from "./drawing";
import { choose } from "./mime";
import { OutputFrame } from "./output_frame";
import { WORDS } from "./words";

export function outputFactory(frameUrl: string, language: Language, widgets: Widgets | null = null): OutputFactory {
  const words = WORDS[language];
  // Scripts of an earlier session may have left anything behind in its frames.
  const own = new WeakSet<Frame>();
  return {
    words,
    choose: (data, metadata) => choose(data, metadata, words),
    drawing: (kind) => new Drawing(kind, words),
    frame: (emptied) => {
      const frame = new OutputFrame(frameUrl, language, emptied, widgets);
      own.add(frame);
      return frame;
    },
    accepts: (frame) => frame.usable && own.has(frame),
  };
}
