// Runs inside the sandboxed frame: draws the markup it is given and tells its height.
import { HeightGuard } from "./height_guard";

interface Content {
  html?: string;
  style: { colorScheme: string; color: string; fontFamily: string; fontSize: string };
}

const root = document.createElement("div");
root.id = "output";
document.body.append(root);

const guard = new HeightGuard();
let port: MessagePort | null = null;
let drawing = 0;

async function draw({ html, style }: Content): Promise<void> {
  document.documentElement.style.colorScheme = style.colorScheme;
  Object.assign(document.body.style, { color: style.color, fontFamily: style.fontFamily, fontSize: style.fontSize });
  if (html === undefined) return;
  const turn = ++drawing;
  const template = document.createElement("template");
  template.innerHTML = html;
  // Scripts in parsed markup never run; copies made here do, one after the other as in a page.
  const scripts = [...template.content.querySelectorAll("script")];
  root.replaceChildren(document.importNode(template.content, true));
  const places = [...root.querySelectorAll("script")];
  for (const [i, source] of scripts.entries()) {
    const script = document.createElement("script");
    for (const { name, value } of source.attributes) script.setAttribute(name, value);
    script.textContent = source.textContent;
    script.async = false;
    const loaded = script.src
      ? new Promise((resolve) => {
          script.onload = script.onerror = resolve;
        })
      : null;
    places[i]?.replaceWith(script);
    await loaded;
    if (turn !== drawing) return;
  }
  guard.reset();
  tell();
}

function tell(): void {
  const height = guard.next(root.getBoundingClientRect().height, performance.now());
  if (height !== null) port?.postMessage({ height });
}

addEventListener("message", (event) => {
  if (event.source !== parent || (event.data as { longwire?: unknown } | null)?.longwire !== "port" || port) return;
  port = event.ports[0] ?? null;
  if (!port) return;
  port.onmessage = ({ data }) => void draw(data as Content);
  new ResizeObserver(tell).observe(root);
  new MutationObserver(() => guard.changed()).observe(root, { childList: true, subtree: true, attributes: true, characterData: true });
});

parent.postMessage({ longwire: "hello" }, "*");
