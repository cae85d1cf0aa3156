/** In place of `builds.ts` on runtimes that compile modules before they start: the one build that all of them can run. */
import simd from "#kernels/simd.wasm";

export const BUILDS = { simd128: { single: async () => simd } };
