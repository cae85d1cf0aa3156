/** Matrix products, convolutions and gradients of filters as one packed GEMM over views of their operands. */
import { DenseWord, THIN, ViewKind } from "../../../../assembly/format/products.ts";
import { sizeOf } from "../../../core/shape.ts";
import type { Node } from "../../../graph/graph.ts";
import { type ConvAttrs, matrixSize } from "../../../graph/ops.ts";
import { type Axis, dense, gemm, gemmBatch, type Product, patches, result, type View } from "../instructions/gemm.ts";
import type { Buffer, Context, Instruction, Lowering } from "../instructions/instruction.ts";
import { pack, panels, panelsSize } from "../instructions/panels.ts";

/** The operands of C[M, N] = A[M, K] B[K, N], C being dense; of `count` such products, all matrices being dense and one after the other, where that is not 1. */
interface Operands {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly a: View;
  readonly b: View;
  readonly count?: number;
}

type DirectOp = "matmul" | "conv2d" | "conv2dFilterGrad";

/** C as it is. */
export const direct = lowering(({ M, N, K, a, b, count = 1 }, out, node, context) =>
  series({ M, N, K, a, b: count === 1 ? ready(node.inputs[1]!, { M, K, N, b }, context) : b, c: result(out, N), epilogue: context.epilogue }, count),
);

/** B as it is best read: packed once, where it is a variable's value and stays packed from run to run; but where it lies, by rows so few that the kernel reads it there. */
function ready(source: Node, { M, K, N, b }: Omit<Operands, "a">, context: Context): View {
  if (M <= THIN && b.words[DenseWord.DepthStride] !== 1) return b;
  const key = `panels ${K}x${N} ${b.words[DenseWord.LaneStride]}`;
  const packed = context.derived(source, { key, bytes: panelsSize(K, N) * 4, make: (to) => [pack(K, N, b, to)] });
  return packed ? panels(packed) : b;
}

/** C computed as Cᵀ = Bᵀ Aᵀ: the views change sides, and the rows that the tile computes are stored as columns. */
export const directTransposed = lowering(({ M, N, K, a, b, count = 1 }, out) =>
  series({ M: N, N: M, K, a: b, b: a, c: result(out, N, true) }, count),
);

function series(product: Product, count: number): Instruction {
  const { M, N, K } = product;
  return count === 1 ? gemm(product) : gemmBatch(product, count, { a: M * K, b: K * N, c: M * N });
}

function lowering(product: (operands: Operands, out: Buffer, node: Node, context: Context) => Instruction): {
  readonly [O in DirectOp]: Lowering<O>;
} {
  return {
    matmul: (node, out, inputs, context) => [product(matmul(node, inputs), out, node, context)],
    conv2d: (node, out, inputs, context) => [product(conv2d(node, inputs), out, node, context)],
    conv2dFilterGrad: (node, out, inputs, context) => [product(conv2dFilterGrad(node, inputs), out, node, context)],
  };
}

function matmul({ shape, inputs, attrs: { transposeA, transposeB } }: Node<"matmul">, [a, b]: readonly Buffer[]): Operands {
  const [M, K] = matrixSize(inputs[0]!.shape, transposeA);
  const N = shape.at(-1)!;
  return {
    M,
    N,
    K,
    a: transposeA ? dense(a!, 1, M) : dense(a!, K, 1),
    b: transposeB ? dense(b!, K, 1) : dense(b!, 1, N),
    count: sizeOf(shape.slice(0, -2)),
  };
}

/** y[pixel, o] = Σ patch[pixel, (tap, c)] w[(tap, c), o]. */
function conv2d(node: Node<"conv2d">, [x, w]: readonly Buffer[]): Operands {
  const input = node.inputs[0]!.shape;
  const [kh, kw, channels, N] = node.inputs[1]!.shape as [number, number, number, number];
  const [yAxis, xAxis] = patchAxes(node.shape, [kh, kw], node.attrs);
  const a = isPointwise([kh, kw], node.attrs) ? dense(x!, channels, 1) : patches(ViewKind.PixelLanes, x!, input, yAxis, xAxis);
  return { M: node.shape[0]! * yAxis.grid * xAxis.grid, N, K: kh * kw * channels, a, b: dense(w!, 1, N) };
}

/** dw[(tap, c), o] = Σ patch[pixel, (tap, c)] dy[pixel, o]. */
function conv2dFilterGrad(node: Node<"conv2dFilterGrad">, [x, dy]: readonly Buffer[]): Operands {
  const [input, output] = node.inputs.map(({ shape }) => shape);
  const [kh, kw, channels, N] = node.shape as [number, number, number, number];
  const [yAxis, xAxis] = patchAxes(output!, [kh, kw], node.attrs);
  const a = isPointwise([kh, kw], node.attrs) ? dense(x!, 1, channels) : patches(ViewKind.TapLanes, x!, input!, yAxis, xAxis);
  return { M: kh * kw * channels, N, K: output![0]! * yAxis.grid * xAxis.grid, a, b: dense(dy!, 1, N) };
}

/** Whether a convolution looks at each pixel alone: then its images are matrices of pixels by channels. */
export const isPointwise = ([kh, kw]: readonly [number, number], { strides, pads }: ConvAttrs): boolean =>
  kh * kw === 1 && [...strides, ...pads].every((n, i) => n === (i < 2 ? 1 : 0));

/** The axes of patches of an image whose convolution is [., OH, OW, .]. */
function patchAxes(output: readonly number[], [kh, kw]: readonly [number, number], { strides, pads, dilations }: ConvAttrs): [Axis, Axis] {
  return [
    { grid: output[1]!, taps: kh, stride: strides[0], origin: -pads[0], step: dilations[0] },
    { grid: output[2]!, taps: kw, stride: strides[1], origin: -pads[2], step: dilations[1] },
  ];
}
