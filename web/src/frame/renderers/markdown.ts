// Markdown through marked, with formulas when there is a dollar in it. Markup in it is markup of the program's.
import { Marked } from "marked";
import { asText } from "../../output/mime";
import type { Renderer } from "../renderers";
import { renderHtml } from "./html";

export const renderMarkdown: Renderer = (host, words) => {
  host.classList.add("markdown");
  const markup = renderHtml(host, words);
  return {
    async show(data, metadata, isNewest) {
      const text = asText(data);
      const marked = new Marked({ gfm: true, async: false });
      if (text.includes("$")) marked.use((await import("./markdown_math")).mathExtension);
      if (!isNewest()) return;
      await markup.show(marked.parse(text), metadata, isNewest);
      await document.fonts.ready;
    },
  };
};
