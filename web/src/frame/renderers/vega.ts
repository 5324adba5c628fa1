// Vega and Vega-Lite through vega-embed.
import embed, { type Result, type VisualizationSpec } from "vega-embed";
import { isObject } from "../../protocol";
import type { Renderer } from "../renderers";

export const renderVega: Renderer = (host) => {
  let shown: Result | null = null;
  return {
    async show(data, metadata, isNewest) {
      if (!isObject(data)) throw new Error("a specification is an object");
      const options = isObject(metadata["embed_options"]) ? metadata["embed_options"] : {};
      const place = document.createElement("div");
      place.hidden = true;
      host.append(place);
      // Drawn beside the old one, which stays until the new one is complete.
      const result = await embed(place, data as unknown as VisualizationSpec, { actions: false, renderer: "svg", ...options });
      if (!isNewest()) {
        result.finalize();
        place.remove();
        return;
      }
      shown?.finalize();
      shown = result;
      place.hidden = false;
      host.replaceChildren(place);
    },
    destroy: () => shown?.finalize(),
  };
};
