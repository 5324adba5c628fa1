// Names for the handles of sliders, which ipywidgets leaves without: a screen reader would only read numbers.
import type { WidgetView } from "@jupyter-widgets/base";
import { words } from "./words";

/** Names them now and whenever the description changes; views without sliders are left alone. */
export function nameHandles(view: WidgetView): void {
  const name = () => {
    const handles = [...view.el.querySelectorAll(".noUi-handle")];
    const description = String(view.model.get("description") || words().slider);
    for (const [i, handle] of handles.entries()) {
      handle.setAttribute("aria-label", handles.length === 2 ? `${description}, ${i === 0 ? words().from : words().to}` : description);
    }
  };
  if (!view.el.querySelector(".noUi-handle")) return;
  name();
  view.listenTo(view.model, "change:description", name);
}
