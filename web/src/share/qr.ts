// A QR code as an SVG element, made here: no link is sent anywhere to be drawn.
import { encode } from "uqr";

/** 97 modules a side, some 850 characters: a phone does not read denser ones well from a screen. */
const MAX_VERSION = 20;
/** Modules of white that readers of codes need around them. */
const BORDER = 4;
const SVG = "http://www.w3.org/2000/svg";

/** Null when the text is too long for a code that can be read. */
export function qrCode(text: string, label: string): SVGSVGElement | null {
  let code: ReturnType<typeof encode>;
  try {
    code = encode(text, { maxVersion: MAX_VERSION, border: BORDER });
  } catch {
    return null;
  }
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: `0 0 ${code.size} ${code.size}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  const black = code.data.flatMap((row, y) => row.flatMap((isBlack, x) => (isBlack ? [`M${x} ${y}h1v1h-1z`] : [])));
  svg.append(path("#fff", `M0 0h${code.size}v${code.size}H0z`), path("#000", black.join("")));
  return svg;
}

function path(fill: string, d: string): SVGPathElement {
  const element = document.createElementNS(SVG, "path");
  element.setAttribute("fill", fill);
  element.setAttribute("d", d);
  return element;
}
