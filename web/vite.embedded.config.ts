// Builds embedded_sagecell.js as one classic script: pages call what it defines in the very next line.
import { defineConfig } from "vite";
import { targets } from "./vite.config";

export default defineConfig({
  base: "./",
  publicDir: false,
  build: {
    ...targets,
    emptyOutDir: false,
    lib: { entry: "src/embedded_sagecell.ts", formats: ["iife"], name: "longwireSagecell", fileName: () => "embedded_sagecell.js" },
  },
});
