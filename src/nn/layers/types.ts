/** The layers a network is written in, and what the library has to know about each kind. */

import type { Fields } from "../../core/check.ts";
import { ShapeError } from "../../core/errors.ts";
import { type Shape, showShape } from "../../core/shape.ts";
import type { Node } from "../../graph/graph.ts";

/** x W + b. Input and output are vectors: [units in] -> [units]. */
export interface DenseSpec {
  readonly type: "dense";
  readonly units: number;
  /** Default true. */
  readonly bias?: boolean;
}

/** Cross-correlation with square filters: [H, W, C] -> [H', W', filters]. */
export interface Conv2dSpec {
  readonly type: "conv2d";
  readonly filters: number;
  readonly kernel: number;
  /** Default 1. */
  readonly stride?: number;
  /** Pixels a side, or "same" for an output of ⌈size / stride⌉ pixels. Default "same". */
  readonly padding?: "same" | number;
  /** Default true. */
  readonly bias?: boolean;
}

/**
 * The transposed convolution: the input gradient of a `conv2d`, with which it shares the layout of its filter
 * [kernel, kernel, filters, C]. [H, W, C] -> [H', W', filters].
 */
export interface Conv2dTransposeSpec {
  readonly type: "conv2dTranspose";
  readonly filters: number;
  readonly kernel: number;
  /** Default 1. */
  readonly stride?: number;
  /** Pixels a side taken off, or "same" for an output of size · stride pixels. Default "same". */
  readonly padding?: "same" | number;
  /** Default true. */
  readonly bias?: boolean;
}

/** Batch normalisation by channel (Ioffe & Szegedy 2015); running statistics as in PyTorch, with the unbiased variance. */
export interface BatchNormSpec {
  readonly type: "batchNorm";
  /** Default 1e-5. */
  readonly epsilon?: number;
  /** Weight of the newest batch in the running statistics. Default 0.1. */
  readonly momentum?: number;
}

/** Layer normalisation over everything but the batch (Ba, Kiros & Hinton 2016), with a gain and a bias by channel. */
export interface LayerNormSpec {
  readonly type: "layerNorm";
  /** Default 1e-5. */
  readonly epsilon?: number;
}

export interface ActivationSpec {
  readonly type: "activation";
  readonly name: "relu" | "leakyRelu" | "tanh" | "sigmoid" | "softplus";
  /** Slope of `leakyRelu` below zero; the others ignore it. Default 0.2. */
  readonly alpha?: number;
}

/** The same values in another shape (without the batch axis). */
export interface ReshapeSpec {
  readonly type: "reshape";
  readonly shape: Shape;
}

/** The same values as a vector. */
export interface FlattenSpec {
  readonly type: "flatten";
}

/** Enlarges images by a whole factor: [H, W, C] -> [factor H, factor W, C]. */
export interface UpsampleSpec {
  readonly type: "upsample";
  readonly factor: number;
  /** Bilinear has half-pixel centres (align_corners = false). Default "nearest". */
  readonly mode?: "nearest" | "bilinear";
}

/** The mean of each size × size window, without padding. */
export interface AvgPoolSpec {
  readonly type: "avgPool";
  readonly size: number;
  /** Default "size": windows side by side. */
  readonly stride?: number | "size";
}

/** Sets values to zero with probability `rate` while training and scales the others by 1 / (1 - rate). */
export interface DropoutSpec {
  readonly type: "dropout";
  readonly rate: number;
}

/** layers(x) + shortcut(x); without a shortcut, layers(x) + x (He et al. 2016). */
export interface ResidualSpec {
  readonly type: "residual";
  readonly layers: readonly LayerSpec[];
  /** Default none: the identity. */
  readonly shortcut?: readonly LayerSpec[];
}

type PlainSpec =
  | DenseSpec
  | Conv2dSpec
  | Conv2dTransposeSpec
  | BatchNormSpec
  | LayerNormSpec
  | ActivationSpec
  | ReshapeSpec
  | FlattenSpec
  | UpsampleSpec
  | AvgPoolSpec
  | DropoutSpec;

/** A layer as a user writes it. */
export type LayerSpec = PlainSpec | ResidualSpec;

interface ResidualLayer extends ResidualSpec {
  readonly layers: readonly Layer[];
  readonly shortcut: readonly Layer[];
}

/** A layer with every option filled in. */
export type Layer = Required<PlainSpec> | ResidualLayer;
export type LayerType = Layer["type"];
export type LayerOf<T extends LayerType> = Extract<Layer, { readonly type: T }>;

/** How a tensor of a layer begins, before an initialisation scheme has been chosen. */
export type LayerInit =
  | { readonly kind: "constant"; readonly value: number }
  /** Factors of a weighted sum of `fanIn` terms, each input standing in `fanOut` sums. */
  | { readonly kind: "weights"; readonly fanIn: number; readonly fanOut: number }
  /** The gain of a normalisation. */
  | { readonly kind: "gain" };

/** A tensor that belongs to a layer. */
export interface LayerParameter {
  readonly shape: Shape;
  /** `weight`: changed by the optimizer; `statistic`: gathered from batches. */
  readonly role: "weight" | "statistic";
  readonly init: LayerInit;
}

export type Distribution = "normal" | "uniform";

/** What a network needs to know while its graph is built. */
export interface Pass {
  /** Batch statistics and dropout, or running statistics and none. */
  readonly training: boolean;
  /** The value of the tensor of this name. */
  value(name: string, shape: Shape): Node;
  /** A tensor of fresh random numbers, named after the place that asks. */
  noise(name: string, shape: Shape, distribution: Distribution): Node;
  /** Says what a statistic will be after this pass. */
  update(name: string, value: Node): void;
}

/** A `Pass` as one layer sees it: names are the layer's own. */
export interface Scope {
  /** Full name of the layer: `generator.4`. */
  readonly path: string;
  readonly pass: Pass;
  /** The value of one of the layer's own tensors. */
  parameter(name: string): Node;
}

/** Everything about one kind of layer. Shapes are those of one example, without the batch axis. */
export interface LayerRow<L> {
  readonly fields: Fields<Omit<L, "type">>;
  /** @throws ShapeError when the layer cannot take such an input */
  output(layer: L, input: Shape): Shape;
  /** The layer's tensors by their names within it. */
  parameters(layer: L, input: Shape): Readonly<Record<string, LayerParameter>>;
  /** The layer applied to a batch. */
  build(layer: L, x: Node, scope: Scope): Node;
}

export const none = (): Readonly<Record<string, LayerParameter>> => ({});

export const zeros = (shape: Shape): LayerParameter => ({ shape, role: "weight", init: { kind: "constant", value: 0 } });

/** The one size of a vector. @throws ShapeError */
export function vectorSize(input: Shape): number {
  if (input.length !== 1) throw new ShapeError({ path: "input", expected: "a vector as input (put flatten before it)", got: showShape(input) });
  return input[0]!;
}

/** [height, width, channels]. @throws ShapeError */
export function imageSize(input: Shape): [number, number, number] {
  if (input.length !== 3) throw new ShapeError({ path: "input", expected: "images [height, width, channels] as input", got: showShape(input) });
  return [input[0]!, input[1]!, input[2]!];
}
