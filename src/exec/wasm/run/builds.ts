/** The builds of the kernels, each loaded when it is asked for: one as its bytes, the others as what they have that another has not. */
import { applyDelta } from "./delta.ts";
import { carriedBytes } from "./source.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const made = async (source: Promise<Bytes>, delta: Promise<{ readonly default: string }>): Promise<Bytes> => {
  const [bytes, { default: digits }] = await Promise.all([source, delta]);
  return applyDelta(bytes, carriedBytes(digits));
};

/** A string, as this is not the edge. */
const simd = async () => carriedBytes((await import("#kernels/simd.wasm")).default as string);
const simdThreads = () => made(simd(), import("#kernels/simd-to-simd-threads.delta"));

export const BUILDS = {
  simd128: { single: simd, threads: simdThreads },
  relaxed: {
    single: () => made(simd(), import("#kernels/simd-to-relaxed.delta")),
    threads: () => made(simdThreads(), import("#kernels/simd-threads-to-relaxed-threads.delta")),
  },
};
