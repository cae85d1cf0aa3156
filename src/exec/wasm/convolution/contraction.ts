/** Matrix products and the three faces of convolution, all as one packed GEMM over views of their operands. */
import { Opcode, ViewKind } from "../../../../assembly/opcodes.ts";
import { isOp, type Node } from "../../../graph/graph.ts";
import type { ConvAttrs } from "../../../graph/ops.ts";
import { type Axis, dense, gemm, gridResult, patches, result, type View } from "../instructions/gemm.ts";
import { at, type Buffer, type Context, type Epilogue, type Instruction, ranged } from "../instructions/instruction.ts";
import { fastPhases, winogradConv2d, winogradInputGrad } from "./packed.ts";
import { storedFilterGrad, takesStored } from "./stored.ts";

/** A result with no more columns than this is computed transposed: they would leave most of the register tile's wide side idle. */
const NARROW = 4;

/** C[M, N] with few columns is computed as Cᵀ, so that the many rows lie on the wide side of the tile. */
function oriented(M: number, N: number, K: number, a: View, b: View, c: (transposed: boolean) => View, epilogue?: Epilogue): Instruction {
  return isNarrow(M, N) ? gemm({ M: N, N: M, K, a: b, b: a, c: c(true) }) : gemm({ M, N, K, a, b, c: c(false), epilogue });
}

const isNarrow = (M: number, N: number): boolean => N <= NARROW && M > N;

/** Whether a node's lowering can add a bias and apply an activation to each row of its result as it stores it. */
export function takesEpilogue(node: Node): boolean {
  if (isOp(node, "matmul")) return !isNarrow(node.shape[0]!, node.shape[1]!);
  return isOp(node, "conv2d") && node.shape[3]! > NARROW && !fastPhases(node, node.inputs[1]!.shape);
}

export function lowerMatmul(node: Node<"matmul">, out: Buffer, [a, b]: readonly Buffer[], { epilogue }: Context): Instruction[] {
  const [M, N] = node.shape as [number, number];
  const { transposeA, transposeB } = node.attrs;
  const K = node.inputs[0]!.shape[transposeA ? 0 : 1]!;
  const viewA = transposeA ? dense(a!, 1, M) : dense(a!, K, 1);
  const viewB = transposeB ? dense(b!, K, 1) : dense(b!, 1, N);
  return [oriented(M, N, K, viewA, viewB, (transposed) => result(out, N, transposed), epilogue)];
}

/** The axes of a convolution over an image of [., H, W, .] with output [., OH, OW, .]. */
function convAxes(output: readonly number[], [kh, kw]: readonly number[], { strides, pads }: ConvAttrs): [Axis, Axis] {
  return [
    { grid: output[1]!, taps: kh!, stride: strides[0], origin: -pads[0], step: 1 },
    { grid: output[2]!, taps: kw!, stride: strides[1], origin: -pads[2], step: 1 },
  ];
}

/** y[pixel, o] = Σ patch[pixel, (tap, c)] w[(tap, c), o]. */
export function lowerConv2d(node: Node<"conv2d">, out: Buffer, [x, w]: readonly Buffer[], { epilogue }: Context): Instruction[] {
  const input = node.inputs[0]!.shape;
  const filter = node.inputs[1]!.shape;
  if (fastPhases(node, filter)) return winogradConv2d(node, out, x!, w!);
  const [kh, kw, channels, N] = filter as [number, number, number, number];
  const [y, xAxis] = convAxes(node.shape, filter, node.attrs);
  const M = node.shape[0]! * y.grid * xAxis.grid;
  return [oriented(M, N, kh * kw * channels, patches(ViewKind.PixelLanes, x!, input, y, xAxis), dense(w!, 1, N), (t) => result(out, N, t), epilogue)];
}

/** dw[(tap, c), o] = Σ patch[pixel, (tap, c)] dy[pixel, o]. */
export function lowerConv2dFilterGrad(node: Node<"conv2dFilterGrad">, out: Buffer, [x, dy]: readonly Buffer[], context: Context): Instruction[] {
  const input = node.inputs[0]!.shape;
  const output = node.inputs[1]!.shape;
  if (fastPhases(node, node.shape) && takesStored(node.shape)) return storedFilterGrad(node, out, x!, dy!, context);
  const [kh, kw, channels, N] = node.shape as [number, number, number, number];
  const [y, xAxis] = convAxes(output, [kh, kw], node.attrs);
  const K = output[0]! * y.grid * xAxis.grid;
  return [oriented(kh * kw * channels, N, K, patches(ViewKind.TapLanes, x!, input, y, xAxis), dense(dy!, 1, N), (t) => result(out, N, t))];
}

