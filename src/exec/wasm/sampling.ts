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
 * Runs graphs by kernels that may still be compiled, which takes another thread of the runtime's: tensors can be put in place meanwhile. Sessions allocate nothing before they have a program.
 *
 * @param kernels as `samplingKernels` gives them; when they cannot be had, whoever waits for them is told, and so is whoever runs a program
 */
export function createSamplingExecutor(kernels: Promise<WebAssembly.Module>): Executor {
  const modules = kernels.then((exact) => ({ exact, fast: exact }));
  modules.catch(() => {});
  const target = { threads: 1, passes: SAMPLING_PASSES };
  return {
    backend: { name: "wasm", threads: 1, simd: "simd128", reason: "sampling alone" },
    capacity: MAX_PAGES * PAGE,
    atRisk: "nothing",
    open: async (variables, { maxMemory = Number.POSITIVE_INFINITY } = {}) =>
      new WasmSession((pages) => localEngine(modules, pages), variables, { ...target, maxMemory }),
    measure: async (variables, graphs, { maxMemory = Number.POSITIVE_INFINITY } = {}) => measure(variables, graphs, { ...target, maxMemory }),
    dispose() {},
  };
}

/**
 * The kernels; those carried along are compiled once a process.
 *
 * @param wasm others in their place
 * @throws BackendError when they cannot be had or compiled
 */
export async function samplingKernels(wasm?: WasmSource): Promise<WebAssembly.Module> {
  checkWebAssembly();
  return wasm === undefined ? compiled() : given(wasm);
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
