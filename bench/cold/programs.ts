/** Who starts, and from which file. */

/** The files of the model, by the formats that programs read. */
export const FILES = {
  checkpoint: "checkpoint.safetensors",
  float32: "float32.safetensors",
  float16: "float16.safetensors",
  int8: "int8.safetensors",
  onnx: "generator.onnx",
  tfjs: "generator.bin",
} as const;

export interface Program {
  /** As printed. */
  readonly name: string;
  /** As asked for by `--peers`; undefined for ours. */
  readonly peer?: string;
  /** The module in this folder that gives its first picture. */
  readonly module: string;
  readonly file: string;
  /** What its file has rounded the weights to; null where there is no picture. */
  readonly weights: "float32" | "float16" | "int8" | null;
  /** Whether its picture is [3, 64, 64]. */
  readonly channelsFirst?: boolean;
  readonly threaded?: boolean;
  /** Where it can run besides Node. */
  readonly page?: boolean;
  /** The worker in this folder that answers with its first picture. */
  readonly worker?: string;
}

const sampler = { module: "sampler", page: true, worker: "worker.js" };

/** What the others are compared with. */
export const BASE: Program = { ...sampler, name: "ganvas/sample, float32", file: FILES.float32, weights: "float32" };

export const EMPTY: Program = { name: "empty", module: "empty", file: "", weights: null, page: true, worker: "emptyWorker.js" };

export const PROGRAMS: readonly Program[] = [
  EMPTY,
  BASE,
  { ...sampler, name: "ganvas/sample, float16", file: FILES.float16, weights: "float16" },
  { ...sampler, name: "ganvas/sample, int8", file: FILES.int8, weights: "int8" },
  { name: "ganvas, checkpoint", module: "gan", file: FILES.checkpoint, weights: "float32", threaded: true, page: true },
  {
    ...{ name: "ort-web", peer: "ort-web", module: "ortWeb", file: FILES.onnx, weights: "float32" },
    ...{ channelsFirst: true, threaded: true, page: true },
  },
  { name: "ort-node", peer: "ort-node", module: "ortNode", file: FILES.onnx, weights: "float32", channelsFirst: true, threaded: true },
  { name: "tfjs-wasm", peer: "tfjs-wasm", module: "tfjs", file: FILES.tfjs, weights: "float32", page: true },
];
