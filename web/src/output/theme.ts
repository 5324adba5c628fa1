// The looks that the frame takes over from the page, so that both read as one.
import type { Theme } from "../frame/protocol";
import type { Language } from "../words";

const ANSI = Array.from({ length: 16 }, (_, index) => `--ansi-${index}`);
const VARIABLES = ["--lw-mono", "--lw-text", "--lw-muted", "--lw-background", "--lw-surface", "--lw-border", "--lw-accent", "--lw-danger", "--lw-danger-surface", ...ANSI];

/** Which of light and dark the element stands in; the frame must use the same to stay transparent. */
function schemeOf(scheme: string | undefined): "light" | "dark" {
  if (!scheme?.includes("dark")) return "light";
  return !scheme.includes("light") || matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function themeOf(element: Element, language: Language): Theme {
  const style = getComputedStyle(element);
  const { color, fontFamily, fontSize } = style;
  const variables = Object.fromEntries(VARIABLES.map((name) => [name, style.getPropertyValue(name)]));
  return { language, colorScheme: schemeOf(style.colorScheme), color, fontFamily, fontSize, variables };
}
