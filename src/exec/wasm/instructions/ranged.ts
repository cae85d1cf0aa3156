/** Instructions of ranged kernels: so many units that threads share out, and the kernel's arguments by name. */
import { Opcode } from "../../../../assembly/format/opcodes.ts";
import {
  type BatchNormGradWord,
  type BatchNormWord,
  type Col2ImWord,
  type ColumnCombineWord,
  type ColumnGradientSumWord,
  type ColumnSquareSumWord,
  type ColumnSumWord,
  type CopyNdWord,
  type GroupedGradWord,
  type GroupedWord,
  type OneHotWord,
  type PoolWord,
  RangedWord,
  type ReduceWord,
  type ResizeWord,
  type SoftmaxWord,
} from "../../../../assembly/format/ranged.ts";
import type { Buffer, Instruction, Word } from "./instruction.ts";

/** What threads share in ways of their own. */
const SHARED = [
  Opcode.Gemm,
  Opcode.Products,
  Opcode.TapProducts,
  Opcode.Transform,
  Opcode.Pack,
  Opcode.GemmBatch,
  Opcode.Winograd,
  Opcode.WinogradFilter,
  Opcode.WinogradFilterGrad,
] as const;

export const isShared = (opcode: Opcode): boolean => SHARED.some((other) => other === opcode);

type RangedOpcode = Exclude<Opcode, Opcode.Elementwise | (typeof SHARED)[number]>;

/** All arguments of a kernel, by their places: an enum of `assembly/format/ranged.ts`. The last may be several words. */
type Arguments<Place extends number> = Readonly<Record<Place, Word | readonly Word[]>>;

interface Ranged<Place extends number> {
  readonly units: number;
  /** Units are shared out in whole grains. */
  readonly grain?: number;
  readonly args: Arguments<Place>;
  readonly reads: readonly Buffer[];
  readonly writes: readonly Buffer[];
  readonly scratch?: number;
  /** Bytes of zeros it reads. */
  readonly zeros?: number;
}

/** Makes the instructions of a kernel. Arguments that are missing, or that it does not take, are errors of type. */
function kernel<Place extends number>(opcode: RangedOpcode): (instruction: Ranged<Place>) => Instruction {
  return ({ units, grain = 1, args, reads, writes, scratch = 0, zeros = 0 }) => {
    const words: Word[] = [];
    words[RangedWord.Units] = units;
    words[RangedWord.Grain] = grain;
    words.push(...Object.values<Word | readonly Word[]>(args).flat()); // in the order of their places, as JavaScript has properties that are integers
    return { opcode, words, reads, writes, scratch, zeros };
  };
}

// One by one, so that a bundle has only those that it uses.
export const reduceSum = /* @__PURE__ */ kernel<ReduceWord>(Opcode.ReduceSum);
export const reduceMax = /* @__PURE__ */ kernel<ReduceWord>(Opcode.ReduceMax);
export const softmax = /* @__PURE__ */ kernel<SoftmaxWord>(Opcode.Softmax);
export const copyNd = /* @__PURE__ */ kernel<CopyNdWord>(Opcode.CopyNd);
export const oneHot = /* @__PURE__ */ kernel<OneHotWord>(Opcode.OneHot);
export const columnSum = /* @__PURE__ */ kernel<ColumnSumWord>(Opcode.ColumnSum);
export const columnSquareSum = /* @__PURE__ */ kernel<ColumnSquareSumWord>(Opcode.ColumnSquareSum);
export const columnGradientSum = /* @__PURE__ */ kernel<ColumnGradientSumWord>(Opcode.ColumnGradientSum);
export const columnCombine = /* @__PURE__ */ kernel<ColumnCombineWord>(Opcode.ColumnCombine);
export const batchNorm = /* @__PURE__ */ kernel<BatchNormWord>(Opcode.BatchNorm);
export const batchNormGrad = /* @__PURE__ */ kernel<BatchNormGradWord>(Opcode.BatchNormGrad);
export const resizeNearest = /* @__PURE__ */ kernel<ResizeWord>(Opcode.ResizeNearest);
export const resizeNearestGrad = /* @__PURE__ */ kernel<ResizeWord>(Opcode.ResizeNearestGrad);
export const resizeBilinear = /* @__PURE__ */ kernel<ResizeWord>(Opcode.ResizeBilinear);
export const resizeBilinearGrad = /* @__PURE__ */ kernel<ResizeWord>(Opcode.ResizeBilinearGrad);
export const avgPool = /* @__PURE__ */ kernel<PoolWord>(Opcode.AvgPool);
export const avgPoolGrad = /* @__PURE__ */ kernel<PoolWord>(Opcode.AvgPoolGrad);
export const grouped = /* @__PURE__ */ kernel<GroupedWord>(Opcode.Grouped);
export const depthwise = /* @__PURE__ */ kernel<GroupedWord>(Opcode.Depthwise);
export const groupedFilterGrad = /* @__PURE__ */ kernel<GroupedGradWord>(Opcode.GroupedFilterGrad);
export const depthwiseFilterGrad = /* @__PURE__ */ kernel<GroupedGradWord>(Opcode.DepthwiseFilterGrad);
export const col2Im = /* @__PURE__ */ kernel<Col2ImWord>(Opcode.Col2Im);
