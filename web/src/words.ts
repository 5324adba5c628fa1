// In which language a cell speaks; each folder has its words in a words.ts of its own.

export type Language = "en" | "de";

/** The words of a module: the same keys in every language. */
export type Words<T> = Record<Language, T>;

/** The language that the element, or the page around it, says it is in; English for all that we do not speak. */
export function languageOf(element: Element): Language {
  const named = element.closest("[lang]")?.getAttribute("lang") ?? "";
  return /^de\b/i.test(named) ? "de" : "en";
}
