// Builds frame.js and the renderers that it loads when they are needed, apart from what the page loads.
import { defineConfig, type Plugin } from "vite";
import { squeezeStyles, targets } from "./vite.config";

/** Every browser that runs the element reads woff2; the other formats would only fill the host. */
const onlyWoff2: Plugin = {
  name: "only-woff2",
  enforce: "pre",
  transform(code, id) {
    if (!/katex|font-awesome/.test(id) || !id.endsWith(".css")) return null;
    return code
      .replace(/src: url\([^)]*\.eot[^)]*\);/, "")
      .replace(/url\([^)]*\.(?:eot|woff|ttf|svg)(?:[?#][^)]*)?\) ?format\(["'][a-z-]+["']\),?/g, "")
      .replace(/,\s*(?=[;}])/g, "");
  },
};

export default defineConfig({
  base: "./",
  publicDir: false,
  plugins: [squeezeStyles, onlyWoff2],
  build: {
    ...targets,
    emptyOutDir: false,
    modulePreload: false,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1_200,
    rollupOptions: {
      input: { frame: "src/frame/frame.ts" },
      preserveEntrySignatures: "allow-extension",
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "assets/[name]-[hash].js",
        assetFileNames: "assets/[name]-[hash][extname]",
      },
    },
  },
});
