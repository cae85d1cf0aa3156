/** Which build of the kernels this machine can run, and how it is loaded. */
import type { Backend } from "../executor.ts";

/** What the kernels export. */
export interface Kernels {
  /** Runs the plan of `length` bytes at `plan` as thread ith of nth. */
  run(plan: number, length: number, ith: number, nth: number, sync: number): void;
}

/** A compiled build of the kernels; memory is supplied at instantiation. */
export interface Build {
  readonly module: WebAssembly.Module;
  readonly simd: Backend["simd"];
}

/** Compiles the SIMD128 build, carried in this package. */
export async function loadBuild(): Promise<Build> {
  const { default: bytes } = await import("#kernels/simd.wasm");
  return { module: await WebAssembly.compile(bytes), simd: "simd128" };
}

/** An instance of a build over `memory`. */
export async function instantiate({ module }: Build, memory: WebAssembly.Memory): Promise<Kernels> {
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  return instance.exports as unknown as Kernels;
}
