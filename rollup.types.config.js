import { dts } from "rollup-plugin-dts";

/** Declarations of what the entries export: one file for each, and one for what both of them do, so that a class is the same whichever entry it comes from. */
export default {
  input: { index: "src/index.ts", sample: "src/sample.ts", datasets: "src/datasets.ts" },
  output: {
    dir: "dist",
    format: "es",
    entryFileNames: "[name].d.ts",
    chunkFileNames: "library.d.ts",
    // A GAN is `Disposable`, which no `lib` declares by its year.
    banner: ({ name }) => (name === "index" ? '/// <reference lib="esnext.disposable" />' : ""),
  },
  plugins: [dts({ tsconfig: "tsconfig.json", compilerOptions: { stripInternal: true } })],
};
