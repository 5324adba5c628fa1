// Chooses the richest representation of an output that can be shown safely.
import type { Picture } from "./content";
import type { OutputWords } from "./words";

type Bundle = Record<string, unknown>;

/**
 * From the richest to the plainest. Images are drawn as images, the plain types as text,
 * and whatever else stands here inside the sandboxed frame.
 */
export const RANKS = [
  "application/vnd.jupyter.widget-view+json",
  "application/vnd.plotly.v1+json",
  "application/vnd.vegalite.v6+json",
  "application/vnd.vegalite.v5+json",
  "application/vnd.vegalite.v4+json",
  "application/vnd.vega.v6+json",
  "application/vnd.vega.v5+json",
  // An object that has both is drawn as the author's markup; a figure carries no markup.
  "text/html",
  "text/markdown",
  "text/latex",
  "image/svg+xml",
  "image/png",
  "image/jpeg",
  "image/gif",
  "image/webp",
  "image/bmp",
  "application/pdf",
  "application/javascript",
  "text/javascript",
  "application/geo+json",
  "application/json",
  "text/plain",
] as const;

/** Jupyter allows a text as a list of lines. */
export function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.join("");
  return value === undefined || value === null ? "" : JSON.stringify(value, null, 2);
}

export function choose(data: Bundle, metadata: Bundle, words: OutputWords): Picture {
  const type = RANKS.find((known) => data[known] !== undefined);
  if (!type) return { kind: "text", text: words.noWay(Object.keys(data).join(", ")) };
  if (type === "text/plain") return { kind: "text", text: asText(data[type]) || words.noWay("") };
  const own = typeof metadata[type] === "object" && metadata[type] !== null ? (metadata[type] as Bundle) : metadata;
  if (!type.startsWith("image/")) return { kind: "rich", type, data: data[type], metadata: own };
  return { kind: "image", source: source(type, asText(data[type])), alt: alternative(own, data, words), width: size(own["width"]), height: size(own["height"]) };
}

/** As the source of an image an SVG can run nothing and load nothing. */
function source(type: string, text: string): string {
  if (type === "image/svg+xml") return `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  return `data:${type};base64,${text.replace(/[^A-Za-z0-9+/=]/g, "")}`;
}

/** What stands for an image that cannot be seen; an object's bare name and address say nothing. */
function alternative(metadata: Bundle, data: Bundle, words: OutputWords): string {
  const plain = asText(data["text/plain"]);
  return asText(metadata["alt"]) || (/^<IPython\.|^<.* at 0x[0-9a-f]+>$/.test(plain) ? "" : plain) || words.figure;
}

const size = (value: unknown): number | null => (typeof value === "number" && value > 0 && value < 20_000 ? value : null);