/**
 * A transposed convolution to few channels: the products of every pixel with all taps at once, a dense matrix product
 * whose columns are (tap, channel), then each pixel of the result sums its own. By phases, its one or three columns would
 * leave most of the register tile idle and pack every patch for the sake of them.
 */
function lowerNarrowInputGrad(node: Node<"conv2dInputGrad">, out: Buffer, dy: Buffer, w: Buffer, { temp }: Context): Instruction[] {
  const [batch, gridH, gridW, channels] = node.inputs[0]!.shape as [number, number, number, number];
  const [kh, kw] = node.inputs[1]!.shape as [number, number];
  const [, H, W, C] = node.shape as [number, number, number, number];
  const { strides, pads } = node.attrs;
  const M = batch * gridH * gridW;
  const N = kh * kw * C;
  const products = temp(M * N * 4);
  const args = [H, W, C, gridH, gridW, kh, kw, ...strides, pads[0], pads[2], at(products), at(out)];
  return [
    gemm({ M, N, K: channels, a: dense(dy, channels, 1), b: dense(w, channels, 1), c: result(products, N) }),
    ranged(Opcode.Col2Im, { units: batch * H, args, reads: [products], writes: [out] }),
  ];
}

/**
 * The transposed convolution by phases: input pixels of equal residue modulo the stride see the same taps, so each residue
 * is a dense stride-1 convolution of dy with its own part of the filter, and no zero is ever multiplied.
 */
export function lowerConv2dInputGrad(node: Node<"conv2dInputGrad">, out: Buffer, [dy, w]: readonly Buffer[], context: Context): Instruction[] {
  if (node.shape[3]! <= NARROW) return lowerNarrowInputGrad(node, out, dy!, w!, context);
  if (fastPhases(node, node.inputs[1]!.shape)) return winogradInputGrad(node, out, dy!, w!);
  const output = node.inputs[0]!.shape;
  const [kh, kw, N, channels] = node.inputs[1]!.shape as [number, number, number, number];
  const { strides, pads } = node.attrs;
  const [sy, sx] = strides;
  const [batch, H, W] = node.shape as [number, number, number, number];
  // The filter as one image whose pixels are (b, in) of row a: the columns of the product are its pixels, `sx` taps apart.
  const filter = [1, kh, kw * N, channels];
  const instructions: Instruction[] = [];
  for (let ry = 0; ry < Math.min(sy, H); ry++) {
    for (let rx = 0; rx < Math.min(sx, W); rx++) {
      const y = phase(ry, H, kh, sy, pads[0]);
      const x = phase(rx, W, kw, sx, pads[2]);
      const b = patches(
        ViewKind.PixelLanes,
        w!,
        filter,
        { grid: 1, taps: y.taps, stride: 0, origin: y.firstTap, step: sy },
        { grid: N, taps: x.taps, stride: 1, origin: x.firstTap * N, step: sx * N },
      );
      const a = patches(ViewKind.PixelLanes, dy!, output, y, x);
      const c = gridResult(out, (ry * W + rx) * N, H * W * N, { grid: y.grid, stride: sy * W * N }, { grid: x.grid, stride: sx * N });
      instructions.push(gemm({ M: batch * y.grid * x.grid, N, K: y.taps * x.taps * channels, a, b, c }));
    }
  }
  return instructions;
}

/** Input pixels residue + i stride: tap firstTap + a stride of the filter reads output pixel i + origin - a. */
function phase(residue: number, size: number, filter: number, stride: number, pad: number): Axis & { readonly firstTap: number } {
  const firstTap = (residue + pad) % stride;
  return {
    firstTap,
    grid: Math.ceil((size - residue) / stride),
    taps: firstTap < filter ? Math.ceil((filter - firstTap) / stride) : 0,
    stride: 1,
    origin: (residue + pad - firstTap) / stride,
    step: -1,
  };
}
