/** ganvas on a task: the graphs its own training and sampling run, on one of its executors. */

import { sizeOf } from "../src/core/shape.ts";
import type { Executor, Feeds, Fetches, Program, Session, VariableSpec } from "../src/exec/executor.ts";
import { type GANSpec, resolveSpec } from "../src/gan/spec.ts";
import * as ops from "../src/graph/build.ts";
import { Graph, type Node } from "../src/graph/graph.ts";
import type { LayerSpec } from "../src/nn/layers/table.ts";
import { sampleGraph } from "../src/nn/sampling.ts";
import { criticStep, STOPPED, trainStep } from "../src/objective/steps.ts";
import { variables } from "../src/objective/variables.ts";
import type { Contender } from "./contender.ts";
import { type KernelTask, type Layer, parameters, type SampleTask, type Task, type Tensor, type TrainTask } from "./task.ts";

/** What a task comes to once it is a graph. */
interface Work {
  readonly variables: readonly VariableSpec[];
  readonly graph: Graph;
  /** The same with all results fetched, where `graph` leaves them in place. */
  readonly resultGraph?: Graph;
  feeds(step: number): Feeds;
  /** Variables that are results. */
  readonly trained: readonly string[];
  /** Fetches that are results. */
  readonly fetched: readonly string[];
}

/** Starts a task on `executor`, which is disposed with it. */
export async function startOurs(executor: Executor, task: Task, tensors: readonly Tensor[]): Promise<Contender> {
  const data = new Map(tensors.map((t) => [t.name, t.data]));
  const work = task.kind === "kernel" ? kernelWork(task) : task.kind === "sample" ? sampleWork(task, data) : trainWork(task, data);
  const session = await executor.open(work.variables);
  // As in the library itself, samples are the same bits everywhere and training takes what is fastest.
  const reproducible = task.kind === "sample";
  const program = await session.compile(work.graph, { reproducible });
  const resultProgram = work.resultGraph && (await session.compile(work.resultGraph));
  const { name, threads, simd, reason } = executor.backend;
  // As by default in `train`.
  const reportEvery = name === "webgpu" && "reportEvery" in task ? task.reportEvery : 1;
  let step = 0;
  let fetches: Fetches = {};
  return {
    info: {
      version: "of this tree",
      threads,
      notes: [name === "webgpu" ? reason.replace(/^asked for: /, "") : reproducible ? "simd128, bit-exact" : simd],
    },
    async reset() {
      step = 0;
      for (const { name, shape } of work.variables) await session.write(name, data.get(name) ?? rest(name, sizeOf(shape)));
    },
    async run(steps) {
      let underWay: Promise<Fetches>[] = [];
      for (let i = 0; i < steps; i++) {
        underWay.push(program.run(work.feeds(step++)));
        if (underWay.length < reportEvery && i + 1 < steps) continue;
        fetches = (await Promise.all(underWay)).at(-1)!;
        underWay = [];
      }
    },
    outputs: () => outputs(work, session, fetches, resultProgram),
    close() {
      session.dispose();
      executor.dispose();
    },
  };
}

async function outputs(work: Work, session: Session, fetches: Fetches, resultProgram: Program | undefined): Promise<Map<string, Float32Array>> {
  const all = resultProgram ? await resultProgram.run({}) : fetches;
  const results = new Map(work.fetched.map((name) => [name, all[name]!]));
  for (const name of work.trained) results.set(name, await session.read(name));
  return results;
}

/** Variables that are not part of the task: optimizer slots and running statistics. */
const rest = (name: string, size: number): Float32Array => new Float32Array(size).fill(name.endsWith("runningVariance") ? 1 : 0);

/** The op on two variables. What is timed fetches one element of the result: as part of a network the result would stay where it is. */
function kernelWork(task: KernelTask): Work {
  const shapes = { a: task.a, b: task.b };
  const build = (result: (y: Node) => Node): Graph => {
    const graph = new Graph();
    graph.fetch("y", result(kernelOp(task, graph.variable("a", shapes.a), graph.variable("b", shapes.b))));
    return graph;
  };
  const corner = (y: Node): Node =>
    ops.slice(
      y,
      y.shape.map(() => 0),
      y.shape.map(() => 1),
    );
  return {
    variables: Object.entries(shapes).map(([name, shape]) => ({ name, shape })),
    graph: build(corner),
    resultGraph: build((y) => y),
    feeds: () => ({}),
    trained: [],
    fetched: ["y"],
  };
}

