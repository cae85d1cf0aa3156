/** Layers without tensors of their own: activation, reshape, flatten, upsample, avgPool, globalPool, dropout. */

import { either, integer, list, oneOf, optional, real } from "../../core/check.ts";
import { ShapeError } from "../../core/errors.ts";
import { type Shape, showShape, sizeOf } from "../../core/shape.ts";
import {
  avgPool as average,
  greaterEqual,
  leakyRelu,
  mul,
  reduceMean,
  reduceSum,
  relu,
  resizeBilinear,
  resizeNearest,
  sigmoid,
  softplus,
  tanh,
  reshape as view,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { convOutput, type PoolAttrs } from "../../graph/ops.ts";
import { imageSize, layer, type Range } from "./types.ts";

/** A function of each value on its own. */
export interface ActivationSpec {
  /** The kind of the layer. */
  readonly type: "activation";
  /** The function. */
  readonly name: "relu" | "leakyRelu" | "tanh" | "sigmoid" | "softplus";
  /** Slope of `leakyRelu` below zero, in [0, 1]; the others ignore it. Default 0.2. */
  readonly alpha?: number;
}

/** The same values in another shape. */
export interface ReshapeSpec {
  /** The kind of the layer. */
  readonly type: "reshape";
  /** The new shape of an example, of 1 to 3 axes, with as many values as the old one. */
  readonly shape: Shape;
}

/** The same values as a vector. */
export interface FlattenSpec {
  /** The kind of the layer. */
  readonly type: "flatten";
}

/** Enlarges images by a whole factor: `[H, W, C]` to `[factor H, factor W, C]`. */
export interface UpsampleSpec {
  /** The kind of the layer. */
  readonly type: "upsample";
  /** How many times larger each side becomes, 2 to 64. */
  readonly factor: number;
  /** How pixels in between are found; "bilinear" has half-pixel centres (align_corners = false). Default "nearest". */
  readonly mode?: "nearest" | "bilinear";
}

/** The mean or the sum of each channel over all pixels: `[H, W, C]` to `[C]`. */
export interface GlobalPoolSpec {
  /** The kind of the layer. */
  readonly type: "globalPool";
  /** Which of the two. Default "mean". */
  readonly mode?: "mean" | "sum";
}

/** The mean of each size × size window of an image, without padding. */
export interface AvgPoolSpec {
  /** The kind of the layer. */
  readonly type: "avgPool";
  /** Side of a window in pixels, 1 to 64. */
  readonly size: number;
  /** Pixels from one window to the next, 1 to 64. Default "size": windows side by side. */
  readonly stride?: number | "size";
}

/** Sets values to zero with probability `rate` while training and scales the others by 1 / (1 - rate) (Srivastava et al. 2014). */
export interface DropoutSpec {
  /** The kind of the layer. */
  readonly type: "dropout";
  /** Probability of a zero, in [0, 1). */
  readonly rate: number;
}

const ACTIVATIONS: { readonly [N in ActivationSpec["name"]]: (x: Node, alpha: number) => Node } = { relu, leakyRelu, tanh, sigmoid, softplus };

/** The same as functions of one number. None of them ever falls. */
const VALUES: { readonly [N in ActivationSpec["name"]]: (x: number, alpha: number) => number } = {
  relu: (x) => Math.max(x, 0),
  leakyRelu: (x, alpha) => (x < 0 && alpha > 0 ? alpha * x : Math.max(x, 0)),
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.log1p(Math.exp(x)),
};

/** Of layers that give the values they take, or means of them. */
const sameRange = (_: unknown, input: Range): Range => input;

const batchOf = (x: Node): number => x.shape[0]!;

function window({ size, stride }: Required<AvgPoolSpec>): PoolAttrs {
  const step = stride === "size" ? size : stride;
  return { window: [size, size], strides: [step, step] };
}

/** More than any image has. */
const MOST_PIXELS = 2 ** 32;

export const SHAPING = {
  activation: layer<ActivationSpec>({
    fields: { name: oneOf("relu", "leakyRelu", "tanh", "sigmoid", "softplus"), alpha: optional(real(0, 1), 0.2) },
    output: (_, input) => input,
    range: ({ name, alpha }, [low, high]) => [VALUES[name](low, alpha), VALUES[name](high, alpha)],
    build: ({ name, alpha }, x) => ACTIVATIONS[name](x, alpha),
  }),

  reshape: layer<ReshapeSpec>({
    fields: { shape: list(integer(1, 2 ** 24), { min: 1, max: 3 }) },
    output({ shape }, input) {
      if (sizeOf(shape) !== sizeOf(input)) {
        throw new ShapeError({
          path: "shape",
          expected: `${sizeOf(shape)} values for ${showShape(shape)}`,
          got: `${sizeOf(input)} in ${showShape(input)}`,
        });
      }
      return shape;
    },
    range: sameRange,
    build: ({ shape }, x) => view(x, [batchOf(x), ...shape]),
  }),

  flatten: layer<FlattenSpec>({
    fields: {},
    output: (_, input) => [sizeOf(input)],
    range: sameRange,
    build: (_, x) => view(x, [batchOf(x), sizeOf(x.shape) / batchOf(x)]),
  }),

  upsample: layer<UpsampleSpec>({
    fields: { factor: integer(2, 64), mode: optional(oneOf("nearest", "bilinear"), "nearest") },
    output({ factor }, input) {
      const [h, w, c] = imageSize(input);
      return [h * factor, w * factor, c];
    },
    range: sameRange,
    build({ factor, mode }, x) {
      const size = [x.shape[1]! * factor, x.shape[2]! * factor] as const;
      return mode === "nearest" ? resizeNearest(x, size) : resizeBilinear(x, size);
    },
  }),

  globalPool: layer<GlobalPoolSpec>({
    fields: { mode: optional(oneOf("mean", "sum"), "mean") },
    output: (_, input) => [imageSize(input)[2]],
    range: ({ mode }, [low, high]) => (mode === "mean" ? [low, high] : [Math.min(low, low * MOST_PIXELS), Math.max(high, high * MOST_PIXELS)]),
    build: ({ mode }, x) => view((mode === "mean" ? reduceMean : reduceSum)(x, [1, 2]), [batchOf(x), x.shape[3]!]),
  }),

  avgPool: layer<AvgPoolSpec>({
    fields: { size: integer(1, 64), stride: optional(either(integer(1, 64), oneOf("size")), "size") },
    output(layer, input) {
      const [h, w, c] = imageSize(input);
      const attrs = window(layer);
      return [...convOutput("size", [h, w], attrs.window, { strides: attrs.strides, pads: [0, 0, 0, 0] }), c];
    },
    range: sameRange,
    build: (layer, x) => average(x, window(layer)),
  }),

  /** Srivastava et al. 2014, with the scaling done while training. */
  dropout: layer<DropoutSpec>({
    fields: { rate: real(0, 1, { open: true }) },
    output: (_, input) => input,
    range: ({ rate }, [low, high]) => [Math.min(low / (1 - rate), 0), Math.max(high / (1 - rate), 0)],
    build({ rate }, x, { path, pass }) {
      if (!pass.training || rate === 0) return x;
      const kept = greaterEqual(pass.noise(`${path}.dropout`, x.shape, "uniform"), rate);
      return mul(mul(x, kept), 1 / (1 - rate));
    },
  }),
};
