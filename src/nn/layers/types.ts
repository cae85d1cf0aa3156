/** What the library has to know about each kind of layer. */

import type { Fields } from "../../core/check.ts";
import { ShapeError } from "../../core/errors.ts";
import { type Shape, showShape } from "../../core/shape.ts";
import type { Node } from "../../graph/graph.ts";

/** How a tensor of a layer begins, before an initialisation scheme has been chosen. */
export type LayerInit =
  | { readonly kind: "constant"; readonly value: number }
  /**
   * Factors of a weighted sum of `fanIn` terms, each input standing in `fanOut` sums; their standard deviation is `gain` (default 1) times the scheme's. `linear` where no activation behind the
   * layer is one of these sums.
   */
  | { readonly kind: "weights"; readonly fanIn: number; readonly fanOut: number; readonly gain?: number; readonly linear?: true }
  /** The gain of a normalisation. */
  | { readonly kind: "gain" }
  /** What stands in for z or for noise, or is multiplied by z, and begins as these are drawn: N(0, 1) by every scheme. */
  | { readonly kind: "normal" };

/** A tensor that belongs to a layer. */
export interface LayerParameter {
  readonly shape: Shape;
  /** `weight`: changed by the optimizer; `statistic`: gathered from batches, or as it began. */
  readonly role: "weight" | "statistic";
  readonly init: LayerInit;
  /** Of the factors of weighted sums: the axis along which the sums are, the layer's output channels (of one group, in a transposed convolution of several). */
  readonly outputAxis?: number;
}

/** How many numbers there are of what layers are told beside their input; 0 where they are not told. */
export interface Told {
  /** Classes, for each of which batch norms have a gain and a bias. */
  readonly classes: number;
  /** Numbers of a style. */
  readonly style: number;
}

export const NOT_TOLD: Told = { classes: 0, style: 0 };

/** The least and the greatest value that a number may have; infinite where there is none. */
export type Range = readonly [number, number];

export const ANY_NUMBER: Range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

export type Distribution = "normal" | "uniform";

/** What a network needs to know while its graph is built. */
export interface Pass {
  /** Batch statistics and dropout, or running statistics and none. */
  readonly training: boolean;
  /** One-hot rows [N, classes] where batch norms have a gain and a bias for each class; else none. */
  readonly classes?: Node;
  /** Styles [N, size] within the layers of a `styled` layer; else none. */
  readonly style?: Node;
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

/** Everything about one kind of layer. `S` is what a user writes; `Required<S>` has every option filled in. Shapes are those of one example, without the batch axis. */
export interface LayerRow<S extends { readonly type: string }> {
  /** Nothing at run time: by it the types of the table know S. */
  readonly spec?: S;
  readonly fields: Fields<Omit<Required<S>, "type">>;
  /** Whether its output is a sum with weights of its own, so that an activation after it says nothing of the layers before it. */
  readonly weighted?: boolean;
  /**
   * Whether it mixes the images of a batch so that penalties on slopes do not go with it: what it gives has a mean that no image changes, and the gradient of the sum of all scores says
   * nothing of an image's own.
   */
  readonly mixesImages?: boolean;
  /** The smallest batch that it can be trained on. Default: 1. */
  leastBatch?(input: Shape): number;
  /** The range of what it gives, from that of what it takes. Default: any number. */
  range?(layer: Required<S>, input: Range): Range;
  /** For a layer that is a weighted sum of a vector of features: how many such sums it makes. */
  features?(layer: Required<S>): number;
  /** Whether it must be told a style. */
  readonly needsStyle?: boolean;
  /** Lists of layers within it, by the fields they stand in. */
  lists?(layer: Required<S>): Readonly<Record<string, readonly { readonly type: string }[]>>;
  /** @throws ShapeError when the layer cannot take such an input */
  output(layer: Required<S>, input: Shape): Shape;
  /** The layer's tensors by their names within it. Default: none. */
  parameters?(layer: Required<S>, input: Shape, told: Told): Readonly<Record<string, LayerParameter>>;
  /** The layer applied to a batch. */
  build(layer: Required<S>, x: Node, scope: Scope): Node;
}

/** A row of a table of layers. */
export const layer = <S extends { readonly type: string }>(row: LayerRow<S>): LayerRow<S> => row;

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
