/** Runs graphs in WebAssembly: our own SIMD kernels, one call a step. */
import { MAX_THREADS } from "../../../assembly/format/opcodes.ts";
import type { Executor } from "../executor.ts";
import { type Engine, localEngine, MAX_PAGES, PAGE, sharedEngine } from "./run/engine.ts";
import { measure } from "./run/layout.ts";
import { loadBuilds, type Modules, whyNotShared } from "./run/module.ts";
import { remoteEngine } from "./run/remote.ts";
import { WasmSession } from "./run/session.ts";
import { availableThreads } from "./run/threads.ts";

export interface WasmOptions {
  /** How many threads compute; "auto" is one for every processor. Results do not depend on it. Default "auto". */
  readonly threads?: number | "auto";
  /** Hold results to the same bits on every machine, at the cost of fused multiply-adds. Default false. */
  readonly reproducible?: boolean;
  /** Where one thread computes: where it is called from, or in a worker, so that a page stays responsive. Default: "worker" on a page, else "here". */
  readonly place?: "here" | "worker";
  /** Why this backend was chosen, for `Backend.reason`. */
  readonly reason?: string;
}

const isPage = typeof document === "object";

/** Sets up the WebAssembly backend. Where memory cannot be shared it computes in one thread, and says so in `Backend.reason`. */
export async function createWasmExecutor(options: WasmOptions = {}): Promise<Executor> {
  const { threads = "auto", reproducible = false, place = isPage ? "worker" : "here", reason = "asked for" } = options;
  const wanted = Math.min(threads === "auto" ? await availableThreads() : threads, MAX_THREADS);
  const obstacle = wanted > 1 ? await whyNotShared() : null;
  const count = obstacle ? 1 : wanted;
  const builds = await loadBuilds({ reproducible, threaded: count > 1 });
  const start = (modules: Modules, pages: number): Promise<Engine> => {
    if (count > 1) return sharedEngine(modules, pages, count);
    return place === "worker" ? remoteEngine(modules, pages) : localEngine(modules, pages);
  };
  return {
    backend: { name: "wasm", threads: count, simd: builds.simd, reason: obstacle ? `${reason}; one thread, for ${obstacle}` : reason },
    capacity: MAX_PAGES * PAGE,
    async open(variables, { maxMemory = Number.POSITIVE_INFINITY, reproducible: exact = false } = {}) {
      const modules = exact ? builds.exact : await builds.fast();
      return WasmSession.open((pages) => start(modules, pages), variables, { threads: count, maxMemory });
    },
    measure: async (variables, graphs, { maxMemory = Number.POSITIVE_INFINITY } = {}) => measure(variables, graphs, { threads: count, maxMemory }),
    dispose() {},
  };
}
