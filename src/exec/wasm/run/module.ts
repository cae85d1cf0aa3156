/** Which build of the kernels this machine can run, and how it is loaded. */

import { relaxedSimd, threads as sharedMemory } from "wasm-feature-detect";
import { BackendError } from "../../../core/errors.ts";
import type { WasmSource } from "../../../core/platform.ts";
import type { Backend } from "../../executor.ts";
import { BUILDS } from "./builds.ts";
import { checkKernels, type Modules } from "./kernels.ts";
import { checkWebAssembly, compileKernels, readSource } from "./source.ts";

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
  checkWebAssembly();
  const builds: Partial<Record<Builds["simd"], Build>> = BUILDS;
  const simd = !reproducible && builds.relaxed && (await relaxedSimd()) ? "relaxed" : "simd128";
  const load = async (name: Builds["simd"]): Promise<WebAssembly.Module> => {
    const build = builds[name]!;
    const kernels = await (threaded ? build.threads! : build.single)().catch((cause: unknown) => {
      const got = `${String(cause)}; hand them in by the option \`wasm\`, or build the application with a bundler, which needs no import at run time`;
      throw new BackendError({ path: "backend", expected: "leave to import the kernels", got }, { cause });
    });
    return compileKernels(kernels);
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

/** Kernels that the caller hands in, compiled. @throws BackendError when they are none, or cannot be compiled */
export async function takeKernels(source: WasmSource): Promise<WebAssembly.Module> {
  checkWebAssembly();
  const module = await compileKernels(await readSource(source));
  await checkKernels(module, "ganvas/kernels.wasm", ({ TRAINS }) => TRAINS !== undefined);
  return module;
}

/** One build for both uses. */
export function buildsOf(exact: WebAssembly.Module): Builds {
  const modules = { exact, fast: exact };
  return { simd: "simd128", exact: modules, fast: async () => modules };
}

interface Build {
  single(): Promise<Kernels>;
  threads?(): Promise<Kernels>;
}

type Kernels = Parameters<typeof compileKernels>[0];

/** Why memory cannot be shared between threads here; null when it can. */
export async function whyNotShared(): Promise<string | null> {
  if (typeof SharedArrayBuffer === "undefined") {
    return "crossOriginIsolated" in globalThis && !globalThis.crossOriginIsolated
      ? "the page is not cross-origin isolated, so there is no SharedArrayBuffer"
      : "there is no SharedArrayBuffer";
  }
  return (await sharedMemory()) ? null : "this runtime's WebAssembly has no threads";
}
