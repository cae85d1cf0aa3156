/** Layers that are linear in their input: dense, conv2d, conv2dTranspose. */

import { boolean, either, integer, oneOf, optional, real } from "../../core/check.ts";
import { ShapeError } from "../../core/errors.ts";
import { add, conv2d, conv2dInputGrad, matmul } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { type ConvOptions, convOutput } from "../../graph/ops.ts";
import { imageSize, type LayerParameter, layer, type Scope, vectorSize, zeros } from "./types.ts";

/** A dense layer, x W + b, from vectors to vectors: `[inputs]` to `[units]`. */
export interface DenseSpec {
  /** The kind of the layer. */
  readonly type: "dense";
  /** Numbers it gives, 1 to 2^24. */
  readonly units: number;
  /** Whether b is added. Default true. */
  readonly bias?: boolean;
  /** Standard deviation of the first weights, as a factor of what it would be, 0 to 1000: 0 for weights that begin at zero (Zhang, Dauphin & Ma 2019). Default 1. */
  readonly gain?: number;
}

/** A convolution: cross-correlation with square filters `[kernel, kernel, C / groups, filters]`, `[H, W, C]` to `[H', W', filters]`. */
export interface Conv2dSpec {
  /** The kind of the layer. */
  readonly type: "conv2d";
  /** Channels it gives, 1 to 65536. */
  readonly filters: number;
  /** Side of a filter in pixels, 1 to 64. */
  readonly kernel: number;
  /** Pixels from one place of a filter to the next, 1 to 64. Default 1. */
  readonly stride?: number;
  /** Pixels from one tap of a filter to the next, 1 to 64. Default 1: side by side. */
  readonly dilation?: number;
  /** Groups that the channels of input and output are cut into, each of which sees its own alone; must divide both. As many as channels: a depthwise convolution. Default 1. */
  readonly groups?: number;
  /** Pixels of zeros at each side, 0 to 64, or "same" for an output of ⌈size / stride⌉ pixels. Default "same". */
  readonly padding?: "same" | number;
  /** Whether a bias is added to each channel. Default true. */
  readonly bias?: boolean;
  /** Standard deviation of the first weights, as a factor of what it would be, 0 to 1000: 0 for weights that begin at zero (Zhang, Dauphin & Ma 2019). Default 1. */
  readonly gain?: number;
}

/**
 * A transposed convolution, `[H, W, C]` to `[H', W', filters]`: the input gradient of a `conv2d`, with which it shares the layout of its filter
 * `[kernel, kernel, filters / groups, C]`.
 */
export interface Conv2dTransposeSpec {
  /** The kind of the layer. */
  readonly type: "conv2dTranspose";
  /** Channels it gives, 1 to 65536. */
  readonly filters: number;
  /** Side of a filter in pixels, 1 to 64. */
  readonly kernel: number;
  /** Pixels of the output from one pixel of the input to the next, 1 to 64. Default 1. */
  readonly stride?: number;
  /** Pixels from one tap of a filter to the next, 1 to 64. Default 1: side by side. */
  readonly dilation?: number;
  /** Groups that the channels of input and output are cut into, each of which sees its own alone; must divide both. As many as channels: a depthwise convolution. Default 1. */
  readonly groups?: number;
  /** Pixels taken off at each side, 0 to 64, or "same" for an output of size · stride pixels. Default "same". */
  readonly padding?: "same" | number;
  /** Whether a bias is added to each channel. Default true. */
  readonly bias?: boolean;
  /** Standard deviation of the first weights, as a factor of what it would be, 0 to 1000: 0 for weights that begin at zero (Zhang, Dauphin & Ma 2019). Default 1. */
  readonly gain?: number;
}

type ConvLayer = Required<Conv2dSpec> | Required<Conv2dTransposeSpec>;
type Pair = readonly [number, number];

const SIZE = integer(1, 65536);
const gain = optional(real(0, 1000), 1);

const convFields = {
  filters: SIZE,
  kernel: integer(1, 64),
  stride: optional(integer(1, 64), 1),
  dilation: optional(integer(1, 64), 1),
  groups: optional(SIZE, 1),
  padding: optional(either(integer(0, 64), oneOf("same")), "same"),
  bias: optional(boolean, true),
  gain,
};

export function weights(shape: readonly number[], outputAxis: number, fanIn: number, fanOut: number, gain = 1): LayerParameter {
  return { shape, role: "weight", init: { kind: "weights", fanIn, fanOut, gain }, outputAxis };
}

/** A matrix [inputs, outputs] within a layer: no activation that follows the layer follows its sums. */
export function innerMatrix(inputs: number, outputs: number): LayerParameter {
  return { ...weights([inputs, outputs], 1, inputs, outputs), init: { kind: "weights", fanIn: inputs, fanOut: outputs, linear: true } };
}

