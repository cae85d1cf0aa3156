/** The playground: two pages, which use the built package as any other page would. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** What the package's own entries are, as a project that has installed it finds them. */
function entries(): { find: RegExp; replacement: string }[] {
  const { exports } = JSON.parse(readFileSync(here("../package.json"), "utf8")) as { exports: Record<string, string | { default: string }> };
  return Object.entries(exports).flatMap(([name, file]) => {
    const find = new RegExp(`^${name.replace(/^\./, "ganvas").replaceAll(".", "\\.")}$`);
    return typeof file === "string" ? [] : [{ find, replacement: here(`../${file.default}`) }];
  });
}

/** A page may share memory between threads only if it is cross-origin isolated, which these two headers ask for: without them it trains in one thread. */
const headers = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };

export default defineConfig({
  root: here("."),
  // For any folder of any host.
  base: "./",
  resolve: { alias: entries() },
  worker: { format: "es" },
  build: {
    outDir: here("../dist-playground"),
    emptyOutDir: true,
    target: "es2022",
    rollupOptions: { input: [here("index.html"), here("bench.html")] },
  },
  server: { headers },
  preview: { headers },
});
