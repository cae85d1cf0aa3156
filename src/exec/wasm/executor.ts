/** Runs graphs in WebAssembly: our own SIMD kernels, one call a step. */
import type { Executor } from "../executor.ts";
import { loadBuild } from "./module.ts";
import { WasmSession } from "./session.ts";

/** Sets up the WebAssembly backend. @param reason why it was chosen, for `Backend.reason`. */
export async function createWasmExecutor({ reason = "asked for" }: { reason?: string } = {}): Promise<Executor> {
  const build = await loadBuild();
  const threads = 1;
  return {
    backend: { name: "wasm", threads, simd: build.simd, reason },
    open: (variables, { maxMemory = Number.POSITIVE_INFINITY } = {}) => WasmSession.open(build, variables, threads, maxMemory),
    dispose() {},
  };
}
