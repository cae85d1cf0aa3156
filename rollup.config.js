import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import esbuild from "rollup-plugin-esbuild";

/** Lets `import bytes from "#kernels/simd.wasm"` give the module's bytes, carried in the bundle as base64. */
export function inlineWasm() {
  const prefix = "#kernels/";
  return {
    name: "inline-wasm",
    enforce: "pre",
    resolveId: (id) => (id.startsWith(prefix) ? `\0kernels:${id.slice(prefix.length)}` : null),
    async load(id) {
      if (!id.startsWith("\0kernels:")) return null;
      const file = new URL(`./dist/kernels/${id.slice("\0kernels:".length)}`, import.meta.url);
      const base64 = (await readFile(fileURLToPath(file))).toString("base64");
      return `export default Uint8Array.from(atob("${base64}"), (c) => c.charCodeAt(0));`;
    },
  };
}

/** Puts the workers' sources beside the code that starts them. */
function workers(folder) {
  return {
    name: "workers",
    async generateBundle() {
      for (const fileName of ["worker.js", "remoteWorker.js"]) {
        const source = await readFile(fileURLToPath(new URL(`./src/exec/wasm/run/${fileName}`, import.meta.url)));
        this.emitFile({ type: "asset", fileName: `${folder}${fileName}`, source });
      }
    },
  };
}

const external = (id) => !id.startsWith(".") && !id.startsWith("/") && !id.startsWith("#") && !id.startsWith("\0");

/** Entries whose shared code lies in `folder`. What is built together is cut into chunks together. */
const build = (input, folder) => ({
  input,
  output: { dir: "dist", format: "es", sourcemap: true, chunkFileNames: ({ name }) => `${folder}${name === "index" ? "library" : name}.js` },
  external,
  plugins: [inlineWasm(), workers(folder), esbuild({ target: "es2022" })],
});

export default [
  build({ index: "src/index.ts", datasets: "src/datasets.ts" }, ""),
  // Not published. They are no part of the library's build, so that its chunks follow from its own entries.
  build({ demo: "src/demo/main.ts", bench: "bench/main.ts" }, "tools/"),
];
