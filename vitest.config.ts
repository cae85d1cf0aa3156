import { defineConfig } from "vitest/config";
import { inlineWasm } from "./rollup.config.js";
import { RELAXED_SIMD } from "./test/flags.ts";

export default defineConfig({
  plugins: [inlineWasm()],
  test: { include: ["test/**/*.test.ts"], testTimeout: 120_000, execArgv: [...RELAXED_SIMD] },
});
