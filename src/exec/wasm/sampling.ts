/** Runs the graphs of networks at work, in the thread that calls: by the kernels that they need, and no others. */
import sample from "#kernels/sample.wasm";
import type { WasmSource } from "../../core/platform.ts";
import type { Executor } from "../executor.ts";
import { SAMPLING_PASSES } from "./compile/sampling.ts";
import { localEngine, MAX_PAGES, PAGE } from "./run/engine.ts";
import { checkKernels } from "./run/kernels.ts";
import { measure } from "./run/layout.ts";
import { WasmSession } from "./run/session.ts";
import { checkWebAssembly, compileKernels, readSource } from "./run/source.ts";

let carried: Promise<WebAssembly.Module> | undefined;

/**
 * Sets up the kernels, compiled once a process. Sessions allocate nothing before they have a program.
 *
 * @param wasm the kernels, in place of those that are carried along
 * @throws BackendError when they cannot be had or compiled
 */
export async function createSamplingExecutor(wasm?: WasmSource): Promise<Executor> {
  checkWebAssembly();
  const exact = await (wasm === undefined ? compiled() : given(wasm));
  const target = { threads: 1, passes: SAMPLING_PASSES };
  return {
    backend: { name: "wasm", threads: 1, simd: "simd128", reason: "sampling alone" },
    capacity: MAX_PAGES * PAGE,
    atRisk: "nothing",
    open: async (variables, { maxMemory = Number.POSITIVE_INFINITY } = {}) =>
      new WasmSession((pages) => localEngine({ exact, fast: exact }, pages), variables, { ...target, maxMemory }),
    measure: async (variables, graphs, { maxMemory = Number.POSITIVE_INFINITY } = {}) => measure(variables, graphs, { ...target, maxMemory }),
    dispose() {},
  };
}

function compiled(): Promise<WebAssembly.Module> {
  carried ??= compileKernels(sample).catch((error) => {
    carried = undefined; // whoever asks next may have more luck
    throw error;
  });
  return carried;
}

async function given(wasm: WasmSource): Promise<WebAssembly.Module> {
  const module = await compileKernels(await readSource(wasm));
  await checkKernels(module, "ganvas/sample.wasm or ganvas/kernels.wasm", () => true);
  return module;
}
