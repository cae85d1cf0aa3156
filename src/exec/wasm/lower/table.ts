/** The lowering table: every op that is not elementwise, as instructions. */
import type { Node } from "../../../graph/graph.ts";
import type { CompositeOp, ComputeOp } from "../../../graph/ops.ts";
import { PRODUCTS } from "../convolution/table.ts";
import type { Buffer, Context, Instruction, Lowering } from "../instructions/instruction.ts";
import { lowerBroadcastTo, lowerConcat, lowerOneHot, lowerPad, lowerSlice, lowerTranspose } from "./copies.ts";
import { type ElementwiseOp, isElementwiseOp } from "./elementwise.ts";
import { lowerBatchNorm, lowerBatchNormGrad, lowerBatchNormSums, lowerMoments } from "./norm.ts";
import { lowerReduceSum } from "./reduce.ts";
import { RESAMPLINGS } from "./resample.ts";

/** Ops lowered one by one; the others are elementwise, or move nothing. */
type SingleOp = Exclude<ComputeOp, ElementwiseOp | "reshape">;

const LOWERINGS: { readonly [O in SingleOp]: Lowering<O> } = {
  reduceSum: lowerReduceSum,
  ...PRODUCTS,
  broadcastTo: lowerBroadcastTo,
  transpose: lowerTranspose,
  slice: lowerSlice,
  pad: lowerPad,
  concat: lowerConcat,
  oneHot: lowerOneHot,
  moments: lowerMoments,
  batchNorm: lowerBatchNorm,
  batchNormSums: lowerBatchNormSums,
  batchNormGrad: lowerBatchNormGrad,
  ...RESAMPLINGS,
};

/** Whether a composite has kernels here, and need not be expanded. */
export function isLowered(op: CompositeOp): boolean {
  return isElementwiseOp(op) || op in LOWERINGS;
}

/** The instructions that compute `node` into `out`. */
export function lower(node: Node, out: Buffer, inputs: readonly Buffer[], context: Context): Instruction[] {
  return (LOWERINGS[node.op as SingleOp] as Lowering<SingleOp>)(node as Node<SingleOp>, out, inputs, context);
}
