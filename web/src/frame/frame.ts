// Runs inside the sandboxed frame: takes the port, draws what comes through it, and tells its height.
import { Heights } from "./heights";
import { HELLO, PORT, type FromFrame, type Theme, type ToFrame } from "./protocol";
import { SlotList } from "./slot_list";
import { LINE_CHOSEN, type ChosenLine } from "../output/line_links";
import { WORDS } from "../output/words";
import { STYLES } from "./styles";
import { widgetPort } from "./widget_port";

document.head.append(Object.assign(document.createElement("style"), { textContent: STYLES }));

function dress({ language, colorScheme, color, fontFamily, fontSize, variables }: Theme): void {
  const root = document.documentElement;
  root.lang = language;
  root.style.colorScheme = colorScheme;
  for (const [name, value] of Object.entries(variables)) root.style.setProperty(name, value);
  Object.assign(document.body.style, { color, fontFamily, fontSize });
}

function connect(port: MessagePort): void {
  const tell = (message: FromFrame) => port.postMessage(message);
  const slots = new SlotList();
  slots.element.id = "output";
  const heights = new Heights(slots.element, (height) => tell({ type: "height", height }));
  document.body.append(slots.element);
  slots.element.addEventListener(LINE_CHOSEN, (event) => tell({ type: "line", chosen: (event as CustomEvent<ChosenLine>).detail }));
  widgetPort.tell = (request) => tell({ type: "widgets", request });
  port.onmessage = async ({ data }: MessageEvent<ToFrame>) => {
    switch (data.type) {
      case "theme":
        dress(data.theme);
        slots.words = WORDS[data.theme.language];
        break;
      case "batch":
        await heights.hold(slots.apply(data.operations));
        tell({ type: "drawn", batch: data.batch, height: heights.now });
        break;
      case "widgets":
        widgetPort.receive(data.message);
        break;
    }
  };
}

addEventListener("message", function take(event) {
  const [port] = event.ports;
  if (event.source !== parent || event.data !== PORT || !port) return;
  removeEventListener("message", take);
  connect(port);
});

parent.postMessage(HELLO, "*");
