/** Layers that centre and scale: batchNorm, layerNorm. */

import { optional, positive, real } from "../../core/check.ts";
import { sizeOf } from "../../core/shape.ts";
import { add, concat, lerp, moments, mul, batchNorm as normalise, reduceMean, reshape, rsqrt, square, sub } from "../../graph/build.ts";
import { statistic } from "../../graph/composites.ts";
import { type LayerParameter, layer, zeros } from "./types.ts";

/**
 * Batch normalisation by channel (Ioffe & Szegedy 2015); running statistics as in PyTorch, with the unbiased variance. A channel must have two values in a batch for a
 * variance: over vectors, and over images of one pixel, batches are of 2 at least.
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

const gain = (channels: number): LayerParameter => ({ shape: [channels], role: "weight", init: { kind: "gain" } });
const running = (channels: number, value: number): LayerParameter => ({
  shape: [channels],
  role: "statistic",
  init: { kind: "constant", value },
});

export const NORMALISATION = {
  batchNorm: layer<BatchNormSpec>({
    mixesImages: true,
    // One value a channel has variance 0: all that is left of it is beta, no gradient passes, and the running variance goes to 0 as well.
    leastBatch: (input) => (sizeOf(input) === input.at(-1) ? 2 : 1),
    fields: { epsilon: optional(positive, 1e-5), momentum: optional(real(0, 1), 0.1) },
    output: (_, input) => input,
    parameters(_, input) {
      const c = input[input.length - 1]!;
      return { gamma: gain(c), beta: zeros([c]), runningMean: running(c, 0), runningVariance: running(c, 1) };
    },
    build({ epsilon, momentum }, x, { path, pass, parameter }) {
      const [gamma, beta] = [parameter("gamma"), parameter("beta")];
      const [mean, variance] = [parameter("runningMean"), parameter("runningVariance")];
      const c = x.shape[x.shape.length - 1]!;
      if (!pass.training) return normalise(x, concat([reshape(mean, [1, c]), reshape(variance, [1, c])], 0), gamma, beta, epsilon);
      const m = moments(x);
      const n = sizeOf(x.shape) / c;
      pass.update(`${path}.runningMean`, lerp(mean, statistic(m, 0), momentum));
      pass.update(`${path}.runningVariance`, lerp(variance, mul(statistic(m, 1), n / Math.max(n - 1, 1)), momentum));
      return normalise(x, m, gamma, beta, epsilon);
    },
  }),

  layerNorm: layer<LayerNormSpec>({
    fields: { epsilon: optional(positive, 1e-5) },
    output: (_, input) => input,
    parameters(_, input) {
      const c = input[input.length - 1]!;
      return { gamma: gain(c), beta: zeros([c]) };
    },
    build({ epsilon }, x, { parameter }) {
      const axes = x.shape.map((_, i) => i).slice(1);
      const centred = sub(x, reduceMean(x, axes));
      const normalised = mul(centred, rsqrt(add(reduceMean(square(centred), axes), epsilon)));
      return add(mul(normalised, parameter("gamma")), parameter("beta"));
    },
  }),
};
