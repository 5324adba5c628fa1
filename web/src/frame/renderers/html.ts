// Markup and scripts, run as in a page of their own: one output after the other, one script after the other.
import { asText } from "../../output/mime";
import type { Renderer } from "../renderers";
import { fitTables } from "./tables";

/** A script or picture that never comes must not keep the outputs behind it waiting. */
const PATIENCE = 10_000;
const patiently = (work: Promise<unknown>): Promise<unknown> => Promise.race([work, new Promise((resolve) => setTimeout(resolve, PATIENCE))]);

/** A later output may use what the scripts of an earlier one define. */
let earlier: Promise<unknown> = Promise.resolve();

export const renderHtml: Renderer = (host, words) => ({
  async show(data, _metadata, isNewest) {
    await inOrder(async () => {
      if (!isNewest()) return;
      host.innerHTML = asText(data);
      fitTables(host, words);
      await runScripts(host, isNewest);
    });
    await patiently(pictures(host));
  },
});

/** The code finds its place on screen in `element`, as in Jupyter. */
export const renderJavascript: Renderer = (host) => ({
  async show(data, _metadata, isNewest) {
    await inOrder(async () => {
      if (!isNewest()) return;
      host.replaceChildren();
      new Function("element", asText(data)).call(window, host);
    });
  },
});

function inOrder(work: () => Promise<void>): Promise<void> {
  const mine = earlier.then(work);
  earlier = patiently(mine.catch(() => {}));
  return mine;
}

/** Scripts in parsed markup never run; copies made here do. */
async function runScripts(host: HTMLElement, isNewest: () => boolean): Promise<void> {
  for (const source of host.querySelectorAll("script")) {
    const script = document.createElement("script");
    for (const { name, value } of source.attributes) script.setAttribute(name, value);
    script.textContent = source.textContent;
    script.async = false;
    const loaded = script.src
      ? new Promise((resolve) => {
          script.onload = script.onerror = resolve;
        })
      : null;
    source.replaceWith(script);
    await loaded;
    if (!isNewest()) return;
  }
}

/** Until its pictures have come, markup has not its height. */
async function pictures(host: HTMLElement): Promise<void> {
  const images = [...host.querySelectorAll("img")].filter(({ loading }) => loading !== "lazy");
  await Promise.all(images.map((image) => image.decode().catch(() => {})));
}
