import type { Plugin } from "rollup";

/** Lets `import bytes from "#kernels/simd.wasm"` give the module's bytes, carried in the bundle as base64. */
export function inlineWasm(): Plugin & { enforce: "pre" };
