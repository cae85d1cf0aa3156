import { dts } from "rollup-plugin-dts";

/** What a static import of kernels gives. */
const wasm = {
  name: "wasm",
  generateBundle() {
    const source =
      "/** The kernels as a `WebAssembly.Module`, where the runtime compiles what is imported. */\ndeclare const module: object;\nexport default module;\n";
    this.emitFile({ type: "asset", fileName: "wasm.d.ts", source });
  },
};

/** Declarations of what the entries export: one file for each, and what several of them do in files of its own, so that a class is the same whichever entry it comes from. */
export default {
  input: {
    index: "src/index.ts",
    sample: "src/sample.ts",
    datasets: "src/datasets.ts",
    metrics: "src/metrics.ts",
    plots: "src/plots.ts",
    node: "src/node.ts",
  },
  output: {
    dir: "dist",
    format: "es",
    entryFileNames: "[name].d.ts",
    chunkFileNames: "library.d.ts",
    // A GAN is `Disposable`, and a folder of pictures `AsyncDisposable`, which no `lib` declares by its year.
    banner: ({ name }) => (name === "index" || name === "node" ? '/// <reference lib="esnext.disposable" />' : ""),
  },
  plugins: [wasm, dts({ tsconfig: "tsconfig.json", compilerOptions: { stripInternal: true } })],
};
