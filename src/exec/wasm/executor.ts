/** Runs graphs in WebAssembly: our own SIMD kernels, one call a step. */

import type { Executor } from "../executor.ts";
import { PASSES } from "./compile/passes.ts";
import { MAX_PAGES, PAGE } from "./run/engine.ts";
import { measure } from "./run/layout.ts";
import { buildsOf, loadBuilds } from "./run/module.ts";
import { WasmSession } from "./run/session.ts";
import { startWorkers, type WorkersOptions } from "./run/workers.ts";

export interface WasmOptions extends WorkersOptions {
  /** Hold results to the same bits on every machine, at the cost of fused multiply-adds. Default false. */
  readonly reproducible?: boolean;
  /** The kernels, as `takeKernels` gives them, in place of our own builds: those without threads and fused multiply-adds. */
  readonly wasm?: WebAssembly.Module | undefined;
  /** Why this backend was chosen, for `Backend.reason`. */
  readonly reason?: string;
}

/**
 * Sets up the WebAssembly backend and starts its threads. Where they are fewer than `threads`, `Backend.reason` says why.
 *
 * @throws BackendError as `startWorkers` and `loadBuilds`
 */
export async function createWasmExecutor({ reproducible = false, reason = "asked for", wasm, ...options }: WasmOptions = {}): Promise<Executor> {
  const workers = await startWorkers(wasm === undefined ? options : { ...options, threads: 1 });
  const { threads } = workers;
  const obstacle = wasm && options.threads !== 1 ? "one thread, as the kernels that were handed in are for one" : workers.obstacle;
  const builds = wasm
    ? buildsOf(wasm)
    : await loadBuilds({ reproducible, threaded: threads > 1 }).catch((error) => {
        workers.dispose();
        throw error;
      });
  return {
    backend: { name: "wasm", threads, simd: builds.simd, reason: obstacle ? `${reason}; ${obstacle}` : reason },
    capacity: MAX_PAGES * PAGE,
    atRisk: workers.atRisk,
    async open(variables, { maxMemory = Number.POSITIVE_INFINITY, reproducible: exact = false } = {}) {
      const modules = exact ? builds.exact : await builds.fast();
      return WasmSession.open((pages) => workers.engine(modules, pages), variables, { threads, maxMemory, passes: PASSES });
    },
    measure: async (variables, graphs, { maxMemory = Number.POSITIVE_INFINITY } = {}) =>
      measure(variables, graphs, { threads, maxMemory, passes: PASSES }),
    dispose: () => workers.dispose(),
  };
}
