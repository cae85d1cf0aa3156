import { type Shape, sizeOf } from "../../core/shape.ts";
import type { Node } from "../../graph/graph.ts";
import type { PoolAttrs } from "../../graph/ops.ts";
import type { Kernel } from "./kernel.ts";

/** One output coordinate of one axis takes `weight` of one input coordinate. */
interface Tap {
  readonly to: number;
  readonly from: number;
  readonly weight: number;
}

/** A resampling is separable: taps along the height times taps along the width. */
type Taps = readonly [height: readonly Tap[], width: readonly Tap[]];

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

const nearest = (input: number, output: number): Tap[] => range(output).map((to) => ({ to, from: Math.floor((to * input) / output), weight: 1 }));

const bilinear = (input: number, output: number): Tap[] =>
  range(output).flatMap((to) => {
    const centre = Math.max(0, ((to + 0.5) * input) / output - 0.5);
    const from = Math.floor(centre);
    return [
      { to, from, weight: 1 - (centre - from) },
      { to, from: Math.min(from + 1, input - 1), weight: centre - from },
    ];
  });

const average = (output: number, window: number, stride: number): Tap[] =>
  range(output).flatMap((to) => range(window).map((i) => ({ to, from: to * stride + i, weight: 1 / window })));

/** The taps of a resize from the images of `input` to those of `output`. */
const resize = (axis: typeof nearest, input: Shape, output: Shape): Taps => [axis(input[1]!, output[1]!), axis(input[2]!, output[2]!)];
const pool = (output: Shape, { window, strides }: PoolAttrs): Taps => [
  average(output[1]!, window[0], strides[0]),
  average(output[2]!, window[1], strides[1]),
];

/** Visits every coupled pair of elements of images of shapes `input` and `output`. */
function couple([height, width]: Taps, input: Shape, output: Shape, visit: (from: number, to: number, weight: number) => void): void {
  const [n, h, w, c] = input as [number, number, number, number];
  const [, oh, ow] = output as [number, number, number];
  for (let b = 0; b < n; b++) {
    for (const i of height) {
      for (const j of width) {
        const [from, to] = [((b * h + i.from) * w + j.from) * c, ((b * oh + i.to) * ow + j.to) * c];
        for (let k = 0; k < c; k++) visit(from + k, to + k, i.weight * j.weight);
      }
    }
  }
}

function forward(taps: Taps, node: Node, x: Float64Array): Float64Array {
  const y = new Float64Array(sizeOf(node.shape));
  couple(taps, node.inputs[0]!.shape, node.shape, (from, to, weight) => {
    y[to]! += weight * x[from]!;
  });
  return y;
}

function adjoint(taps: Taps, node: Node, dy: Float64Array): Float64Array {
  const dx = new Float64Array(sizeOf(node.shape));
  couple(taps, node.shape, node.inputs[0]!.shape, (from, to, weight) => {
    dx[from]! += weight * dy[to]!;
  });
  return dx;
}

const resizeForward =
  (axis: typeof nearest): Kernel<"resizeNearest" | "resizeBilinear"> =>
  (node, x) =>
    forward(resize(axis, node.inputs[0]!.shape, node.shape), node, x);
const resizeAdjoint =
  (axis: typeof nearest): Kernel<"resizeNearestGrad" | "resizeBilinearGrad"> =>
  (node, dy) =>
    adjoint(resize(axis, node.shape, node.inputs[0]!.shape), node, dy);
const avgPool: Kernel<"avgPool"> = (node, x) => forward(pool(node.shape, node.attrs), node, x);
const avgPoolGrad: Kernel<"avgPoolGrad"> = (node, dy) => adjoint(pool(node.inputs[0]!.shape, node.attrs), node, dy);

export const RESAMPLE = {
  resizeNearest: resizeForward(nearest),
  resizeNearestGrad: resizeAdjoint(nearest),
  resizeBilinear: resizeForward(bilinear),
  resizeBilinearGrad: resizeAdjoint(bilinear),
  avgPool,
  avgPoolGrad,
};
