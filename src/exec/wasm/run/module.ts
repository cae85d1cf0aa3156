/** Which build of the kernels this machine can run, and how it is loaded. */
import { relaxedSimd, threads as sharedMemory } from "wasm-feature-detect";
import { BackendError } from "../../../core/errors.ts";
import type { Backend } from "../../executor.ts";

/** What the kernels export. */
export interface Kernels {
  /** Runs the plan of `length` bytes at `plan` as thread ith of nth; `sync` is where threads meet. */
  run(plan: number, length: number, ith: number, nth: number, sync: number): void;
}

/** The kernels compiled for this machine; memory is supplied at instantiation. */
export interface Modules {
  /** The fastest there are, which may round as this machine's fused multiply-add does. */
  readonly fast: WebAssembly.Module;
  /** Those that give the same bits on every machine; may be the same. */
  readonly exact: WebAssembly.Module;
}

/** The builds of the kernels that this machine can run. */
export interface Builds {
  /** What the fast kernels use. */
  readonly simd: Exclude<Backend["simd"], "none">;
  /** Those that give the same bits on every machine, for both uses. */
  readonly exact: Modules;
  /** Both, the fast ones compiled when they are first asked for. */
  fast(): Promise<Modules>;
}

/**
 * Finds the builds that this machine can run: relaxed SIMD unless everything must be `reproducible`, shared memory when `threaded`.
 *
 * @throws BackendError, and so does `fast`, when they cannot be loaded or compiled
 */
export async function loadBuilds({ reproducible, threaded }: { reproducible: boolean; threaded: boolean }): Promise<Builds> {
  if (typeof WebAssembly === "undefined") throw notCompiled("there is no WebAssembly");
  const simd = !reproducible && (await relaxedSimd()) ? "relaxed" : "simd128";
  const load = async (build: keyof typeof BUILDS): Promise<WebAssembly.Module> => {
    try {
      const { default: bytes } = await BUILDS[build][threaded ? "threads" : "single"]();
      return await WebAssembly.compile(bytes);
    } catch (cause) {
      throw notCompiled(String(cause), cause);
    }
  };
  const exact = await load("simd128");
  let fast: Promise<WebAssembly.Module> | undefined;
  return {
    simd,
    exact: { exact, fast: exact },
    async fast() {
      fast ??= simd === "simd128" ? Promise.resolve(exact) : load(simd);
      return { exact, fast: await fast };
    },
  };
}

const notCompiled = (got: string, cause?: unknown): BackendError =>
  new BackendError({ path: "backend", expected: "WebAssembly with SIMD, and leave to compile the kernels", got }, { cause });

const BUILDS = {
  simd128: { single: () => import("#kernels/simd.wasm"), threads: () => import("#kernels/simd-threads.wasm") },
  relaxed: { single: () => import("#kernels/relaxed.wasm"), threads: () => import("#kernels/relaxed-threads.wasm") },
};

/** Why memory cannot be shared between threads here; null when it can. */
export async function whyNotShared(): Promise<string | null> {
  if (typeof SharedArrayBuffer === "undefined") {
    return "crossOriginIsolated" in globalThis && !globalThis.crossOriginIsolated
      ? "the page is not cross-origin isolated, so there is no SharedArrayBuffer"
      : "there is no SharedArrayBuffer";
  }
  return (await sharedMemory()) ? null : "this runtime's WebAssembly has no threads";
}

/** An instance of a module over `memory`. */
export async function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<Kernels> {
  const instance = await WebAssembly.instantiate(module, { env: { memory } });
  return instance.exports as unknown as Kernels;
}
