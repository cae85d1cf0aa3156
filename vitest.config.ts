import { defineConfig } from "vitest/config";
import { inlineWasm } from "./rollup.config.js";
import { RELAXED_SIMD } from "./test/flags.ts";

export default defineConfig({
  plugins: [inlineWasm()],
  test: {
    include: ["test/**/*.test.ts"],
    reporters: ["./test/skipped.ts", "default"],
    // The slowest takes seconds on two cores: what takes a minute hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: "100%",
    // A process for each core, not for each file: modules are loaded, and compiled by the engine, once. The library has no state of its own.
    isolate: false,
    execArgv: [...RELAXED_SIMD],
  },
});
