/** Layers that centre and scale: batchNorm, layerNorm. */

import { optional, positive, real } from "../../core/check.ts";
import { type Shape, sizeOf } from "../../core/shape.ts";
import { add, concat, lerp, matmul, moments, mul, batchNorm as normalise, reduceMean, reshape, rsqrt, square, sub } from "../../graph/build.ts";
import { statistic } from "../../graph/composites.ts";
import type { Node } from "../../graph/graph.ts";
import { type LayerParameter, layer, type Pass, zeros } from "./types.ts";

/**
 * Batch normalisation by channel (Ioffe & Szegedy 2015); running statistics as in PyTorch, with the unbiased variance. A channel must have two values in a batch for a
 * variance: over vectors, and over images of one pixel, batches are of 2 at least. Its gain and bias are the same for all images, or in a generator those of an image's class, by the GAN's
 * `condition`.
 */
export interface BatchNormSpec {
  /** The kind of the layer. */
  readonly type: "batchNorm";
  /** A number above 0 that is added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Weight of the newest batch in the running statistics, in [0, 1]. Default 0.1. */
  readonly momentum?: number;
}

/** Layer normalisation over everything but the batch (Ba, Kiros & Hinton 2016), with a gain and a bias by channel. */
export interface LayerNormSpec {
  /** The kind of the layer. */
  readonly type: "layerNorm";
  /** A number above 0 that is added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

const gain = (shape: Shape): LayerParameter => ({ shape, role: "weight", init: { kind: "gain" } });
const running = (channels: number, value: number): LayerParameter => ({
  shape: [channels],
  role: "statistic",
  init: { kind: "constant", value },
});

/**
 * x normalised by the statistics `m`, then scaled and shifted by channel: by `gamma` and `beta` [C], or by those rows of them, [classes, C], that are the images' own
 * (Dumoulin, Shlens & Kudlur 2017, equation 5).
 */
function affine(x: Node, m: Node, gamma: Node, beta: Node, epsilon: number, { classes }: Pass): Node {
  if (!classes) return normalise(x, m, gamma, beta, epsilon);
  const c = x.shape[x.shape.length - 1]!;
  const all = (value: number): Node => x.graph.constant(new Float32Array(c).fill(value), [c]);
  const chosen = (table: Node): Node => reshape(matmul(classes, table), [x.shape[0]!, ...x.shape.slice(1, -1).map(() => 1), c]);
  return add(mul(normalise(x, m, all(1), all(0), epsilon), chosen(gamma)), chosen(beta));
}

export const NORMALISATION = {
  batchNorm: layer<BatchNormSpec>({
    mixesImages: true,
    // One value a channel has variance 0: all that is left of it is beta, no gradient passes, and the running variance goes to 0 as well.
    leastBatch: (input) => (sizeOf(input) === input.at(-1) ? 2 : 1),
    fields: { epsilon: optional(positive, 1e-5), momentum: optional(real(0, 1), 0.1) },
    output: (_, input) => input,
    parameters(_, input, classes) {
      const c = input[input.length - 1]!;
      const each = classes > 0 ? [classes, c] : [c];
      return { gamma: gain(each), beta: zeros(each), runningMean: running(c, 0), runningVariance: running(c, 1) };
    },
    build({ epsilon, momentum }, x, { path, pass, parameter }) {
      const [gamma, beta] = [parameter("gamma"), parameter("beta")];
      const apply = (m: Node): Node => affine(x, m, gamma, beta, epsilon, pass);
      const [mean, variance] = [parameter("runningMean"), parameter("runningVariance")];
      const c = x.shape[x.shape.length - 1]!;
      if (!pass.training) return apply(concat([reshape(mean, [1, c]), reshape(variance, [1, c])], 0));
      const m = moments(x);
      const n = sizeOf(x.shape) / c;
      pass.update(`${path}.runningMean`, lerp(mean, statistic(m, 0), momentum));
      pass.update(`${path}.runningVariance`, lerp(variance, mul(statistic(m, 1), n / Math.max(n - 1, 1)), momentum));
      return apply(m);
    },
  }),

  layerNorm: layer<LayerNormSpec>({
    fields: { epsilon: optional(positive, 1e-5) },
    output: (_, input) => input,
    parameters(_, input) {
      const c = input[input.length - 1]!;
      return { gamma: gain([c]), beta: zeros([c]) };
    },
    build({ epsilon }, x, { parameter }) {
      const axes = x.shape.map((_, i) => i).slice(1);
      const centred = sub(x, reduceMean(x, axes));
      const normalised = mul(centred, rsqrt(add(reduceMean(square(centred), axes), epsilon)));
      return add(mul(normalised, parameter("gamma")), parameter("beta"));
    },
  }),
};
