/** Both networks of a GAN: the tensors they consist of, and their graphs. */
import type { Shape } from "../core/shape.ts";
import { matmul, oneHot } from "../graph/build.ts";
import type { Graph, Node } from "../graph/graph.ts";
import { join } from "./condition.ts";
import { discriminatorTensors } from "./discriminator.ts";
import { GENERATOR_EMBEDDING, type GeneratorSpec, generatorTensors } from "./generator.ts";
import { type Init, initOf } from "./init.ts";
import { applyLayers, type NamedParameter } from "./layers/table.ts";
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
  /** Of the factors of weighted sums: the axis along which the sums are. */
  readonly outputAxis?: number;
}

/** An input to be filled with fresh independent numbers at every run: standard normal, or uniform in (0, 1). */
export interface NoiseSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly distribution: Distribution;
}

const namedParameters = (spec: NetworkSpec, network: NetworkName): NamedParameter[] =>
  network === "generator" ? generatorTensors(spec) : discriminatorTensors(spec);

/** The weights and running statistics of one network, in the order of its layers. */
export function parameters(spec: NetworkSpec, network: NetworkName): ParameterSpec[] {
  return namedParameters(spec, network).map((p) => ({
    name: p.name,
    shape: p.shape,
    role: p.role,
    init: initOf(p, spec.architecture.initialization),
    ...(p.outputAxis !== undefined && { outputAxis: p.outputAxis }),
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
 * The input `condition` of a conditional model, null for any other: labels [count] become one-hot rows [count, classes], vectors [count, size] and images
 * [count, height, width, channels] stay as they are.
 */
export function conditionInput({ condition }: GeneratorSpec, graph: Graph, count: number): Node | null {
  if (!condition) return null;
  if ("classes" in condition) return oneHot(graph.input("condition", [count]), condition.classes);
  return graph.input("condition", [count, ...("shape" in condition ? condition.shape : [condition.size])]);
}

/** G(z, y): latents [N, latent] and conditions as `conditionInput` gives them to images [N, ...shape]. */
export function generate({ architecture, condition: given }: GeneratorSpec, latents: Node, condition: Node | null, pass: Pass): Node {
  const apply = (x: Node, own: Pass = pass): Node => applyLayers(architecture.generator, x, "generator.", own);
  if (!condition || !given) return apply(latents);
  if ("shape" in given) return apply(join(condition, latents));
  if ("size" in given || given.generator === "concatenation") return apply(join(latents, condition));
  if (given.generator === "batch-norm") return apply(latents, { ...pass, classes: condition });
  return apply(join(latents, matmul(condition, pass.value(GENERATOR_EMBEDDING, [given.classes, given.embedding!]))));
}
