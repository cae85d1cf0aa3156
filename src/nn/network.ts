/** Both networks of a GAN: the tensors they consist of, and their graphs. */
import type { Shape } from "../core/shape.ts";
import { add, concat, matmul, mul, oneHot, reduceSum, reshape } from "../graph/build.ts";
import type { Graph, Node } from "../graph/graph.ts";
import { conditionSize, type GeneratorSpec, generatorTensors } from "./generator.ts";
import { type Init, initOf } from "./init.ts";
import { applyLayers, layerOutputs, type NamedParameter, outputShape, parametersOf } from "./layers/table.ts";
import type { Distribution, Pass } from "./layers/types.ts";
import type { NetworkSpec } from "./spec.ts";

export type NetworkName = "generator" | "discriminator";

/** A tensor of a network. */
export interface ParameterSpec {
  /** `generator.2.filter`. */
  readonly name: string;
  readonly shape: Shape;
  /** `weight`: trained; `statistic`: running mean or variance. */
  readonly role: "weight" | "statistic";
  readonly init: Init;
}

/** An input to be filled with fresh independent numbers at every run: standard normal, or uniform in (0, 1). */
export interface NoiseSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly distribution: Distribution;
}

const EMBEDDING = "discriminator.embedding";

function namedParameters(spec: NetworkSpec, network: NetworkName): NamedParameter[] {
  if (network === "generator") return generatorTensors(spec);
  const { architecture, shape, condition } = spec;
  const classes = conditionSize(condition);
  const tensors = parametersOf(architecture.discriminator, shape, "discriminator.");
  if (classes === 0) return tensors;
  const features = outputShape(architecture.discriminator.slice(0, -1), shape)[0]!;
  const init = { kind: "weights", fanIn: classes, fanOut: features } as const;
  return [...tensors, { name: EMBEDDING, shape: [classes, features], role: "weight", init, activation: null }];
}

/** The weights and running statistics of one network, in the order of its layers. */
export function parameters(spec: NetworkSpec, network: NetworkName): ParameterSpec[] {
  return namedParameters(spec, network).map((p) => ({
    name: p.name,
    shape: p.shape,
    role: p.role,
    init: initOf(p, spec.architecture.initialization),
  }));
}

/** One use of a network in a graph, and what came of it. */
export interface NetworkPass extends Pass {
  /** New values of the running statistics, by name. */
  readonly updates: ReadonlyMap<string, Node>;
}

export interface PassOptions {
  readonly training: boolean;
  /** Values to use instead of the variables of the same names. */
  readonly values?: ReadonlyMap<string, Node>;
  /** Where the random numbers this pass needs are noted; their names begin with `label`. */
  readonly noise?: NoiseSpec[];
  readonly label?: string;
  /** The name of the variable that holds a tensor. Default: the tensor's own. */
  readonly variable?: (name: string) => string;
}

/** Begins a use of a network in `graph`. */
export function openPass(graph: Graph, { training, values, noise = [], label = "", variable = (name) => name }: PassOptions): NetworkPass {
  const updates = new Map<string, Node>();
  return {
    training,
    updates,
    value: (name, shape) => values?.get(name) ?? graph.variable(variable(name), shape),
    noise: (name, shape, distribution) => noiseInput(graph, noise, `${label}/${name}`, shape, distribution),
    update: (name, value) => updates.set(name, value),
  };
}

/** An input of random numbers, noted in `noise`. */
export function noiseInput(graph: Graph, noise: NoiseSpec[], name: string, shape: Shape, distribution: Distribution): Node {
  noise.push({ name, shape, distribution });
  return graph.input(name, shape);
}

/**
 * The input `condition` of a conditional model as a matrix [count, size], null for any other: labels [count] become
 * one-hot rows, vectors [count, size] stay as they are.
 */
export function conditionInput({ condition }: GeneratorSpec, graph: Graph, count: number): Node | null {
  if (!condition) return null;
  if ("classes" in condition) return oneHot(graph.input("condition", [count]), condition.classes);
  return graph.input("condition", [count, condition.size]);
}

/** G(z, y): latents [N, latent] and conditions [N, size] to images [N, ...shape]. */
export function generate({ architecture }: GeneratorSpec, latents: Node, condition: Node | null, pass: Pass): Node {
  return applyLayers(architecture.generator, condition ? concat([latents, condition], 1) : latents, "generator.", pass);
}

/**
 * D(x, y): images [N, ...shape] to scores [N], before any sigmoid. A condition joins by projection: the score of the features φ(x)
 * plus yᵀ V φ(x), with V the embedding (Miyato & Koyama 2018, equation 3).
 */
export function discriminate({ architecture }: NetworkSpec, images: Node, condition: Node | null, pass: Pass): Node {
  const outputs = layerOutputs(architecture.discriminator, images, "discriminator.", pass);
  const score = reshape(outputs.at(-1)!, [images.shape[0]!]);
  if (!condition) return score;
  const features = outputs.at(-2)!;
  const embedding = pass.value(EMBEDDING, [condition.shape[1]!, features.shape[1]!]);
  return add(score, reshape(reduceSum(mul(matmul(condition, embedding), features), [1]), score.shape));
}
