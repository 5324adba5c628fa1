// Completion by the session's kernel, which knows what the names are.
import type { CompletionContext, CompletionResult, CompletionSource } from "@codemirror/autocomplete";
import { asText } from "../output/mime";
import type { Ask } from "./editor";

const MOST = 200;

/** Jupyter counts characters, the editor counts UTF-16 units. */
export const toCharacters = (text: string, units: number): number => [...text.slice(0, units)].length;
export const toUnits = (text: string, characters: number): number => [...text].slice(0, characters).join("").length;

export function completions(ask: Ask): CompletionSource {
  return async (context: CompletionContext): Promise<CompletionResult | null> => {
    const before = context.matchBefore(/[\w.]+$/);
    if (!context.explicit && !before?.text) return null;
    const code = context.state.doc.toString();
    const content = await ask("complete_request", { code, cursor_pos: toCharacters(code, context.pos) });
    if (context.aborted || !content || !Array.isArray(content["matches"])) return null;
    const matches = content["matches"].slice(0, MOST).map(asText);
    if (matches.length === 0) return null;
    return {
      from: toUnits(code, Number(content["cursor_start"] ?? 0)),
      options: matches.map((label) => ({ label })),
      validFor: /^[\w.]*$/,
    };
  };
}
