/** Which build of the kernels this machine can run, and how it is loaded. */

import { relaxedSimd, threads as sharedMemory } from "wasm-feature-detect";
import { FORMAT } from "../../../../assembly/format/opcodes.ts";
import { BackendError } from "../../../core/errors.ts";
import type { WasmSource } from "../../../core/platform.ts";
import type { Backend } from "../../executor.ts";
import { BUILDS } from "./builds.ts";
import { checkWebAssembly, compileKernels, readSource } from "./source.ts";

/** What the kernels export. */
export interface Kernels {
  /** Runs the plan of `length` bytes at `plan` as thread ith of nth; `sync` is where threads meet. */
  run(plan: number, length: number, ith: number, nth: number, sync: number): void;
  /** The format of the plans it runs. */
  readonly FORMAT?: WebAssembly.Global;
  /** There where they can train. */
  readonly TRAINS?: WebAssembly.Global;
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
  checkWebAssembly();
  const builds: Partial<Record<Builds["simd"], Build>> = BUILDS;
  const simd = !reproducible && builds.relaxed && (await relaxedSimd()) ? "relaxed" : "simd128";
  const load = async (name: Builds["simd"]): Promise<WebAssembly.Module> => {
    const build = builds[name]!;
    const { default: take } = await (threaded ? build.threads! : build.single)().catch((cause: unknown) => {
      const got = `${String(cause)}; hand them in by the option \`wasm\`, or build the application with a bundler, which needs no import at run time`;
      throw new BackendError({ path: "backend", expected: "leave to import the kernels", got }, { cause });
    });
    return compileKernels(take());
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

/** Kernels that the caller hands in, for both uses. @throws BackendError when they are none, or cannot be compiled */
export async function givenBuilds(source: WasmSource): Promise<Builds> {
  checkWebAssembly();
  const exact = await compileKernels(await readSource(source));
  await checkKernels(exact, "ganvas/kernels.wasm", ({ TRAINS }) => TRAINS !== undefined);
  const modules = { exact, fast: exact };
  return { simd: "simd128", exact: modules, fast: async () => modules };
}

/** @throws BackendError unless these are the kernels of that name, of this version */
export async function checkKernels(module: WebAssembly.Module, name: string, suffice: (kernels: Kernels) => boolean): Promise<void> {
  const expected = `${name}, of this version`;
  let kernels: Kernels;
  try {
    kernels = await instantiate(module, new WebAssembly.Memory({ initial: 1 }));
  } catch (cause) {
    throw new BackendError({ path: "wasm", expected, got: String(cause) }, { cause });
  }
  const format = kernels.FORMAT?.value;
  if (format === FORMAT && suffice(kernels)) return;
  const got = format === undefined ? "another module" : format === FORMAT ? "kernels that cannot train" : `kernels of format ${format}`;
  throw new BackendError({ path: "wasm", expected, got });
}

interface Build {
  single(): Promise<Loader>;
  threads?(): Promise<Loader>;
}

interface Loader {
  readonly default: () => Uint8Array<ArrayBuffer> | WebAssembly.Module;
}

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
