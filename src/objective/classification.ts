/** What an auxiliary classifier learns, and the generator from it. */
import { add, concat, meanAll, mul, reduceSum, slice, softplus, sub } from "../graph/build.ts";
import type { Node } from "../graph/graph.ts";
import type { TrainableSpec } from "./spec.ts";

/**
 * The terms -log P(class | image) of a loss, one for each batch of images, weighted (Odena, Olah & Shlens 2017, equation 3); none without a classifier.
 *
 * @param condition one-hot rows [N, classes]
 * @param logits [N, classes] of each batch; null where there is no classifier
 */
export function classLosses({ condition: given }: TrainableSpec, condition: Node | null, ...logits: readonly (Node | null)[]): Node[] {
  const weight = given && "classes" in given ? given.classWeight : undefined;
  if (weight === undefined || !condition) return [];
  return logits.flatMap((x) => (x ? [mul(crossEntropy(x, condition), weight)] : []));
}

/** The mean of -log softmax(x) at the one-hot rows' ones: of ln Σ e^(x - x there), in which nothing large is left to cancel once the classifier is right. */
export const crossEntropy = (x: Node, oneHot: Node): Node => meanAll(logSumExp(sub(x, reduceSum(mul(x, oneHot), [1]))));

/**
 * ln Σ e^x along the second axis of [N, n], as [N, 1]: pairs of columns become one by ln(e^a + e^b) = b + softplus(a - b) until one is left. That overflows nowhere, loses no column
 * however far the others are above it, and has the softmax as its derivative; each of its log₂ n rounds has half the columns of the one before.
 */
function logSumExp(x: Node): Node {
  const [count, n] = x.shape as [number, number];
  if (n === 1) return x;
  const half = Math.floor(n / 2);
  const columns = (first: number, size: number): Node => slice(x, [0, first], [count, size]);
  const [a, b] = [columns(0, half), columns(half, half)];
  const pairs = add(b, softplus(sub(a, b)));
  return logSumExp(n % 2 === 0 ? pairs : concat([pairs, columns(n - 1, 1)], 1));
}