function withBias(x: Node, bias: boolean, scope: Scope): Node {
  return bias ? add(x, scope.parameter("bias")) : x;
}

/** Pixels from the first tap of a filter to the last, both included. */
const extent = ({ kernel, dilation }: ConvLayer): number => (kernel - 1) * dilation + 1;

/** The convolution of this layer that maps images of `from` pixels to `to`, its padding put evenly, the odd pixel last. */
function geometry(layer: ConvLayer, from: Pair, to: Pair): ConvOptions {
  const { stride, dilation, groups, padding } = layer;
  const pads = ([0, 1] as const).map((axis) => {
    if (padding !== "same") return [padding, padding] as const;
    const total = Math.max((to[axis] - 1) * stride + extent(layer) - from[axis], 0);
    return [Math.floor(total / 2), Math.ceil(total / 2)] as const;
  });
  return { strides: [stride, stride], pads: [...pads[0]!, ...pads[1]!], dilations: [dilation, dilation], groups };
}

function convSize(layer: Required<Conv2dSpec>, [h, w]: Pair): Pair {
  const { kernel, stride, padding } = layer;
  if (padding === "same") return [Math.ceil(h / stride), Math.ceil(w / stride)];
  return convOutput("input", [h, w], [kernel, kernel], geometry(layer, [h, w], [h, w]));
}

function transposedSize(layer: Required<Conv2dTransposeSpec>, [h, w]: Pair): Pair {
  const { stride, padding } = layer;
  if (padding === "same") return [h * stride, w * stride];
  const size: Pair = [(h - 1) * stride + extent(layer) - 2 * padding, (w - 1) * stride + extent(layer) - 2 * padding];
  if (Math.min(...size) < 1) throw new ShapeError({ path: "input", expected: "padding that leaves at least one pixel", got: `${padding} a side` });
  return size;
}

/** Of input and output, the channels that one group has. @throws ShapeError */
function ofGroup({ filters, groups }: ConvLayer, channels: number): Pair {
  for (const [name, n] of [
    ["channels as input", channels],
    ["filters", filters],
  ] as const) {
    if (n % groups !== 0) throw new ShapeError({ path: "groups", expected: `${name} that ${groups} groups divide evenly`, got: `${n}` });
  }
  return [channels / groups, filters / groups];
}

const rows = (x: Node): Pair => [x.shape[1]!, x.shape[2]!];

export const LINEAR = {
  dense: layer<DenseSpec>({
    weighted: true,
    features: ({ units }) => units,
    fields: { units: integer(1, 2 ** 24), bias: optional(boolean, true), gain },
    output({ units }, input) {
      vectorSize(input);
      return [units];
    },
    parameters({ units, bias, gain }, input) {
      const n = vectorSize(input);
      const filter = weights([n, units], 1, n, units, gain);
      return bias ? { filter, bias: zeros([units]) } : { filter };
    },
    build: ({ bias }, x, scope) => withBias(matmul(x, scope.parameter("filter")), bias, scope),
  }),

  conv2d: layer<Conv2dSpec>({
    weighted: true,
    fields: convFields,
    output(layer, input) {
      const [h, w, channels] = imageSize(input);
      ofGroup(layer, channels);
      return [...convSize(layer, [h, w]), layer.filters];
    },
    parameters(layer, input) {
      const { filters, kernel, stride, bias, gain } = layer;
      const [from, to] = ofGroup(layer, imageSize(input)[2]);
      const area = kernel * kernel;
      const filter = weights([kernel, kernel, from, filters], 3, area * from, (area * to) / (stride * stride), gain);
      return bias ? { filter, bias: zeros([filters]) } : { filter };
    },
    build(layer, x, scope) {
      return withBias(conv2d(x, scope.parameter("filter"), geometry(layer, rows(x), convSize(layer, rows(x)))), layer.bias, scope);
    },
  }),

  conv2dTranspose: layer<Conv2dTransposeSpec>({
    weighted: true,
    fields: convFields,
    output(layer, input) {
      const [h, w, channels] = imageSize(input);
      ofGroup(layer, channels);
      return [...transposedSize(layer, [h, w]), layer.filters];
    },
    parameters(layer, input) {
      const { filters, kernel, stride, bias, gain } = layer;
      const [, , channels] = imageSize(input);
      const [from, to] = ofGroup(layer, channels);
      const area = kernel * kernel;
      const filter = weights([kernel, kernel, to, channels], 2, (area * from) / (stride * stride), area * to, gain);
      return bias ? { filter, bias: zeros([filters]) } : { filter };
    },
    build(layer, x, scope) {
      const size = transposedSize(layer, rows(x));
      return withBias(conv2dInputGrad(x, scope.parameter("filter"), size, geometry(layer, size, rows(x))), layer.bias, scope);
    },
  }),
};
