// Which renderer draws which MIME type; all but markup's are loaded when the first such output comes.
import type { OutputWords } from "../output/words";
import { renderHtml, renderJavascript } from "./renderers/html";

/** One object on screen. */
export interface Rendering {
  /** Shows data, also newer data in place of older; resolves when it can be seen. Stops where `isNewest` is false. */
  show(data: unknown, metadata: Record<string, unknown>, isNewest: () => boolean): Promise<void>;
  destroy?(): void;
}

export type Renderer = (host: HTMLElement, words: OutputWords) => Rendering;

const vega = async (): Promise<Renderer> => (await import("./renderers/vega")).renderVega;
const json = async (): Promise<Renderer> => (await import("./renderers/json")).renderJson;

const RENDERERS: Record<string, () => Promise<Renderer>> = {
  "text/html": async () => renderHtml,
  "application/javascript": async () => renderJavascript,
  "text/javascript": async () => renderJavascript,
  "text/markdown": async () => (await import("./renderers/markdown")).renderMarkdown,
  "text/latex": async () => (await import("./renderers/latex")).renderLatex,
  "application/vnd.plotly.v1+json": async () => (await import("./renderers/plotly")).renderPlotly,
  "application/vnd.vega.v5+json": vega,
  "application/vnd.vega.v6+json": vega,
  "application/vnd.vegalite.v4+json": vega,
  "application/vnd.vegalite.v5+json": vega,
  "application/vnd.vegalite.v6+json": vega,
  "application/json": json,
  "application/geo+json": json,
  "application/vnd.jupyter.widget-view+json": async () => (await import("./renderers/widget")).renderWidget,
  "application/pdf": async () => (await import("./renderers/pdf")).renderPdf,
};

/** Fails when there is none, or when it could not be loaded. */
export async function loadRenderer(type: string): Promise<Renderer> {
  const load = RENDERERS[type];
  if (!load) throw new Error("there is no renderer for it");
  return load();
}
