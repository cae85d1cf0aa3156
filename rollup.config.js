import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "esbuild";
import esbuild from "rollup-plugin-esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const WORKER = here("./src/exec/wasm/run/worker.js");

/** As a string it need not be read by anyone. */
const workerSource = async () => (await transform(await readFile(WORKER, "utf8"), { minify: true, target: "es2022" })).code;

/**
 * Gives what the sources import that is no module: `#worker`, the source of `worker.js`, and `#kernels/simd.wasm`, a function that gives the build's bytes, carried along as base64. For the edge,
 * where runtimes compile modules before they start, that gives the module; and `x.edge.ts` stands in for `x.ts`.
 */
export function bundled({ edge = false } = {}) {
  const kernels = "\0kernels:";
  return {
    name: "bundled",
    enforce: "pre",
    resolveId(id, importer) {
      if (id === "#worker") return "\0worker";
      if (id.startsWith("#kernels/")) return `${kernels}${id.slice("#kernels/".length)}`;
      if (!edge || !importer || !id.startsWith(".")) return null;
      const other = resolve(dirname(importer), id.replace(/\.ts$/, ".edge.ts"));
      return existsSync(other) ? other : null;
    },
    async load(id) {
      if (id === "\0worker") return `export default ${JSON.stringify(await workerSource())};`;
      if (!id.startsWith(kernels)) return null;
      const file = id.slice(kernels.length);
      // The suffix is how Next has it; Wrangler takes it too.
      if (edge) return `import module from "../kernels/${file}?module";\nexport default () => module;`;
      const base64 = (await readFile(here(`./dist/kernels/${file}`))).toString("base64");
      return `export default () => Uint8Array.from(atob("${base64}"), (c) => c.charCodeAt(0));`;
    },
  };
}

/** Puts the workers' program beside the code that starts them. */
const workerFile = {
  name: "worker-file",
  async generateBundle() {
    this.emitFile({ type: "asset", fileName: "worker.js", source: await readFile(WORKER, "utf8") });
  },
};

const external = (id) => /^\.\.\/kernels\//.test(id) || /^[^./#\0]/.test(id);

const ENTRIES = { index: "src/index.ts", datasets: "src/datasets.ts" };

/** Entries that share code, in chunks of `folder`. */
const build = (input, { dir = "dist", folder = "", edge = false, plugins = [] } = {}) => ({
  input,
  output: {
    dir,
    format: "es",
    sourcemap: true,
    sourcemapExcludeSources: true,
    chunkFileNames: ({ name }) => `${folder}${name === "index" ? "library" : name}.js`,
  },
  external,
  makeAbsoluteExternalsRelative: false,
  plugins: [bundled({ edge }), ...plugins, esbuild({ target: "es2022" })],
});

export default [
  build(ENTRIES, { plugins: [workerFile] }),
  build(ENTRIES, { dir: "dist/edge", edge: true }),
  // Not published. They are no part of the library's build, so that its chunks follow from its own entries.
  build({ demo: "src/demo/main.ts", bench: "bench/main.ts" }, { folder: "tools/" }),
];
