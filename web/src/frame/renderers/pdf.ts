// A PDF as a link that saves it: a viewer inside a sandboxed frame is not something browsers give.
import { make } from "../../dom";
import { asText } from "../../output/mime";
import type { Renderer } from "../renderers";

export const renderPdf: Renderer = (host, words) => ({
  async show(data) {
    const href = `data:application/pdf;base64,${asText(data).replace(/[^A-Za-z0-9+/=]/g, "")}`;
    host.replaceChildren(make("a", { href, download: "output.pdf" }, words.download("PDF")));
  },
});
