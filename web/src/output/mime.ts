// Chooses the richest representation of an output that can be shown safely.

export type Picture =
  | { kind: "image"; source: string; alt: string; width: number | null; height: number | null }
  | { kind: "html"; html: string }
  | { kind: "text"; text: string };

/** Images are drawn by the page, markup only inside the sandboxed frame. */
const RASTER = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** Jupyter allows a text as a list of lines. */
export function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.join("");
  return value === undefined || value === null ? "" : JSON.stringify(value, null, 2);
}

export function choose(data: Record<string, unknown>, metadata: Record<string, unknown> = {}): Picture {
  const plain = asText(data["text/plain"]);
  // An object that has both is drawn as the author's markup; a figure carries no markup.
  if (data["text/html"] !== undefined) return { kind: "html", html: asText(data["text/html"]) };
  if (data["image/svg+xml"] !== undefined) {
    // As the source of an image an SVG can run nothing and load nothing.
    const source = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(asText(data["image/svg+xml"]))}`;
    return { kind: "image", source, alt: plain, ...size(metadata, "image/svg+xml") };
  }
  for (const type of RASTER) {
    if (data[type] === undefined) continue;
    const base64 = asText(data[type]).replace(/[^A-Za-z0-9+/=]/g, "");
    return { kind: "image", source: `data:${type};base64,${base64}`, alt: plain, ...size(metadata, type) };
  }
  if (data["application/javascript"] !== undefined) {
    return { kind: "html", html: `<script>${asText(data["application/javascript"])}</script>` };
  }
  for (const type of ["text/markdown", "text/latex", "application/json"]) {
    if (data[type] !== undefined && !(plain && type === "application/json")) return { kind: "text", text: asText(data[type]) };
  }
  return { kind: "text", text: plain || `[no way to show ${Object.keys(data).join(", ") || "an empty output"}]` };
}

function size(metadata: Record<string, unknown>, type: string): { width: number | null; height: number | null } {
  const own = metadata[type];
  const from = (typeof own === "object" && own !== null ? own : metadata) as Record<string, unknown>;
  const number = (value: unknown) => (typeof value === "number" && value > 0 && value < 20_000 ? value : null);
  return { width: number(from["width"]), height: number(from["height"]) };
}
