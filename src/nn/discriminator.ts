/** The discriminator of a GAN, and how it is told what images are made for. */
import type { Shape } from "../core/shape.ts";
import { add, matmul, mul, reduceSum, reshape } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import { join } from "./condition.ts";
import type { ClassConditionSpec, ConditionSpec, DiscriminatorMethod } from "./conditionSpec.ts";
import { applyLayers, complete, type Layer, layerOutputs, type NamedParameter, outputShape, parametersOf } from "./layers/table.ts";
import type { Pass } from "./layers/types.ts";

/** What a discriminator is. */
export interface DiscriminatorSpec {
  readonly shape: Shape;
  readonly condition: ConditionSpec | null;
  readonly architecture: { readonly discriminator: readonly Layer[] };
}

/** How a discriminator is told what images are made for; null where they are made for nothing. */
export function discriminatorMethod(condition: ConditionSpec | null): DiscriminatorMethod | null {
  if (!condition) return null;
  if ("shape" in condition) return "concatenation";
  return "size" in condition ? "projection" : condition.discriminator;
}

/** Whether a discriminator's scores depend on what images are made for: one that says itself what it sees is not told. */
export function isTold(condition: ConditionSpec | null): boolean {
  const method = discriminatorMethod(condition);
  return method !== null && method !== "auxiliary-classifier";
}

/** The shape of one example as a discriminator's first layer takes it. */
export function discriminatorInput({ shape, condition }: Pick<DiscriminatorSpec, "shape" | "condition">): Shape {
  if (!condition || discriminatorMethod(condition) !== "concatenation") return shape;
  const more = "shape" in condition ? condition.shape[2]! : (condition as ClassConditionSpec).classes;
  return [...shape.slice(0, -1), shape.at(-1)! + more];
}

const EMBEDDING = "discriminator.embedding";
const CLASSIFIER = "discriminator.classifier.";

/** The second head of a discriminator that says what class it sees. */
const classifier = (units: number): readonly Layer[] => complete([{ type: "dense", units }]);

/** The tensors of a discriminator, in the order of its layers. */
export function discriminatorTensors(spec: DiscriminatorSpec): NamedParameter[] {
  const { condition } = spec;
  const { discriminator } = spec.architecture;
  const input = discriminatorInput(spec);
  const tensors = parametersOf(discriminator, input, "discriminator.");
  const method = discriminatorMethod(condition);
  if (!condition || "shape" in condition || method === "concatenation") return tensors;
  const features = outputShape(discriminator.slice(0, -1), input);
  const rows = "size" in condition ? condition.size : condition.classes;
  if (method === "auxiliary-classifier") return [...tensors, ...parametersOf(classifier(rows), features, CLASSIFIER)];
  const init = { kind: "weights", fanIn: rows, fanOut: features[0]! } as const;
  return [...tensors, { name: EMBEDDING, shape: [rows, features[0]!], role: "weight", init, outputAxis: 1, activation: null }];
}

/** What a discriminator says of images. */
export interface Verdict {
  /** [N], before any sigmoid: high is what looks real to it. */
  readonly scores: Node;
  /** [N, ...]: what its last layer takes. */
  readonly features: Node;
  /** [N, classes], before any softmax; null where it does not say what class it sees. */
  readonly classes: Node | null;
}

/** D(x, y) of images [N, ...shape] and conditions as `conditionInput` gives them. */
export function examine({ architecture, condition: given }: DiscriminatorSpec, images: Node, condition: Node | null, pass: Pass): Verdict {
  const method = condition && discriminatorMethod(given);
  const input = condition && method === "concatenation" ? join(images, condition) : images;
  const outputs = layerOutputs(architecture.discriminator, input, "discriminator.", pass);
  const scores = reshape(outputs.at(-1)!, [images.shape[0]!]);
  const features = outputs.at(-2)!;
  if (condition && method === "projection") {
    const embedding = pass.value(EMBEDDING, [condition.shape[1]!, features.shape[1]!]);
    return { scores: add(scores, reshape(reduceSum(mul(matmul(condition, embedding), features), [1]), scores.shape)), features, classes: null };
  }
  if (condition && method === "auxiliary-classifier") {
    return { scores, features, classes: applyLayers(classifier(condition.shape[1]!), features, CLASSIFIER, pass) };
  }
  return { scores, features, classes: null };
}

/** The scores alone. */
export const discriminate = (spec: DiscriminatorSpec, images: Node, condition: Node | null, pass: Pass): Node =>
  examine(spec, images, condition, pass).scores;
