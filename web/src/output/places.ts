// Where the outputs of an area stand: plain ones in the page, rich ones and what follows them in a frame.
import type { Content, Frame, Output, OutputFactory } from "./content";

/** As much of an item as tells where it stands. */
interface Placed {
  element: HTMLElement;
  stale: boolean;
  output?: Output;
}

const follows = (a: Node | undefined, b: Node | undefined): boolean =>
  !a || !b || (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;

export class Places {
  readonly #area: HTMLElement;
  /** The frame that was emptied last: to load another takes longer than most outputs. */
  #spare: Frame | null = null;

  constructor(area: HTMLElement) {
    this.#area = area;
  }

  /**
   * A place for a new output between two items: in the frame of the one before it, so that a
   * cell has one frame for each stretch of output that the page does not interrupt.
   */
  output(content: Content, factory: OutputFactory, items: Placed[], index: number): Output {
    const [before, after] = [items[index - 1]?.output, items[index]?.output];
    const joined = [before, content.kind === "rich" ? after : null].find((output) => output?.frame && factory.accepts(output.frame))?.frame;
    if (joined) return joined.insert(after?.frame === joined ? after : null);
    if (content.kind === "rich") {
      const frame = this.#takeSpare(factory, items[index - 1], items[index]) ?? this.#open(factory, items, index);
      return frame.insert(null);
    }
    const drawing = factory.drawing(content.kind);
    this.put(drawing.element, items, index);
    return drawing;
  }

  /** Puts an element of the page between two items. */
  put(element: HTMLElement, items: Placed[], index: number): void {
    const before = items[index - 1]?.element;
    const next = items.slice(index).find((item) => item.element !== before);
    this.#area.insertBefore(element, next?.element ?? null);
  }

  /** The old items that would be cut off from those before them, in the same frame, by something of the page. */
  cut<T extends Placed>(items: T[], index: number): T[] {
    const frame = items[index - 1]?.output?.frame;
    return frame ? items.slice(index).filter(({ output }) => output?.frame === frame) : [];
  }

  forgetSpare(): void {
    this.#spare?.destroy();
    this.#spare = null;
  }

  #open(factory: OutputFactory, items: Placed[], index: number): Frame {
    const frame = factory.frame((emptied) => {
      this.forgetSpare();
      this.#spare = emptied;
    });
    this.put(frame.element, items, index);
    return frame;
  }

  #takeSpare(factory: OutputFactory, before: Placed | undefined, after: Placed | undefined): Frame | null {
    const frame = this.#spare;
    if (!frame) return null;
    this.#spare = null;
    if (factory.accepts(frame) && follows(before?.element, frame.element) && follows(frame.element, after?.element)) return frame;
    frame.destroy();
    return null;
  }
}