function kernelOp({ op, y, stride, pad }: KernelTask, a: Node, b: Node): Node {
  const geometry = { strides: [stride, stride], pads: [pad, pad, pad, pad] } as const;
  switch (op) {
    case "matmul":
      return ops.matmul(a, b);
    case "conv2d":
      return ops.conv2d(a, b, geometry);
    case "conv2dInputGrad":
      return ops.conv2dInputGrad(a, b, [y[1]!, y[2]!], geometry);
    case "conv2dFilterGrad":
      return ops.conv2dFilterGrad(a, b, [y[0]!, y[1]!], geometry);
  }
}

function sampleWork(task: SampleTask, data: ReadonlyMap<string, Float32Array>): Work {
  const spec = resolveSpec({
    shape: task.generator[task.generator.length - 1]!.output,
    latent: task.latent,
    architecture: { generator: task.generator.map(toSpec), discriminator: [{ type: "flatten" }, { type: "dense", units: 1 }] },
    ema: false,
  });
  const graph = sampleGraph(spec, task.batch);
  return {
    variables: graph.leaves("variable").map(({ attrs, shape }) => ({ name: attrs.name, shape })),
    graph,
    feeds: () => ({ latents: data.get("z")! }),
    trained: [],
    fetched: ["images"],
  };
}

function trainWork(task: TrainTask, data: ReadonlyMap<string, Float32Array>): Work {
  const spec = trainSpec(task);
  const critic = task.kind === "critic";
  const { graph, noise, scalars } = (critic ? criticStep : trainStep)(spec, task.batch, { stops: true });
  const drawn = Object.fromEntries(noise.map(({ name, distribution }) => [name, data.get(distribution === "normal" ? "z" : "mix")!]));
  return {
    variables: [...variables(spec), STOPPED],
    graph,
    feeds: (step) => ({
      ...drawn,
      images: data.get("real")!,
      ...scalars({ discriminator: step, generator: step, images: step * task.batch }),
    }),
    trained: parameters(critic ? task.discriminator : [...task.generator, ...task.discriminator]).map(({ name }) => name),
    fetched: critic ? ["discriminatorLoss"] : ["discriminatorLoss", "generatorLoss"],
  };
}

function trainSpec({ image, latent, generator, discriminator, objective, penalty, spectralNorm, adam, batch }: TrainTask): GANSpec {
  const optimizer = { name: "adam", learningRate: adam.learningRate, betas: [adam.beta1, adam.beta2], epsilon: adam.epsilon } as const;
  return resolveSpec({
    shape: image,
    latent,
    architecture: { generator: generator.map(toSpec), discriminator: discriminator.map(toSpec) },
    objective: objective === "wasserstein-gp" ? { name: objective, lambda: penalty } : objective,
    ...(spectralNorm && { regularizers: [{ name: "spectral-norm" }] }),
    optimizer: { generator: optimizer, discriminator: optimizer },
    ema: false,
    batchSize: batch,
  });
}

function toSpec(layer: Layer): LayerSpec {
  switch (layer.type) {
    case "dense":
      return { type: "dense", units: layer.output[0]!, bias: layer.bias !== null };
    case "conv2d":
    case "conv2dTranspose": {
      const { type, kernel, stride, pad, bias, output } = layer;
      return { type, filters: output[2]!, kernel, stride, dilation: 1, groups: 1, padding: pad, bias: bias !== null };
    }
    case "batchNorm":
      return { type: "batchNorm", epsilon: 1e-5, momentum: 0.1 };
    case "activation":
      return { type: "activation", name: layer.name, alpha: layer.alpha };
    case "reshape":
      return { type: "reshape", shape: layer.output };
    case "flatten":
      return { type: "flatten" };
    case "upsample":
      return { type: "upsample", factor: layer.factor, mode: "nearest" };
    case "avgPool":
      return { type: "avgPool", size: layer.factor };
    case "sumPool":
      return { type: "globalPool", mode: "sum" };
    case "residual":
      return { type: "residual", layers: layer.layers.map(toSpec), shortcut: layer.shortcut.map(toSpec) };
  }
}
