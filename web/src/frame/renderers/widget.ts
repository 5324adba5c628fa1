// A widget of ipywidgets where the program displays it.
import "../widgets/looks";
import type { DOMWidgetModel, DOMWidgetView } from "@jupyter-widgets/base";
import { Widget } from "@lumino/widgets";
import type { OutputWords } from "../../output/words";
import { isObject } from "../../protocol";
import { ATTACH } from "../../widgets/messages";
import type { ToWidgets } from "../../widgets/widgets";
import type { Renderer } from "../renderers";
import { widgetPort } from "../widget_port";
import { Manager } from "../widgets/manager";
import { words as widgetWords } from "../widgets/words";

/** A page that shows no widgets does not answer. */
const PATIENCE = 5_000;

let manager: Manager | null = null;
/** What shows widgets of the present session. */
const hosts = new Set<HTMLElement>();
let introduced: Promise<void> | null = null;

export const renderWidget: Renderer = (host, words) => {
  void introduce(words).catch(() => {}); // whoever shows something hears of it
  host.classList.add("widgets");
  let view: DOMWidgetView | null = null;
  const clear = () => {
    view?.remove();
    view = null;
    hosts.delete(host);
  };
  return {
    async show(data, _metadata, isNewest) {
      await introduce(words);
      const present = manager;
      const id = isObject(data) ? String(data["model_id"]) : "";
      // The program has closed it since: there is nothing to see.
      if (!present?.has_model(id)) return clear();
      const made = await present.create_view((await present.get_model(id)) as DOMWidgetModel);
      if (!isNewest()) return void made.remove();
      clear();
      view = made;
      host.inert = !present.live;
      hosts.add(host);
      Widget.attach(made.luminoWidget, host);
    },
    destroy: clear,
  };
};

/** Once; a page that did not answer in time is asked again for the next widget. */
function introduce(words: OutputWords): Promise<void> {
  introduced ??= attach(words).catch((error: unknown) => {
    introduced = null;
    throw error;
  });
  return introduced;
}

/** Resolves when the page has told of the session and its widgets. */
function attach(words: OutputWords): Promise<void> {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(widgetWords().noWidgets)), PATIENCE);
    widgetPort.receive = (message) => {
      receive(message, words);
      resolve();
    };
    widgetPort.tell(ATTACH);
  });
}

function receive(message: ToWidgets, words: OutputWords): void {
  if (message.type === "message") {
    manager?.receive(message.message);
    return;
  }
  manager?.end();
  for (const host of hosts) host.inert = true;
  hosts.clear();
  if (message.type !== "session") return;
  manager = new Manager(words, message.live, (request) => widgetPort.tell(request));
  for (const open of message.opens) manager.receive(open);
}
