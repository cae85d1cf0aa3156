/** The part of the lowering table that networks at work are made of (`nn/sampling.ts`). */
import type { ComputeOp } from "../../../graph/ops.ts";
import { PRODUCTS } from "../convolution/table.ts";
import type { Lowering } from "../instructions/instruction.ts";
import { lowerBroadcastTo, lowerConcat, lowerOneHot, lowerSlice } from "./copies.ts";
import type { ElementwiseOp } from "./elementwise.ts";
import { lowerBatchNorm, lowerSoftmax } from "./norm.ts";
import { lowerReduceSum } from "./reduce.ts";
import { RESAMPLINGS } from "./resample.ts";

/** Ops lowered one by one; the others are elementwise, or move nothing. */
export type SingleOp = Exclude<ComputeOp, ElementwiseOp | "reshape">;

/** Some of the ops, or all. */
export type Lowerings = { readonly [O in SingleOp]?: Lowering<O> };

export const SAMPLING = {
  reduceSum: lowerReduceSum,
  broadcastTo: lowerBroadcastTo,
  slice: lowerSlice,
  concat: lowerConcat,
  oneHot: lowerOneHot,
  softmax: lowerSoftmax,
  batchNorm: lowerBatchNorm,
  ...PRODUCTS,
  ...RESAMPLINGS,
} satisfies Lowerings;
