/** Layers that centre and scale, or measure: batchNorm, layerNorm, instanceNorm, groupNorm, pixelNorm, minibatchStdDev. */

import { integer, optional, positive, real } from "../../core/check.ts";
import { ShapeError } from "../../core/errors.ts";
import { type Shape, showShape, sizeOf } from "../../core/shape.ts";
import {
  add,
  broadcastTo,
  concat,
  lerp,
  matmul,
  moments,
  mul,
  batchNorm as normalise,
  reduceMean,
  reshape,
  rsqrt,
  slice,
  sqrt,
  square,
  sub,
} from "../../graph/build.ts";
import { statistic } from "../../graph/composites.ts";
import type { Node } from "../../graph/graph.ts";
import { join } from "../condition.ts";
import { imageSize, type LayerParameter, layer, type Pass, type Scope, zeros } from "./types.ts";

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

/** A gain and a bias for each channel, the same for all images whatever these are made for. */
const byChannel = (_: unknown, input: Shape): Readonly<Record<string, LayerParameter>> => {
  const c = input[input.length - 1]!;
  return { gamma: gain([c]), beta: zeros([c]) };
};

/** x with mean 0 and variance 1, by `mean`. */
function standardised(x: Node, mean: (x: Node) => Node, epsilon: number): Node {
  const centred = sub(x, mean(x));
  return mul(centred, rsqrt(add(mean(square(centred)), epsilon)));
}

/** The mean of each channel over its pixels, [N, 1, 1, C] of images [N, H, W, C]. */
const overPixels = (x: Node): Node => reduceMean(x, x.shape.map((_, i) => i).slice(1, -1));

/** The mean of each group of `size` channels over these and all pixels, for each of its channels: of few numbers, those over pixels, as neighbours that are summed apart are slow to read. */
const overGroups =
  (size: number) =>
  (x: Node): Node => {
    const channels = overPixels(x);
    const [n, c] = [x.shape[0]!, x.shape[x.shape.length - 1]!];
    const groups = reduceMean(reshape(channels, [n, c / size, size]), [2]);
    return reshape(broadcastTo(groups, [n, c / size, size]), channels.shape);
  };

const scaled = (x: Node, { parameter }: Scope): Node => add(mul(x, parameter("gamma")), parameter("beta"));

/** One value less its mean is 0, whatever it is. @throws ShapeError */
function checkTogether(count: number, input: Shape): Shape {
  if (count > 1) return input;
  throw new ShapeError({ path: "input", expected: "more than one value to be normalised together", got: showShape(input) });
}

/** How many channels each of so many parts has, all of one size. @throws ShapeError with the path `field` */
function share(field: string, parts: number, input: Shape): number {
  const c = input[input.length - 1]!;
  if (c % parts === 0) return c / parts;
  throw new ShapeError({ path: field, expected: `a number of ${field} that divides ${c} channels`, got: `${parts}` });
}

/** Under the root of a variance, so that a deviation of 0 has a finite derivative. */
const TINY = 1e-8;

/**
 * How much the images of each group differ, [N, features] of x [N, ..., C]: the mean of the standard deviations of all values of a feature's share of the channels. There are as many groups as
 * `groupSize` goes into the batch, as equal as can be.
 */
function deviations(x: Node, groupSize: number, features: number): Node {
  const n = x.shape[0]!;
  const groups = Math.max(1, Math.floor(n / groupSize));
  const size = Math.floor(n / groups);
  const inLarger = (n % groups) * (size + 1);
  const part = (first: number, end: number): Node => slice(x, [first, ...x.shape.slice(1).map(() => 0)], [end - first, ...x.shape.slice(1)]);
  if (inLarger === 0) return ofGroups(x, size, features);
  return concat([ofGroups(part(0, inLarger), size + 1, features), ofGroups(part(inLarger, n), size, features)], 0);
}

/** The same for groups that are all of one size, each of every so many images. */
function ofGroups(x: Node, size: number, features: number): Node {
  const [n, c] = [x.shape[0]!, x.shape[x.shape.length - 1]!];
  const groups = n / size;
  const values = reshape(x, [size, sizeOf(x.shape) / size]);
  const variance = reduceMean(square(sub(values, reduceMean(values, [0]))), [0]);
  const each = reshape(sqrt(add(variance, TINY)), [groups, sizeOf(x.shape) / (n * c), features, c / features]);
  const measured = reshape(reduceMean(each, [1, 3]), [1, groups, features]);
  return reshape(broadcastTo(measured, [size, groups, features]), [n, features]);
}

