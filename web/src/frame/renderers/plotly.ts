// Plotly figures; newer data is drawn into the same figure, so that a zoom is kept.
import plotlyUrl from "plotly.js-dist-min/plotly.min.js?url";
import { isObject } from "../../protocol";
import type { Renderer } from "../renderers";

type Plotly = typeof import("plotly.js-dist-min");

let loading: Promise<Plotly> | null = null;

/** A classic script, as large as it is; markup of the program's may use it, too. */
function load(): Promise<Plotly> {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = plotlyUrl;
    script.onload = () => resolve((globalThis as unknown as { Plotly: Plotly }).Plotly);
    script.onerror = () => {
      loading = null;
      reject(new Error("plotly.js could not be loaded"));
    };
    document.head.append(script);
  });
  return loading;
}

export const renderPlotly: Renderer = (host) => ({
  async show(data, _metadata, isNewest) {
    const plotly = await load();
    if (!isNewest()) return;
    if (!isObject(data) || !Array.isArray(data["data"])) throw new Error("a figure has a list named data");
    const layout = isObject(data["layout"]) ? data["layout"] : {};
    // Without a revision of the user's interface every update would take the zoom back.
    const figure = { data: data["data"], layout: { uirevision: "same", autosize: true, ...layout }, frames: data["frames"], config: { responsive: true, displaylogo: false, ...(data["config"] as object) } };
    await plotly.react(host, figure as never);
  },
  destroy() {
    void loading?.then((plotly) => plotly.purge(host));
  },
});
