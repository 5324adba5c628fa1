// LaTeX through KaTeX: formulas between dollars or \( \[ in a text, or an environment that stands alone.
import "katex/dist/katex.min.css";
import renderMathInElement from "katex/contrib/auto-render";
import { asText } from "../../output/mime";
import type { Renderer } from "../renderers";
import { MATH } from "./math";

const DELIMITERS = [
  { left: "$$", right: "$$", display: true },
  { left: "\\[", right: "\\]", display: true },
  { left: "\\(", right: "\\)", display: false },
  { left: "$", right: "$", display: false },
  ...["equation", "align", "alignat", "gather", "CD"].flatMap((name) =>
    [name, `${name}*`].map((one) => ({ left: `\\begin{${one}}`, right: `\\end{${one}}`, display: true })),
  ),
];

export const renderLatex: Renderer = (host) => ({
  async show(data) {
    const text = document.createElement("div");
    text.className = "latex";
    text.textContent = asText(data);
    renderMathInElement(text, { ...MATH, delimiters: DELIMITERS });
    host.replaceChildren(text);
    await document.fonts.ready;
  },
});
