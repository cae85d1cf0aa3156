/** Reads `shapes/*.txt`: workloads as text, one line a layer. */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { GPU_REPORT_EVERY } from "../src/gan/options.ts";
import { type Adam, forwardFlop, type KernelTask, type Layer, type SampleTask, type Task } from "./task.ts";

const FOLDER = fileURLToPath(new URL("../bench/shapes/", import.meta.url));

/** A file's lines by what they say. */
interface Sheet {
  readonly name: string;
  readonly head: ReadonlyMap<string, readonly string[]>;
  readonly sizes: readonly (readonly number[])[];
  readonly networks: ReadonlyMap<string, readonly string[]>;
}

/** The tasks of a workload, one for each batch size (or matrix size) its file names. */
export function loadTasks(name: string, batches?: readonly number[]): Task[] {
  const sheet = readSheet(name);
  const kind = sheet.head.get("kind")?.[0];
  if (kind === "gemm") return sheet.sizes.map(gemm);
  const sizes = batches ?? numbers(sheet, "batch");
  if (kind === "sample") return sizes.map((batch) => sample(sheet, batch));
  if (kind === "train" || kind === "critic") return sizes.map((batch) => train(sheet, kind, batch));
  throw new Error(`${name}.txt: kind is ${kind}; expected gemm, sample, train or critic`);
}

/** Each distinct convolution of a workload's networks as three tasks, one for each face; dense layers are left to GEMM. */
export function loadLayers(name: string, batch?: number): KernelTask[] {
  const [task] = loadTasks(name, batch === undefined ? undefined : [batch]);
  if (!task || task.kind === "kernel") return [];
  const layers = [...task.generator, ...(task.kind === "sample" ? [] : task.discriminator)];
  const tasks = new Map<string, KernelTask>();
  for (const layer of layers) {
    if (layer.type !== "conv2d" && layer.type !== "conv2dTranspose") continue;
    const [x, dy] = layer.type === "conv2d" ? [layer.input, layer.output] : [layer.output, layer.input];
    for (const op of ["conv2d", "conv2dInputGrad", "conv2dFilterGrad"] as const) {
      const t = face(op, [task.batch, ...x], [task.batch, ...dy], layer);
      tasks.set(t.workload, t);
    }
  }
  return [...tasks.values()];
}

function face(
  op: "conv2d" | "conv2dInputGrad" | "conv2dFilterGrad",
  x: readonly number[],
  dy: readonly number[],
  { kernel, stride, pad }: { kernel: number; stride: number; pad: number },
): KernelTask {
  const w = [kernel, kernel, x[3]!, dy[3]!];
  const [a, b, y] = op === "conv2d" ? [x, w, dy] : op === "conv2dInputGrad" ? [dy, w, x] : [x, dy, w];
  const workload = `${op} ${x[1]}×${x[2]}×${x[3]} ↔ ${dy[1]}×${dy[2]}×${dy[3]}`;
  const gflop = (2 * dy[0]! * dy[1]! * dy[2]! * kernel ** 2 * x[3]! * dy[3]!) / 1e9;
  return { kind: "kernel", workload, batch: x[0]!, gflop, op, a, b, y, stride, pad };
}

function gemm([m, k, n]: readonly number[]): KernelTask {
  const size = { a: [m!, k!], b: [k!, n!], y: [m!, n!] };
  return { kind: "kernel", workload: `GEMM ${m}×${k}×${n}`, batch: 1, gflop: (2 * m! * k! * n!) / 1e9, op: "matmul", ...size, stride: 1, pad: 0 };
}

function sample(sheet: Sheet, batch: number): SampleTask {
  const latent = number(sheet, "latent");
  const generator = network(sheet, "generator", [latent]);
  return { kind: "sample", workload: sheet.name, batch, gflop: (batch * forwardFlop(generator)) / 1e9, latent, generator };
}

