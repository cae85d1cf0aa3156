/** Every kernel by itself, for the tests; the package has `run` alone (index.ts). */
export * from "./batch";
export * from "./col2im";
export * from "./copy";
export * from "./elementwise";
export { f32_gemm } from "./gemm";
export * from "./group";
export * from "./grouped";
export * from "./groupedGrad";
export * from "./interleave";
export * from "./lanes";
export * from "./norm";
export * from "./pack";
export * from "./panels";
export * from "./products";
export { f32_rmax, f32_rsum } from "./reduce";
export * from "./resample";
export * from "./softmax";
export * from "./transform";
