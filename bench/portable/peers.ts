/** Peers inside a page's worker, or any other place that has no files: their libraries are handed in. */
import type { Contender } from "../contender.ts";
import { onnxModels } from "../peers/onnxModels.js";
import { ortContender } from "../peers/ortTasks.js";
import { type PeerContender, tfjsContender } from "../peers/tfjsTasks.js";
import type { Task, Tensor } from "../task.ts";

/** What of TensorFlow.js is needed to start it. */
interface TensorFlow {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  env(): { set(flag: string, value: boolean): void };
}

interface TensorFlowWasm {
  setWasmPaths(paths: Readonly<Record<string, string>>): void;
  setThreadsCount(count: number): void;
  /** Once its backend is there. @throws Error where that has no threads */
  getThreadsCount(): number;
}

interface OnnxRuntime {
  readonly env: { readonly wasm: { wasmPaths?: { readonly mjs: string; readonly wasm: string } } };
}

/** Their modules, each loaded when it is asked for. */
export interface Libraries {
  tfjs(): Promise<object>;
  tfjsWasm(tf: object): Promise<object>;
  tfjsWebGPU(): Promise<object>;
  ort(): Promise<object>;
  protobuf(): Promise<object>;
  onnx(): Promise<object>;
  /** Where a file of theirs is, by its name; undefined where they find it by themselves. */
  asset(file: string): string | undefined;
}

const TFJS_WASM = ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"];
const ORT_WASM = "ort-wasm-simd-threaded";

/** Those that can be anywhere but in Node. */
export type PeerName = "tfjs-cpu" | "tfjs-wasm" | "tfjs-webgpu" | "ort-web";

/**
 * Starts a peer on a task.
 *
 * @throws Error in its own words
 */
export async function openPeer(name: PeerName, task: Task, tensors: readonly Tensor[], threads: number, libraries: Libraries): Promise<Contender> {
  if (threads > 1 && typeof SharedArrayBuffer === "undefined") throw new Error("no threads, for the page is not cross-origin isolated");
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const contender = name === "ort-web" ? await openOrt(task, byName, threads, libraries) : await openTfjs(name, task, byName, threads, libraries);
  return {
    info: contender.info,
    reset: async () => contender.reset(),
    run: async (steps) => contender.run(steps),
    outputs: async () => new Map(Object.entries(await contender.outputs())),
    close() {},
  };
}

async function openOrt(task: Task, tensors: ReadonlyMap<string, Tensor>, threads: number, libraries: Libraries): Promise<PeerContender> {
  const ort = (await libraries.ort()) as OnnxRuntime;
  const [mjs, wasm] = [libraries.asset(`${ORT_WASM}.mjs`), libraries.asset(`${ORT_WASM}.wasm`)];
  if (mjs && wasm) ort.env.wasm.wasmPaths = { mjs, wasm };
  const models = onnxModels(await libraries.protobuf(), await libraries.onnx());
  return ortContender({ ort, flavour: "web", models }, task, tensors, threads);
}

async function openTfjs(
  name: Exclude<PeerName, "ort-web">,
  task: Task,
  tensors: ReadonlyMap<string, Tensor>,
  threads: number,
  libraries: Libraries,
): Promise<PeerContender> {
  const tf = (await libraries.tfjs()) as TensorFlow;
  const wasm = name === "tfjs-wasm" ? ((await libraries.tfjsWasm(tf)) as TensorFlowWasm) : null;
  if (wasm) {
    const found = TFJS_WASM.flatMap((file) => {
      const url = libraries.asset(file);
      return url === undefined ? [] : [[file, url]];
    });
    if (found.length > 0) wasm.setWasmPaths(Object.fromEntries(found));
    tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", threads > 1);
    wasm.setThreadsCount(threads);
  }
  if (name === "tfjs-webgpu") {
    if (!(await navigator.gpu?.requestAdapter())) throw new Error(navigator.gpu ? "no WebGPU adapter" : "no WebGPU here: navigator.gpu is not there");
    await libraries.tfjsWebGPU();
  }
  const backend = name.slice("tfjs-".length);
  if (!(await tf.setBackend(backend))) throw new Error(`TensorFlow.js cannot start its backend ${backend}`);
  await tf.ready();
  return tfjsContender(tf, task, tensors, wasm && threads > 1 ? wasm.getThreadsCount() : 1);
}
