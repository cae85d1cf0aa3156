/** Runs graphs in WebAssembly: our own SIMD kernels, one call a step. */
import type { Executor } from "../executor.ts";
import { MAX_PAGES, PAGE } from "./run/engine.ts";
import { measure } from "./run/layout.ts";
import { loadBuilds } from "./run/module.ts";
import { WasmSession } from "./run/session.ts";
import { startWorkers, type WorkersOptions } from "./run/workers.ts";

export interface WasmOptions extends WorkersOptions {
  /** Hold results to the same bits on every machine, at the cost of fused multiply-adds. Default false. */
  readonly reproducible?: boolean;
  /** Why this backend was chosen, for `Backend.reason`. */
  readonly reason?: string;
}

/**
 * Sets up the WebAssembly backend and starts its threads. Where they are fewer than `threads`, `Backend.reason` says why.
 *
 * @throws BackendError as `startWorkers` and `loadBuilds`
 */
export async function createWasmExecutor({ reproducible = false, reason = "asked for", ...options }: WasmOptions = {}): Promise<Executor> {
  const workers = await startWorkers(options);
  const { threads, obstacle } = workers;
  const builds = await loadBuilds({ reproducible, threaded: threads > 1 }).catch((error) => {
    workers.dispose();
    throw error;
  });
  return {
    backend: { name: "wasm", threads, simd: builds.simd, reason: obstacle ? `${reason}; ${obstacle}` : reason },
    capacity: MAX_PAGES * PAGE,
    atRisk: workers.atRisk,
    async open(variables, { maxMemory = Number.POSITIVE_INFINITY, reproducible: exact = false } = {}) {
      const modules = exact ? builds.exact : await builds.fast();
      return WasmSession.open((pages) => workers.engine(modules, pages), variables, { threads, maxMemory });
    },
    measure: async (variables, graphs, { maxMemory = Number.POSITIVE_INFINITY } = {}) => measure(variables, graphs, { threads, maxMemory }),
    dispose: () => workers.dispose(),
  };
}
