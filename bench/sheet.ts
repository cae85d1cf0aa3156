/** Workloads as text (`shapes/*.txt`), one line a layer, those within a layer further to the right, as tasks. */

import { GPU_REPORT_EVERY } from "../src/gan/options.ts";
import { type Adam, forwardFlop, type KernelTask, type Layer, type SampleTask, type Task } from "./task.ts";

/** A line and those that are further to the right below it. */
interface Line {
  readonly text: string;
  readonly lines: Line[];
}

/** A file's lines by what they say. */
interface Sheet {
  readonly name: string;
  readonly head: ReadonlyMap<string, readonly string[]>;
  readonly sizes: readonly (readonly number[])[];
  readonly networks: ReadonlyMap<string, readonly Line[]>;
}

/** The text of a workload by its name. */
export type ReadText = (name: string) => string;

/** The tasks of a workload, one for each batch size (or matrix size) its text names. */
export function parseTasks(name: string, read: ReadText, batches?: readonly number[]): Task[] {
  const sheet = readSheet(name, read);
  const kind = sheet.head.get("kind")?.[0];
  if (kind === "gemm") return sheet.sizes.map(gemm);
  const sizes = batches ?? numbers(sheet, "batch");
  if (kind === "sample") return sizes.map((batch) => sample(sheet, batch));
  if (kind === "train" || kind === "critic") return sizes.map((batch) => train(sheet, kind, batch));
  throw new Error(`${name}.txt: kind is ${kind}; expected gemm, sample, train or critic`);
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
  const [objective, ...regularizers] = sheet.head.get("objective") ?? [];
  if (objective !== "non-saturating" && objective !== "wasserstein-gp" && objective !== "hinge") {
    throw new Error(`${sheet.name}.txt: unknown objective ${objective}`);
  }
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
    spectralNorm: regularizers.includes("spectral-norm"),
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

function readSheet(name: string, read: ReadText): Sheet {
  const head = new Map<string, string[]>();
  const networks = new Map<string, Line[]>();
  const sizes: number[][] = [];
  for (const { text, lines } of treeOf(read(name))) {
    const [key, ...values] = text.split(/\s+/) as [string, ...string[]];
    if (key === "generator" || key === "discriminator") networks.set(key, lines);
    else if (key === "size") sizes.push(values.map(Number));
    else head.set(key, values);
  }
  const like = head.get("like")?.[0];
  if (like === undefined) return { name, head, sizes, networks };
  const other = readSheet(like, read);
  return { name, head: new Map([...other.head, ...head]), sizes, networks: new Map([...other.networks, ...networks]) };
}

/** Lines by how far to the right they begin; what follows a `#` is a comment. */
function treeOf(text: string): Line[] {
  const top: Line[] = [];
  const open = [{ depth: -1, lines: top }];
  for (const raw of text.split("\n")) {
    const line = raw.replace(/#.*/, "").trimEnd();
    if (!line) continue;
    const depth = line.search(/\S/);
    while (open.at(-1)!.depth >= depth) open.pop();
    const lines: Line[] = [];
    open.at(-1)!.lines.push({ text: line.trim(), lines });
    open.push({ depth, lines });
  }
  return top;
}

function network(sheet: Sheet, name: string, input: readonly number[]): Layer[] {
  const lines = sheet.networks.get(name);
  if (!lines) throw new Error(`${sheet.name}.txt: no ${name}`);
  return parseLayers(lines, name, input);
}

function parseLayers(lines: readonly Line[], path: string, input: readonly number[]): Layer[] {
  const layers: Layer[] = [];
  for (const [i, line] of lines.entries()) layers.push(parseLayer(line, `${path}.${i}`, layers[i - 1]?.output ?? input));
  return layers;
}

function parseLayer({ text, lines }: Line, path: string, input: readonly number[]): Layer {
  const [type, ...words] = text.split(/\s+/);
  const values = keyValues(words);
  const bias = values.bias === "false" ? null : `${path}.bias`;
  const scaled = (scale: number): number[] => [input[0]! * scale, input[1]! * scale, input[2]!];
  switch (type) {
    case "dense":
      return { type, input, output: [Number(values.units)], filter: `${path}.filter`, bias };
    case "conv2d":
    case "conv2dTranspose": {
      const [kernel, stride, filters] = [Number(values.kernel), Number(values.stride), Number(values.filters)];
      const [h, w] = scaled(type === "conv2d" ? 1 / stride : stride) as [number, number, number];
      return { type, input, output: [h, w, filters], kernel, stride, pad: (kernel - stride) / 2, filter: `${path}.filter`, bias };
    }
    case "batchNorm":
      return { type, input, output: input, gamma: `${path}.gamma`, beta: `${path}.beta` };
    case "activation":
      return { type, input, output: input, name: values.name as "relu" | "leakyRelu" | "tanh", alpha: Number(values.alpha ?? 0) };
    case "upsample":
    case "avgPool": {
      const factor = Number(values.factor);
      return { type, input, output: scaled(type === "upsample" ? factor : 1 / factor), factor };
    }
    case "sumPool":
      return { type, input, output: input.slice(2) };
    case "reshape":
      return { type, input, output: values.shape!.split(",").map(Number) };
    case "flatten":
      return { type, input, output: [input.reduce((a, b) => a * b, 1)] };
    case "residual": {
      const side = lines.find((line) => line.text === "shortcut");
      const main = lines.filter((line) => line !== side);
      const layers = parseLayers(main, path, input);
      return { type, input, output: layers.at(-1)!.output, layers, shortcut: parseLayers(side?.lines ?? [], `${path}.shortcut`, input) };
    }
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
