// Where the widgets of a frame, which are loaded when the first is shown, meet the port to the page.
import type { ToWidgets } from "../widgets/widgets";

interface WidgetPort {
  /** To the page: "attach", then what widgets want of the kernel. */
  tell(request: unknown): void;
  /** From the page. */
  receive(message: ToWidgets): void;
}

export const widgetPort: WidgetPort = { tell: () => {}, receive: () => {} };