/** Each channel of each image is normalised over its pixels (Ulyanov, Vedaldi & Lempitsky 2016, equation 3), then scaled and shifted by channel. */
export interface InstanceNormSpec {
  /** The kind of the layer. */
  readonly type: "instanceNorm";
  /** A number above 0 that is added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

/** Groups of neighbouring channels of each image are normalised, each over all its pixels (Wu & He 2018, equation 7), then scaled and shifted by channel. */
export interface GroupNormSpec {
  /** The kind of the layer. */
  readonly type: "groupNorm";
  /** How many groups the channels make, all of one size, 1 to 65536. */
  readonly groups: number;
  /** A number above 0 that is added to the variance. Default 1e-5. */
  readonly epsilon?: number;
}

/** The channels of each pixel, or the numbers of a vector, are divided by the root of the mean of their squares (Karras et al. 2018, section 4.2). */
export interface PixelNormSpec {
  /** The kind of the layer. */
  readonly type: "pixelNorm";
  /** A number above 0 that is added to the mean of squares. Default 1e-8. */
  readonly epsilon?: number;
}

/**
 * Appends to each example, as channels of one value, how much those of its group differ (Karras et al. 2018, section 3; by groups and with StyleGAN2's epsilon of 1e-8). A
 * discriminator that sees it tells a generator that makes one image only. Batches are of 2 at least, and fall into as many groups as `groupSize` goes into them, as equal as can be. Where
 * images are judged outside of training it appends the running mean of what it did in training, so that a score is that of its image alone.
 *
 * Penalties on slopes go with it, and are then on those of a group's scores together.
 */
export interface MinibatchStdDevSpec {
  /** The kind of the layer. */
  readonly type: "minibatchStdDev";
  /** Examples of a group, 2 to 65536. Default 4. */
  readonly groupSize?: number;
  /** Channels it appends, each from its share of the input's, 1 to 65536. Default 1. */
  readonly features?: number;
  /** Weight of the newest batch in the running mean, in [0, 1]. Default 0.1. */
  readonly momentum?: number;
}

export const NORMALISATION = {
  batchNorm: layer<BatchNormSpec>({
    mixesImages: true,
    // One value a channel has variance 0: all that is left of it is beta, no gradient passes, and the running variance goes to 0 as well.
    leastBatch: (input) => (sizeOf(input) === input.at(-1) ? 2 : 1),
    fields: { epsilon: optional(positive, 1e-5), momentum: optional(real(0, 1), 0.1) },
    output: (_, input) => input,
    parameters(_, input, { classes }) {
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
    parameters: byChannel,
    build({ epsilon }, x, scope) {
      const axes = x.shape.map((_, i) => i).slice(1);
      return scaled(
        standardised(x, (values) => reduceMean(values, axes), epsilon),
        scope,
      );
    },
  }),

  instanceNorm: layer<InstanceNormSpec>({
    fields: { epsilon: optional(positive, 1e-5) },
    output(_, input) {
      const [h, w] = imageSize(input);
      return checkTogether(h * w, input);
    },
    parameters: byChannel,
    build: ({ epsilon }, x, scope) => scaled(standardised(x, overPixels, epsilon), scope),
  }),

  groupNorm: layer<GroupNormSpec>({
    fields: { groups: integer(1, 65536), epsilon: optional(positive, 1e-5) },
    output({ groups }, input) {
      share("groups", groups, input);
      return checkTogether(sizeOf(input) / groups, input);
    },
    parameters: byChannel,
    build: ({ groups, epsilon }, x, scope) => scaled(standardised(x, overGroups(share("groups", groups, x.shape)), epsilon), scope),
  }),

  pixelNorm: layer<PixelNormSpec>({
    fields: { epsilon: optional(positive, 1e-8) },
    output: (_, input) => input,
    build: ({ epsilon }, x) => mul(x, rsqrt(add(reduceMean(square(x), [x.shape.length - 1]), epsilon))),
  }),

  minibatchStdDev: layer<MinibatchStdDevSpec>({
    leastBatch: () => 2,
    fields: { groupSize: optional(integer(2, 65536), 4), features: optional(integer(1, 65536), 1), momentum: optional(real(0, 1), 0.1) },
    output({ features }, input) {
      share("features", features, input);
      return [...input.slice(0, -1), input[input.length - 1]! + features];
    },
    parameters: ({ features }) => ({ runningDeviation: running(features, 0) }),
    build({ groupSize, features, momentum }, x, { path, pass, parameter }) {
      const mean = parameter("runningDeviation");
      if (!pass.training) return join(x, broadcastTo(mean, [x.shape[0]!, features]));
      const measured = deviations(x, groupSize, features);
      pass.update(`${path}.runningDeviation`, lerp(mean, reshape(reduceMean(measured, [0]), [features]), momentum));
      return join(x, measured);
    },
  }),
};
