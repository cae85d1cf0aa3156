/** Layers of generators that are told a style: constant, noise, modulatedConv2d. */
import { boolean, integer, list, optional } from "../../core/check.ts";
import type { Shape } from "../../core/shape.ts";
import { add, broadcastTo, conv2d, matmul, mul, reduceSum, reshape, rsqrt, square } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { innerMatrix, weights } from "./linear.ts";
import { imageSize, layer, zeros } from "./types.ts";

const SIZE = integer(1, 65536);

/** What is added to the sum of squares by which outputs are demodulated. */
const EPSILON = 1e-8;

/** Factors [N, C] as they are combined with images [N, H, W, C]. */
const byImage = (factors: Node): Node => reshape(factors, [factors.shape[0]!, 1, 1, factors.shape[1]!]);

/**
 * Learned values, the same for every example, which begin as N(0, 1). What it takes is ignored, as at the head of a synthesis network, whose styles alone tell one image from
 * another (Karras, Laine & Aila 2019, section 2), or added, as the shortcut of a residual layer.
 */
export interface ConstantSpec {
  /** The kind of the layer. */
  readonly type: "constant";
  /** The shape of what it gives, of 1 to 3 axes, each from 1 to 65536. */
  readonly shape: Shape;
}

/**
 * Adds to images a picture of one channel from N(0, 1), times a learned strength by channel that begins as 0 (Karras, Laine & Aila 2019, section 2). In training each image
 * has a new one. Otherwise all have one and the same, which was drawn with the first weights, so that a sample is a function of its latent.
 */
export interface NoiseSpec {
  /** The kind of the layer. */
  readonly type: "noise";
}

/**
 * A convolution whose filters depend on the style, `[H, W, C]` to `[H, W, filters]`, within the `layers` of a `styled` layer. The style's affine image (of bias 1 at first)
 * scales each channel of the input, and by what that does to a sum over uncorrelated inputs of variance 1 the outputs are divided again (Karras et al. 2020, equations 1 and 3).
 */
export interface ModulatedConv2dSpec {
  /** The kind of the layer. */
  readonly type: "modulatedConv2d";
  /** Channels it gives, 1 to 65536. */
  readonly filters: number;
  /** Side of a filter in pixels, 1 to 64. */
  readonly kernel: number;
  /** Whether outputs are divided by the norm of their scaled filters; not so where the last convolution makes colours. Default true. */
  readonly demodulate?: boolean;
  /** Whether a bias is added to each channel. Default true. */
  readonly bias?: boolean;
}

export const STYLE = {
  constant: layer<ConstantSpec>({
    weighted: true,
    fields: { shape: list(SIZE, { min: 1, max: 3 }) },
    output: ({ shape }) => shape,
    parameters: ({ shape }) => ({ value: { shape, role: "weight", init: { kind: "normal" } } }),
    build: ({ shape }, x, { parameter }) => broadcastTo(parameter("value"), [x.shape[0]!, ...shape]),
  }),

  noise: layer<NoiseSpec>({
    fields: {},
    output(_, input) {
      imageSize(input);
      return input;
    },
    parameters(_, input) {
      const [h, w, c] = imageSize(input);
      return { strength: zeros([c]), picture: { shape: [h, w, 1], role: "statistic", init: { kind: "normal" } } };
    },
    build(_, x, { path, pass, parameter }) {
      const picture = pass.training ? pass.noise(`${path}.noise`, [...x.shape.slice(0, 3), 1], "normal") : parameter("picture");
      return add(x, mul(picture, parameter("strength")));
    },
  }),

  modulatedConv2d: layer<ModulatedConv2dSpec>({
    weighted: true,
    needsStyle: true,
    fields: { filters: SIZE, kernel: integer(1, 64), demodulate: optional(boolean, true), bias: optional(boolean, true) },
    output({ filters }, input) {
      const [h, w] = imageSize(input);
      return [h, w, filters];
    },
    parameters({ filters, kernel, bias }, input, { style }) {
      const [, , channels] = imageSize(input);
      const area = kernel * kernel;
      return {
        filter: weights([kernel, kernel, channels, filters], 3, area * channels, area * filters),
        styleFilter: innerMatrix(style, channels),
        styleBias: { ...zeros([channels]), init: { kind: "constant", value: 1 } },
        ...(bias && { bias: zeros([filters]) }),
      };
    },
    build({ kernel, demodulate, bias }, x, { pass, parameter }) {
      const filter = parameter("filter");
      const scale = add(matmul(pass.style!, parameter("styleFilter")), parameter("styleBias"));
      const [before, after] = [Math.floor((kernel - 1) / 2), Math.ceil((kernel - 1) / 2)];
      let y = conv2d(mul(x, byImage(scale)), filter, { strides: [1, 1], pads: [before, after, before, after] });
      if (demodulate) {
        const squares = reshape(reduceSum(square(filter), [0, 1]), filter.shape.slice(2));
        y = mul(y, byImage(rsqrt(add(matmul(square(scale), squares), EPSILON))));
      }
      return bias ? add(y, parameter("bias")) : y;
    },
  }),
};
