import { defineConfig } from "vitest/config";
import { bundled } from "./rollup.config.js";
import { RELAXED_SIMD } from "./test/flags.ts";

/** Files that replace modules, the platform, or the threads that a process shares. */
const ALONE = ["test/exec/wasm/{lost,pool,remote,starting,threads}.test.ts", "test/gan/{budget,fallback,turns}.test.ts", "test/fuzz/faults.test.ts"];

export default defineConfig({
  plugins: [bundled()],
  test: {
    reporters: ["./test/skipped.ts", "default"],
    // The slowest takes a dozen seconds on two cores: what takes two minutes hangs.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: "100%",
    execArgv: [...RELAXED_SIMD],
    projects: [
      // A process for each core, not for each file: modules are loaded, and compiled by the engine, once.
      { extends: true, test: { name: "together", include: ["test/**/*.test.ts"], exclude: ALONE, isolate: false } },
      { extends: true, test: { name: "alone", include: ALONE } },
    ],
  },
});
