/** Instructions of ranged kernels: so many units that threads share out, and the kernel's arguments by name. */
import { Opcode } from "../../../../assembly/format/opcodes.ts";
import {
  BatchNormGradWord,
  BatchNormWord,
  Col2ImWord,
  ColumnCombineWord,
  ColumnGradientSumWord,
  ColumnSquareSumWord,
  ColumnSumWord,
  CopyNdWord,
  GroupedGradWord,
  GroupedWord,
  OneHotWord,
  PoolWord,
  RangedWord,
  ReduceWord,
  ResizeWord,
  SoftmaxWord,
} from "../../../../assembly/format/ranged.ts";
import type { Buffer, Instruction, Word } from "./instruction.ts";

type RangedOpcode = Exclude<Opcode, Opcode.Elementwise | Opcode.Gemm | Opcode.Products | Opcode.Transform | Opcode.Pack | Opcode.GemmBatch>;

/** The place of each argument of a kernel, by its name: an enum of `assembly/format/ranged.ts`. */
type Places = Readonly<Record<string, string | number>>;

/** All arguments of a kernel; several words take up their own place and those after it. */
type Arguments<P> = { readonly [Name in keyof P]: Word | readonly Word[] };

interface Ranged<P> {
  readonly units: number;
  /** Units are shared out in whole grains. */
  readonly grain?: number;
  readonly args: Arguments<P>;
  readonly reads: readonly Buffer[];
  readonly writes: readonly Buffer[];
  readonly scratch?: number;
  /** Bytes of zeros it reads. */
  readonly zeros?: number;
}

/** Makes the instructions of a kernel. Arguments that are missing, or that it does not take, are errors of type. */
function kernel<P extends Places>(opcode: RangedOpcode, places: P): (instruction: Ranged<P>) => Instruction {
  return ({ units, grain = 1, args, reads, writes, scratch = 0, zeros = 0 }) => {
    const words: Word[] = [];
    words[RangedWord.Units] = units;
    words[RangedWord.Grain] = grain;
    for (const [name, value] of Object.entries<Word | readonly Word[]>(args)) {
      const place = RangedWord.Arguments + (places[name] as number);
      for (const [i, word] of [value].flat().entries()) words[place + i] = word;
    }
    return { opcode, words, reads, writes, scratch, zeros };
  };
}

// One by one, so that a bundle has only those that it uses.
export const reduceSum = /* @__PURE__ */ kernel(Opcode.ReduceSum, ReduceWord);
export const reduceMax = /* @__PURE__ */ kernel(Opcode.ReduceMax, ReduceWord);
export const softmax = /* @__PURE__ */ kernel(Opcode.Softmax, SoftmaxWord);
export const copyNd = /* @__PURE__ */ kernel(Opcode.CopyNd, CopyNdWord);
export const oneHot = /* @__PURE__ */ kernel(Opcode.OneHot, OneHotWord);
export const columnSum = /* @__PURE__ */ kernel(Opcode.ColumnSum, ColumnSumWord);
export const columnSquareSum = /* @__PURE__ */ kernel(Opcode.ColumnSquareSum, ColumnSquareSumWord);
export const columnGradientSum = /* @__PURE__ */ kernel(Opcode.ColumnGradientSum, ColumnGradientSumWord);
export const columnCombine = /* @__PURE__ */ kernel(Opcode.ColumnCombine, ColumnCombineWord);
export const batchNorm = /* @__PURE__ */ kernel(Opcode.BatchNorm, BatchNormWord);
export const batchNormGrad = /* @__PURE__ */ kernel(Opcode.BatchNormGrad, BatchNormGradWord);
export const resizeNearest = /* @__PURE__ */ kernel(Opcode.ResizeNearest, ResizeWord);
export const resizeNearestGrad = /* @__PURE__ */ kernel(Opcode.ResizeNearestGrad, ResizeWord);
export const resizeBilinear = /* @__PURE__ */ kernel(Opcode.ResizeBilinear, ResizeWord);
export const resizeBilinearGrad = /* @__PURE__ */ kernel(Opcode.ResizeBilinearGrad, ResizeWord);
export const avgPool = /* @__PURE__ */ kernel(Opcode.AvgPool, PoolWord);
export const avgPoolGrad = /* @__PURE__ */ kernel(Opcode.AvgPoolGrad, PoolWord);
export const grouped = /* @__PURE__ */ kernel(Opcode.Grouped, GroupedWord);
export const depthwise = /* @__PURE__ */ kernel(Opcode.Depthwise, GroupedWord);
export const groupedFilterGrad = /* @__PURE__ */ kernel(Opcode.GroupedFilterGrad, GroupedGradWord);
export const depthwiseFilterGrad = /* @__PURE__ */ kernel(Opcode.DepthwiseFilterGrad, GroupedGradWord);
export const col2Im = /* @__PURE__ */ kernel(Opcode.Col2Im, Col2ImWord);
