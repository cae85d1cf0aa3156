/** Every op that is not elementwise, as TensorFlow.js kernels or shaders of our own. */
import type { Node } from "../../graph/graph.ts";
import type { PrimitiveOp } from "../../graph/ops.ts";
import { conv2d, conv2dFilterGrad, conv2dInputGrad } from "./convolution.ts";
import type { ElementwiseOp } from "./expressions.ts";
import type { Recording, Tensor } from "./recording.ts";
import { reduceSum } from "./reduce.ts";
import { bilinearGrad, nearest, nearestGrad } from "./resample.ts";

type Lowering<O extends PrimitiveOp> = (recording: Recording, node: Node<O>, ...inputs: Tensor[]) => Tensor;

/** Ops that are no work of their own: a reshape is the same memory, and `oneHot` is written as an `equal` before. */
export type RewrittenOp = "reshape" | "oneHot";

const LOWERINGS = {
  reduceSum,
  reduceMax: (r, { attrs }, x) => r.kernel("Max", { x: x! }, { reductionIndices: [...attrs.axes], keepDims: true }),

  matmul: (r, { attrs }, a, b) => r.kernel("BatchMatMul", { a: a!, b: b! }, { transposeA: attrs.transposeA, transposeB: attrs.transposeB }),
  conv2d,
  conv2dInputGrad,
  conv2dFilterGrad,

  transpose: (r, { attrs }, x) => r.kernel("Transpose", { x: x! }, { perm: [...attrs.perm] }),
  slice: (r, { attrs }, x) => r.kernel("Slice", { x: x! }, { begin: [...attrs.begin], size: [...attrs.size] }),
  pad: (r, { attrs }, x) => r.kernel("PadV2", { x: x! }, { paddings: attrs.before.map((b, i) => [b, attrs.after[i]!]), constantValue: 0 }),
  concat: (r, { attrs }, ...inputs) => r.kernel("Concat", inputs, { axis: attrs.axis }),

  resizeNearest: nearest,
  resizeNearestGrad: nearestGrad,
  resizeBilinear: (r, { attrs }, images) =>
    r.kernel("ResizeBilinear", { images: images! }, { alignCorners: false, halfPixelCenters: true, size: [...attrs.size] }),
  resizeBilinearGrad: bilinearGrad,
  avgPool(r, { attrs: { window, strides }, shape }, x) {
    // TensorFlow.js gives x itself for a pool that changes nothing; a node's memory must be its own.
    if ([...window, ...strides].every((d) => d === 1)) return r.kernel("Slice", { x: x! }, { begin: shape.map(() => 0), size: [...shape] });
    return r.kernel("AvgPool", { x: x! }, { filterSize: [...window], strides: [...strides], pad: "valid" });
  },
  avgPoolGrad: (r, { attrs: { window, strides }, shape }, dy) =>
    r.kernel("AvgPoolGrad", { dy: dy!, input: r.reshape(dy!, shape) }, { filterSize: [...window], strides: [...strides], pad: "valid" }),
} satisfies { readonly [O in Exclude<PrimitiveOp, ElementwiseOp | RewrittenOp>]: Lowering<O> };

/** Records what computes `node`, and gives the tensor it will be in. */
export function lower(recording: Recording, node: Node, inputs: readonly Tensor[]): Tensor {
  const lowering = LOWERINGS[node.op as keyof typeof LOWERINGS] as Lowering<PrimitiveOp>;
  return lowering(recording, node as never, ...inputs);
}
