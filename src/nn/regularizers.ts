/** Ways to hold the discriminator to a bounded slope. */
import { sizeOf } from "../core/shape.ts";
import { add, lerp, maximum, meanAll, minimum, mul, reduceSum, reshape, sqrt, square, sub, sumAll } from "../graph/build.ts";
import { grad } from "../graph/grad.ts";
import type { Node } from "../graph/graph.ts";

/** The weights held within ± limit: Arjovsky, Chintala & Bottou 2017, algorithm 1, line 7. */
export const weightClipping = (weight: Node, limit: number): Node => minimum(maximum(weight, -limit), limit);

// Under the root, so that a gradient of exactly zero has a finite derivative; far below the rounding of any other norm.
const TINY = 1e-12;

/**
 * λ E (‖∇ f(x̂)‖₂ - 1)², one norm an image, at x̂ = ε x + (1 - ε) G(z): Gulrajani et al. 2017, equation 3.
 * The gradient is part of the graph, so that the penalty has a gradient of its own.
 *
 * @param score f: images [N, ...shape] -> [N], each score a function of its own image only
 * @param mix ε, uniform in [0, 1), shape [N]
 * @returns a scalar
 */
export function gradientPenalty(score: (images: Node) => Node, real: Node, fake: Node, mix: Node, lambda: number): Node {
  const n = real.shape[0]!;
  const between = lerp(fake, real, reshape(mix, [n, ...real.shape.slice(1).map(() => 1)]));
  const slope = reshape(grad(sumAll(score(between)), [between])[0]!, [n, sizeOf(real.shape) / n]);
  const norm = sqrt(add(reduceSum(square(slope), [1]), TINY));
  return mul(meanAll(square(sub(norm, 1))), lambda);
}
