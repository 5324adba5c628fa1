// How KaTeX is used everywhere: no commands that fetch or link, a bound on expansion, mistakes shown as text.

export const MATH = { trust: false, strict: false, throwOnError: false, maxExpand: 1_000, maxSize: 50, output: "htmlAndMathml" } as const;
