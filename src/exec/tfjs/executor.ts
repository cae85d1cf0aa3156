/** Runs graphs on a GPU: TensorFlow.js's WebGPU kernels, recorded once, submitted as one list a run. */
import { BackendError } from "../../core/errors.ts";
import type { GPUDeviceLike } from "../../core/platform.ts";
import { matmul } from "../../graph/build.ts";
import { Graph } from "../../graph/graph.ts";
import type { Executor } from "../executor.ts";
import { type FoundDevice, requestDevice } from "./device.ts";
import { bufferLimit, measure } from "./draft.ts";
import { type GPU, GPUSession } from "./session.ts";
import { loadTensorFlow } from "./tensorflow.ts";
import { Watch } from "./watch.ts";

export interface TfjsOptions {
  /** A device of the application's, which stays its own; else one is requested. */
  readonly device?: GPUDeviceLike | undefined;
  /** Whether a software adapter will do: it is slower than the WebAssembly backend. */
  readonly software?: boolean;
  /** Why this backend was chosen, for `Backend.reason`, which goes on with the adapter's name. Default "asked for". */
  readonly reason?: string;
}

/**
 * Sets up the WebGPU backend. TensorFlow.js is loaded only when there is a device.
 *
 * @throws BackendError when there is no adapter, only a software one where that will not do, no TensorFlow.js, or it fails at a first product
 */
export async function createTfjsExecutor({ device, software = true, reason = "asked for" }: TfjsOptions = {}): Promise<Executor> {
  const found: FoundDevice = device ? { device: device as GPUDevice, name: "the application's device", software: false } : await requestDevice();
  const end = () => {
    if (!device) found.device.destroy();
  };
  try {
    if (found.software && !software) {
      throw new BackendError({ path: "backend", expected: "a GPU", got: `a software adapter, ${found.name}` });
    }
    const gpu: GPU = { device: found.device, tensorflow: await loadTensorFlow(), pipelines: new Map(), watch: new Watch(found.device) };
    await selfTest(gpu);
    return {
      backend: { name: "webgpu", threads: 1, simd: "none", reason: `${reason}: ${found.name}` },
      capacity: bufferLimit(found.device),
      atRisk: "everything",
      open: (variables, { maxMemory = Number.POSITIVE_INFINITY } = {}) => GPUSession.open(gpu, variables, maxMemory),
      measure: async (variables, graphs, { maxMemory = Number.POSITIVE_INFINITY } = {}) => measure(variables, graphs, { ...gpu, maxMemory }),
      dispose: end,
    };
  } catch (error) {
    end();
    throw error;
  }
}

/** One product of matrices, right or the backend is none. */
async function selfTest(gpu: GPU): Promise<void> {
  const graph = new Graph();
  graph.fetch("y", matmul(graph.input("a", [2, 2]), graph.input("b", [2, 2])));
  const session = await GPUSession.open(gpu, [], Number.POSITIVE_INFINITY);
  try {
    const { y } = await (await session.compile(graph)).run({ a: Float32Array.of(1, 2, 3, 4), b: Float32Array.of(5, 6, 7, 8) });
    if (y?.join() !== "19,22,43,50") throw new BackendError({ path: "backend", expected: "a product 19, 22, 43, 50", got: `${y?.join(", ")}` });
  } finally {
    session.dispose();
  }
}
