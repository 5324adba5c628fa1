// The page's side of a frame that draws hostile markup: handshake, content, height.
import { make } from "../dom";

export const SANDBOX = "allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads allow-forms";
const MAX_HEIGHT = 20_000;
/** A frame that never answers must not keep the output waiting. */
const PATIENCE = 3_000;

/** Which of light and dark the element stands in; the frame must use the same to stay transparent. */
export function schemeOf(element: Element): "light" | "dark" {
  const scheme = getComputedStyle(element).colorScheme;
  if (!scheme?.includes("dark")) return "light";
  return !scheme.includes("light") || matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/**
 * The frame has no origin (sandbox without allow-same-origin), so it can reach neither the
 * page nor the token. All that is taken from it is a height.
 */
export class HtmlFrame {
  readonly element: HTMLIFrameElement;
  #port: MessagePort | null = null;
  #html = "";
  #shown: (() => void)[] = [];
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");

  constructor(url: string) {
    this.element = make("iframe", {
      src: url,
      sandbox: SANDBOX,
      allow: "fullscreen; clipboard-write",
      referrerpolicy: "no-referrer",
      title: "Output",
      part: "frame",
    });
    this.element.style.height = "0";
    addEventListener("message", this.#listen);
    this.#scheme.addEventListener("change", this.#restyle);
  }

  show(html: string): Promise<void> {
    this.#html = html;
    this.#port?.postMessage({ html, style: this.#style() });
    return new Promise((resolve) => {
      this.#shown.push(resolve);
      setTimeout(resolve, PATIENCE);
    });
  }

  destroy(): void {
    removeEventListener("message", this.#listen);
    this.#scheme.removeEventListener("change", this.#restyle);
    this.#port?.close();
  }

  #listen = (event: MessageEvent): void => {
    if (event.source === null || event.source !== this.element.contentWindow) return;
    if ((event.data as { longwire?: unknown } | null)?.longwire !== "hello") return;
    this.#port?.close();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    port1.onmessage = ({ data }) => this.#receive(data);
    // An opaque origin has no name, so "*" is the only target; the port alone carries content.
    (event.source as Window).postMessage({ longwire: "port" }, "*", [port2]);
    port1.postMessage({ html: this.#html, style: this.#style() });
  };

  #restyle = (): void => this.#port?.postMessage({ style: this.#style() });

  #style(): Record<string, string> {
    const { color, fontFamily, fontSize } = getComputedStyle(this.element);
    return { colorScheme: schemeOf(this.element), color, fontFamily, fontSize };
  }

  #receive(data: unknown): void {
    const height = (data as { height?: unknown } | null)?.height;
    if (typeof height !== "number" || !Number.isFinite(height)) return;
    this.element.style.height = `${Math.max(0, Math.min(MAX_HEIGHT, Math.ceil(height)))}px`;
    for (const resolve of this.#shown.splice(0)) resolve();
  }
}
