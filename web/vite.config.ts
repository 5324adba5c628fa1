// Builds cell.js and page.js (fixed names) and the lazy chunks (hashed) into dist/.
import { defineConfig } from "vite";

// Older targets would rewrite light-dark() and newer syntax for browsers that cannot run the element anyway.
export const targets = { target: "es2022", cssTarget: ["chrome123", "firefox120", "safari17.5"] };

export default defineConfig({
  base: "./",
  build: {
    ...targets,
    modulePreload: false,
    rollupOptions: {
      input: { cell: "src/cell.ts", page: "src/page.ts" },
      preserveEntrySignatures: "strict",
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
  test: { environment: "jsdom", include: ["test/**/*.test.ts"] },
} as Parameters<typeof defineConfig>[0]);
