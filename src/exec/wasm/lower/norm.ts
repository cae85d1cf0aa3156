/** Softmax and batch normalisation. Sums over rows go by chunks of fixed size, then over the chunks: accurate, and the same for any number of threads. */
import {
  BatchNormGradWord,
  BatchNormWord,
  ColumnCombineWord,
  ColumnGradientSumWord,
  ColumnSquareSumWord,
  ColumnSumWord,
  SoftmaxWord,
} from "../../../../assembly/format/ranged.ts";
import { BatchNormGradRow, BatchNormRow } from "../../../../assembly/format/scratch.ts";
import { type Shape, sizeOf } from "../../../core/shape.ts";
import { at, type Buffer, float, type Lowering } from "../instructions/instruction.ts";
import { batchNorm, batchNormGrad, columnCombine, columnGradientSum, columnSquareSum, columnSum, softmax } from "../instructions/ranged.ts";

const CHUNK_ROWS = 128;

/** Rows that threads share out are this long together at least: a cache line. */
const LINE = 16;

export const lowerSoftmax: Lowering<"softmax"> = (node, out, [x]) => {
  const N = node.shape.at(-1)!;
  const args = { [SoftmaxWord.N]: N, [SoftmaxWord.X]: at(x!), [SoftmaxWord.Y]: at(out) };
  return [softmax({ units: sizeOf(node.shape) / N, grain: Math.ceil(LINE / N), args, reads: [x!], writes: [out] })];
};

/** x[..., C] as rows of C channels. */
function rowsOf(shape: Shape): { R: number; C: number; chunks: number } {
  const C = shape[shape.length - 1]!;
  const R = sizeOf(shape) / C;
  return { R, C, chunks: Math.ceil(R / CHUNK_ROWS) };
}

/** y[channels] from partial sums [chunks, channels], divided by `count`. */
function combine(partial: Buffer, y: Buffer, offset: number, channels: number, chunks: number, count: number) {
  const args = {
    [ColumnCombineWord.C]: channels,
    [ColumnCombineWord.Chunks]: chunks,
    [ColumnCombineWord.Count]: count,
    [ColumnCombineWord.Partial]: at(partial),
    [ColumnCombineWord.Y]: at(y, offset),
  };
  return columnCombine({ units: channels, grain: 16, args, reads: [partial], writes: [y] });
}

export const lowerMoments: Lowering<"moments"> = (node, out, [x], { temp }) => {
  const { R, C, chunks } = rowsOf(node.inputs[0]!.shape);
  const [sums, squares] = [temp(chunks * C * 4), temp(chunks * C * 4)];
  return [
    columnSum({
      units: chunks,
      args: {
        [ColumnSumWord.R]: R,
        [ColumnSumWord.C]: C,
        [ColumnSumWord.ChunkRows]: CHUNK_ROWS,
        [ColumnSumWord.X]: at(x!),
        [ColumnSumWord.Partial]: at(sums),
      },
      reads: [x!],
      writes: [sums],
    }),
    combine(sums, out, 0, C, chunks, R),
    columnSquareSum({
      units: chunks,
      args: {
        [ColumnSquareSumWord.R]: R,
        [ColumnSquareSumWord.C]: C,
        [ColumnSquareSumWord.ChunkRows]: CHUNK_ROWS,
        [ColumnSquareSumWord.X]: at(x!),
        [ColumnSquareSumWord.Mean]: at(out),
        [ColumnSquareSumWord.Partial]: at(squares),
      },
      reads: [x!, out],
      writes: [squares],
    }),
    combine(squares, out, C * 4, C, chunks, R),
  ];
};

export const lowerBatchNorm: Lowering<"batchNorm"> = (node, out, inputs) => {
  const { R, C } = rowsOf(node.shape);
  const [x, moments, gamma, beta] = inputs;
  const args = {
    [BatchNormWord.C]: C,
    [BatchNormWord.X]: at(x!),
    [BatchNormWord.Moments]: at(moments!),
    [BatchNormWord.Gamma]: at(gamma!),
    [BatchNormWord.Beta]: at(beta!),
    [BatchNormWord.Epsilon]: float(node.attrs.epsilon),
    [BatchNormWord.Scratch]: "scratch" as const,
    [BatchNormWord.ScratchStride]: "scratchStride" as const,
    [BatchNormWord.Y]: at(out),
  };
  return [batchNorm({ units: R, args, reads: [...inputs], writes: [out], scratch: BatchNormRow.Count * C * 4 })];
};

export const lowerBatchNormSums: Lowering<"batchNormSums"> = (node, out, inputs, { temp }) => {
  const { R, C, chunks } = rowsOf(node.inputs[1]!.shape);
  const [dy, x, moments] = inputs;
  const partial = temp(chunks * 2 * C * 4);
  const args = {
    [ColumnGradientSumWord.R]: R,
    [ColumnGradientSumWord.C]: C,
    [ColumnGradientSumWord.ChunkRows]: CHUNK_ROWS,
    [ColumnGradientSumWord.Dy]: at(dy!),
    [ColumnGradientSumWord.X]: at(x!),
    [ColumnGradientSumWord.Moments]: at(moments!),
    [ColumnGradientSumWord.Epsilon]: float(node.attrs.epsilon),
    [ColumnGradientSumWord.Partial]: at(partial),
  };
  return [columnGradientSum({ units: chunks, args, reads: [...inputs], writes: [partial] }), combine(partial, out, 0, 2 * C, chunks, 1)];
};

export const lowerBatchNormGrad: Lowering<"batchNormGrad"> = (node, out, inputs) => {
  const { R, C } = rowsOf(node.shape);
  const [dy, x, moments, gamma, sums] = inputs;
  const args = {
    [BatchNormGradWord.C]: C,
    [BatchNormGradWord.R]: R,
    [BatchNormGradWord.Dy]: at(dy!),
    [BatchNormGradWord.X]: at(x!),
    [BatchNormGradWord.Moments]: at(moments!),
    [BatchNormGradWord.Gamma]: at(gamma!),
    [BatchNormGradWord.Sums]: at(sums!),
    [BatchNormGradWord.Epsilon]: float(node.attrs.epsilon),
    [BatchNormGradWord.Scratch]: "scratch" as const,
    [BatchNormGradWord.ScratchStride]: "scratchStride" as const,
    [BatchNormGradWord.Dx]: at(out),
  };
  return [batchNormGrad({ units: R, args, reads: [...inputs], writes: [out], scratch: BatchNormGradRow.Count * C * 4 })];
};
