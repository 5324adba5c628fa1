// Formulas in Markdown: $..$ within a line, $$..$$ on lines of their own.
import "katex/dist/katex.min.css";
import markedKatex from "marked-katex-extension";
import { MATH } from "./math";

export const mathExtension = markedKatex({ ...MATH, nonStandard: true });