function train(sheet: Sheet, kind: "train" | "critic", batch: number): Task {
  const latent = number(sheet, "latent");
  const image = numbers(sheet, "image");
  const generator = network(sheet, "generator", [latent]);
  const discriminator = network(sheet, "discriminator", image);
  const objective = sheet.head.get("objective")?.[0];
  if (objective !== "non-saturating" && objective !== "wasserstein-gp") throw new Error(`${sheet.name}.txt: unknown objective ${objective}`);
  const [g, d] = [forwardFlop(generator), forwardFlop(discriminator)];
  // A backward pass through parameters and input is two more forward passes. "train": G forward and backward (3), D on real and on fake (3 + 3),
  // D once more for G, without its parameters (2). "critic": G forward (1), D on real and on fake (3 + 3), the penalty's forward, gradient, and the
  // gradient of that in both operands (1 + 1 + 2).
  const flop = kind === "train" ? 3 * g + 8 * d : g + 10 * d;
  return {
    kind,
    workload: sheet.name,
    batch,
    gflop: (batch * flop) / 1e9,
    objective,
    penalty: kind === "critic" ? number(sheet, "penalty") : 0,
    latent,
    image,
    adam: adam(sheet),
    reportEvery: GPU_REPORT_EVERY,
    generator,
    discriminator,
  };
}

function adam(sheet: Sheet): Adam {
  const { learningRate, beta1, beta2, epsilon } = keyValues(sheet.head.get("adam") ?? []);
  return { learningRate: Number(learningRate), beta1: Number(beta1), beta2: Number(beta2), epsilon: Number(epsilon) };
}

function readSheet(name: string): Sheet {
  const head = new Map<string, string[]>();
  const networks = new Map<string, string[]>();
  const sizes: number[][] = [];
  let network: string[] | undefined;
  for (const raw of readFileSync(`${FOLDER}${name}.txt`, "utf8").split("\n")) {
    const line = raw.replace(/#.*/, "").trimEnd();
    if (!line) continue;
    const [key, ...values] = line.trim().split(/\s+/) as [string, ...string[]];
    if (line.startsWith(" ")) network?.push(line.trim());
    else if (key === "generator" || key === "discriminator") {
      network = [];
      networks.set(key, network);
    } else if (key === "size") sizes.push(values.map(Number));
    else head.set(key, values);
  }
  return { name, head, sizes, networks };
}

function network(sheet: Sheet, name: string, input: readonly number[]): Layer[] {
  const lines = sheet.networks.get(name);
  if (!lines) throw new Error(`${sheet.name}.txt: no ${name}`);
  const layers: Layer[] = [];
  for (const [i, line] of lines.entries()) layers.push(parseLayer(line, `${name}.${i}`, layers[i - 1]?.output ?? input));
  return layers;
}

function parseLayer(line: string, path: string, input: readonly number[]): Layer {
  const [type, ...words] = line.split(/\s+/);
  const values = keyValues(words);
  const bias = values.bias === "false" ? null : `${path}.bias`;
  switch (type) {
    case "dense":
      return { type, input, output: [Number(values.units)], filter: `${path}.filter`, bias };
    case "conv2d":
    case "conv2dTranspose": {
      const [kernel, stride, filters] = [Number(values.kernel), Number(values.stride), Number(values.filters)];
      const [h, w] = [input[0]!, input[1]!].map((d) => (type === "conv2d" ? d / stride : d * stride)) as [number, number];
      return { type, input, output: [h, w, filters], kernel, stride, pad: (kernel - stride) / 2, filter: `${path}.filter`, bias };
    }
    case "batchNorm":
      return { type, input, output: input, gamma: `${path}.gamma`, beta: `${path}.beta` };
    case "activation":
      return { type, input, output: input, name: values.name as "relu" | "leakyRelu" | "tanh", alpha: Number(values.alpha ?? 0) };
    case "reshape":
      return { type, input, output: values.shape!.split(",").map(Number) };
    case "flatten":
      return { type, input, output: [input.reduce((a, b) => a * b, 1)] };
    default:
      throw new Error(`${path}: unknown layer ${type}`);
  }
}

const keyValues = (words: readonly string[]): Record<string, string> => Object.fromEntries(words.map((w) => w.split("=") as [string, string]));

function numbers(sheet: Sheet, key: string): number[] {
  const values = sheet.head.get(key)?.map(Number);
  if (!values || values.length === 0 || values.some(Number.isNaN)) throw new Error(`${sheet.name}.txt: ${key} must be followed by numbers`);
  return values;
}

const number = (sheet: Sheet, key: string): number => numbers(sheet, key)[0]!;
