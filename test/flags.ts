/** What makes this Node offer relaxed SIMD: 20 has it behind a flag, which later versions do not know, as they have it without. */
export const RELAXED_SIMD: readonly string[] = Number(process.versions.node.split(".")[0]) < 22 ? ["--experimental-wasm-relaxed-simd"] : [];
