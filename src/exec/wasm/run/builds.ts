/** The builds of the kernels, each loaded when it is asked for. */
export const BUILDS = {
  simd128: { single: () => import("#kernels/simd.wasm"), threads: () => import("#kernels/simd-threads.wasm") },
  relaxed: { single: () => import("#kernels/relaxed.wasm"), threads: () => import("#kernels/relaxed-threads.wasm") },
};
