// Builds frame.js as one classic script: in an origin without a name a module would need CORS headers.
import { defineConfig } from "vite";
import { targets } from "./vite.config";

export default defineConfig({
  base: "./",
  publicDir: false,
  build: {
    ...targets,
    emptyOutDir: false,
    lib: { entry: "src/frame/frame.ts", formats: ["iife"], name: "longwireFrame", fileName: () => "frame.js" },
  },
});
