// Builds cell.js and page.js (fixed names) and the lazy chunks (hashed) into dist/.
import { defineConfig, type Plugin } from "vite";

// Older targets would rewrite light-dark() and newer syntax for browsers that cannot run the element anyway.
export const targets = { target: "es2022", cssTarget: ["chrome123", "firefox120", "safari17.5"] };

/** The style sheets are template strings, which no minifier looks into. */
export const squeezeStyles: Plugin = {
  name: "squeeze-styles",
  apply: "build",
  transform(code, id) {
    if (!id.endsWith("/styles.ts")) return null;
    return code.replace(/`[^`]*`/g, (css) => css.replace(/\s+/g, " ").replace(/ ?([{};,]) ?/g, "$1"));
  },
};

export default defineConfig({
  base: "./",
  plugins: [squeezeStyles],
  build: {
    ...targets,
    modulePreload: false,
    rollupOptions: {
      input: { cell: "src/cell.ts", page: "src/page.ts" },
      // Chunks take what they share with cell.js from there, instead of splitting the first load in two.
      preserveEntrySignatures: "allow-extension",
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
  test: { environment: "jsdom", include: ["test/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
