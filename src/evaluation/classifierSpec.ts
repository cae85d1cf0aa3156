/** What a classifier is: its layers, its tensors, its graphs. */
import { checkOptions, type Fields, integer, list, refuse } from "../core/check.ts";
import { type ErrorDetail, show } from "../core/errors.ts";
import { deepFreeze } from "../core/plain.ts";
import { type Shape, sameShape, showShape, sizeOf } from "../core/shape.ts";
import type { Tensor } from "../formats/safetensors.ts";
import { oneHot } from "../graph/build.ts";
import { grad } from "../graph/grad.ts";
import { Graph } from "../graph/graph.ts";
import { initOf } from "../nn/init.ts";
import { applyLayers, checkLayers, complete, type Layer, type LayerSpec, parametersOf, traceShapes } from "../nn/layers/table.ts";
import { openPass, type ParameterSpec } from "../nn/network.ts";
import { crossEntropy } from "../objective/classification.ts";
import { type AdamSpec, OPTIMIZERS } from "../objective/optimizers.ts";

/** What a classifier is, in full. */
export interface ClassifierSpec {
  /** The shape of one example: `[H, W, C]` or `[d]`. */
  readonly shape: Shape;
  /** Number of classes, 2 to 65536. */
  readonly classes: number;
  /** Numbers of the penultimate layer, 1 to 65536. */
  readonly features: number;
  /** The layers that give the features; a dense layer makes logits of them. */
  readonly layers: readonly Layer[];
}

/** What a classifier consists of. */
export interface ClassifierState {
  readonly spec: ClassifierSpec;
  /** The share of held-out examples that it is right about. */
  readonly accuracy: number;
  readonly tensors: ReadonlyMap<string, Tensor>;
}

export const CLASSES = integer(2, 65536);
export const FEATURES = integer(1, 65536);

const FIELDS: Fields<ClassifierSpec> = {
  shape: list(integer(1, 65536), { min: 1, max: 3 }),
  classes: CLASSES,
  features: FEATURES,
  layers: checkLayers,
};

/** A description that anyone may have written, checked and frozen. @throws SpecError */
export function checkClassifierSpec(value: unknown): ClassifierSpec {
  const spec = checkOptions(FIELDS, value, "spec");
  const faults: ErrorDetail[] = [];
  if (spec.shape.length === 2) faults.push({ path: "spec.shape", expected: "[H, W, C] or [d]", got: show(spec.shape) });
  const output = traceShapes(spec.layers, spec.shape, "spec.layers", faults);
  if (output && !sameShape(output, [spec.features])) {
    faults.push({ path: "spec.layers", expected: `layers that give ${showShape([spec.features])}`, got: showShape(output) });
  }
  refuse(faults);
  return deepFreeze(spec);
}

/** Images are halved until their sides are about so many pixels long. */
const LEAST_SIDE = 7;
/** Filters of the first convolution; each further one has twice as many, up to MOST_FILTERS. */
const FIRST_FILTERS = 32;
const MOST_FILTERS = 128;
/** Numbers of a hidden layer on vectors. */
const HIDDEN = 128;

/** Weight of the newest batch in running statistics. */
export const MOMENTUM = 0.05;

const relu: LayerSpec = { type: "activation", name: "relu" };
const batchNorm: LayerSpec = { type: "batchNorm", momentum: MOMENTUM };
const dense = (units: number): LayerSpec[] => [{ type: "dense", units, bias: false }, batchNorm, relu];

/**
 * The layers of a classifier where nobody says more than how many features there are. For images, convolutions 4 × 4 that halve both sides until they are about seven pixels long; for
 * vectors, which are brought to mean 0 and variance 1 first, a hidden layer before that of the features.
 */
export function classifierLayers(shape: Shape, features: number): readonly Layer[] {
  if (shape.length === 1) return complete([batchNorm, ...dense(HIDDEN), ...dense(features)]);
  const layers: LayerSpec[] = [];
  let [side, filters] = [Math.min(shape[0]!, shape[1]!), FIRST_FILTERS];
  do {
    layers.push({ type: "conv2d", filters, kernel: 4, stride: 2, bias: false }, batchNorm, relu);
    [side, filters] = [side / 2, Math.min(2 * filters, MOST_FILTERS)];
  } while (side > LEAST_SIDE);
  return complete([...layers, { type: "flatten" }, ...dense(features)]);
}

const PREFIX = "classifier.";
const HEAD = "classifier.head.";

const head = ({ classes }: ClassifierSpec): readonly Layer[] => complete([{ type: "dense", units: classes }]);

/** The weights and running statistics of a classifier, in the order of its layers. */
export function classifierTensors(spec: ClassifierSpec): ParameterSpec[] {
  const named = [...parametersOf(spec.layers, spec.shape, PREFIX), ...parametersOf(head(spec), [spec.features], HEAD)];
  return named.map((p) => ({ name: p.name, shape: p.shape, role: p.role, init: initOf(p, "fan") }));
}

/** Inputs `images`; fetches `features` [count, features] and `logits` [count, classes]. */
export function classifyGraph(spec: ClassifierSpec, count: number): Graph {
  const graph = new Graph();
  const pass = openPass(graph, { training: false });
  const features = applyLayers(spec.layers, graph.input("images", [count, ...spec.shape]), PREFIX, pass);
  graph.fetch("features", features);
  graph.fetch("logits", applyLayers(head(spec), features, HEAD, pass));
  return graph;
}

const { adam } = OPTIMIZERS;

/** The names of what Adam keeps beside a weight. */
export const slotsOf = (weight: string): string[] => adam.slots.map((slot) => `${weight}/${slot}`);

/** A training step: inputs `images`, `labels` [batch] and `adam.scalars`; fetches `loss`. */
export function classifierStep(spec: ClassifierSpec, optimizer: AdamSpec, batch: number): Graph {
  const graph = new Graph();
  const pass = openPass(graph, { training: true });
  const features = applyLayers(spec.layers, graph.input("images", [batch, ...spec.shape]), PREFIX, pass);
  const logits = applyLayers(head(spec), features, HEAD, pass);
  const loss = crossEntropy(logits, oneHot(graph.input("labels", [batch]), spec.classes));
  graph.fetch("loss", loss);
  const weights = classifierTensors(spec)
    .filter(({ role }) => role === "weight")
    .map(({ name, shape }) => graph.variable(name, shape));
  for (const [i, gradient] of grad(loss, weights).entries()) {
    const weight = weights[i]!;
    const slots = slotsOf(weight.attrs.name).map((name) => graph.variable(name, weight.shape));
    const updated = adam.step(optimizer, weight, gradient, slots, (name) => graph.input(name, []));
    graph.assign(weight, updated.value);
    for (const [k, slot] of updated.slots.entries()) graph.assign(slots[k]!, slot);
  }
  for (const [name, value] of pass.updates) graph.assign(graph.variable(name, value.shape), value);
  return graph;
}

/** Numbers of the largest tensor that the layers make of one example. */
export function widest(spec: ClassifierSpec): number {
  const made = classifyGraph(spec, 1).nodes.filter(({ op }) => op !== "variable");
  return Math.max(...made.map(({ shape }) => sizeOf(shape)));
}
