/** Matrix products and the three faces of convolution, all as one packed GEMM over views of their operands. */
import { DenseWord, FilterWord, GemmWord, Opcode, PatchWord, ResultKind, ResultWord, ViewKind } from "../../../assembly/opcodes.ts";
import type { Node } from "../../graph/graph.ts";
import type { ConvAttrs } from "../../graph/ops.ts";
import { at, type Buffer, type Context, type Instruction, ranged, type Word } from "./plan.ts";

/** Block sizes: A's block stays in the second-level cache, a panel of B in the first. */
const MC = 192;
const KC = 384;
const NC = 1024;
/** The wider side of the register tile; a result with no more columns than NARROW is computed transposed. */
const NR = 8;
const NARROW = 4;
/** Bytes in front of the packed panels: one tile and a table of lanes. */
const TILE_BYTES = 256 + 128;

/** An operand or result of a GEMM: the words of its view, the buffer it is in, and the longest run its packing reads. */
interface View {
  readonly words: readonly Word[];
  readonly buffer: Buffer;
  readonly run: number;
}

interface Product {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly a: View;
  readonly b: View;
  readonly c: View;
}

/** C = A B as an instruction. */
function gemm({ M, N, K, a, b, c }: Product): Instruction {
  const mc = Math.min(MC, Math.ceil(M / 12) * 12);
  const nc = Math.min(NC, Math.ceil(N / NR) * NR);
  const kc = Math.min(KC, K);
  const words = new Array<Word>(GemmWord.Length).fill(0);
  words[GemmWord.M] = M;
  words[GemmWord.N] = N;
  words[GemmWord.K] = K;
  words[GemmWord.MC] = mc;
  words[GemmWord.KC] = KC;
  words[GemmWord.NC] = nc;
  words[GemmWord.Split] = M >= N ? 0 : 1; // each thread packs the whole of the other operand: let that be the smaller one
  words[GemmWord.Scratch] = "scratch";
  words[GemmWord.ScratchStride] = "scratchStride";
  words[GemmWord.Zeros] = "zeros";
  words.splice(GemmWord.A, a.words.length, ...a.words);
  words.splice(GemmWord.B, b.words.length, ...b.words);
  words.splice(GemmWord.C, c.words.length, ...c.words);
  return {
    opcode: Opcode.Gemm,
    words,
    reads: [a.buffer, b.buffer],
    writes: [c.buffer],
    scratch: TILE_BYTES + (mc + nc) * kc * 4,
    zeros: Math.max(a.run, b.run, kc) * 4,
  };
}

function dense(buffer: Buffer, laneStride: number, depthStride: number): View {
  const words: Word[] = [];
  words[DenseWord.Kind] = ViewKind.Dense;
  words[DenseWord.Base] = at(buffer);
  words[DenseWord.LaneStride] = laneStride;
  words[DenseWord.DepthStride] = depthStride;
  return { words, buffer, run: 0 };
}

/** One axis of a convolution as the patches of one phase see it: grid position i, tap a reads pixel i stride + origin + a step. */
interface Axis {
  readonly grid: number;
  readonly taps: number;
  readonly stride: number;
  readonly origin: number;
  readonly step: 1 | -1;
}

/** Patches of an image batch [., H, W, C]: lanes are pixels of the grid, or (transposed) taps and channels. */
function patches(kind: ViewKind.PixelLanes | ViewKind.TapLanes, buffer: Buffer, [, H, W, C]: readonly number[], y: Axis, x: Axis): View {
  const words: Word[] = [];
  words[PatchWord.Kind] = kind;
  words[PatchWord.Base] = at(buffer);
  words[PatchWord.H] = H!;
  words[PatchWord.W] = W!;
  words[PatchWord.C] = C!;
  words[PatchWord.GridH] = y.grid;
  words[PatchWord.GridW] = x.grid;
  words[PatchWord.SY] = y.stride;
  words[PatchWord.SX] = x.stride;
  words[PatchWord.Y0] = y.origin;
  words[PatchWord.X0] = x.origin;
  words[PatchWord.TapsY] = y.taps;
  words[PatchWord.TapsX] = x.taps;
  words[PatchWord.DY] = y.step;
  words[PatchWord.DX] = x.step;
  return { words, buffer, run: x.taps * C! };
}

/** Rows (or, transposed, columns) of the result `stride` apart. */
function result(buffer: Buffer, stride: number, transposed = false): View {
  const words: Word[] = new Array<Word>(ResultWord.ColumnStride + 1).fill(0);
  words[ResultWord.Kind] = transposed ? ResultKind.PixelColumns : ResultKind.Rows;
  words[ResultWord.Base] = at(buffer);
  words[ResultWord.Stride] = stride;
  return { words, buffer, run: 0 };
}

/** Every stride-th pixel of an image batch from (y0, x0): where one phase of a transposed convolution goes. */
function phaseResult(
  buffer: Buffer,
  [, H, W, C]: readonly number[],
  gridH: number,
  gridW: number,
  [sy, sx]: ConvAttrs["strides"],
  y0: number,
  x0: number,
): View {
  const words: Word[] = [];
  words[ResultWord.Kind] = ResultKind.Rows;
  words[ResultWord.Base] = at(buffer, (y0 * W! + x0) * C! * 4);
  words[ResultWord.Stride] = 0;
  words[ResultWord.GridH] = gridH;
  words[ResultWord.GridW] = gridW;
  words[ResultWord.ImageStride] = H! * W! * C!;
  words[ResultWord.RowStride] = sy * W! * C!;
  words[ResultWord.ColumnStride] = sx * C!;
  return { words, buffer, run: 0 };
}

/** C[M, N] with few columns is computed as Cᵀ, so that the many rows lie on the wide side of the tile. */
function oriented(M: number, N: number, K: number, a: View, b: View, c: (transposed: boolean) => View): Instruction {
  return N <= NARROW && M > N ? gemm({ M: N, N: M, K, a: b, b: a, c: c(true) }) : gemm({ M, N, K, a, b, c: c(false) });
}

export function lowerMatmul(node: Node<"matmul">, out: Buffer, [a, b]: readonly Buffer[]): Instruction[] {
  const [M, N] = node.shape as [number, number];
  const { transposeA, transposeB } = node.attrs;
  const K = node.inputs[0]!.shape[transposeA ? 0 : 1]!;
  const viewA = transposeA ? dense(a!, 1, M) : dense(a!, K, 1);
  const viewB = transposeB ? dense(b!, K, 1) : dense(b!, 1, N);
  return [oriented(M, N, K, viewA, viewB, (transposed) => result(out, N, transposed))];
}

/** The axes of a convolution over an image of [., H, W, .] with output [., OH, OW, .]. */
function convAxes(output: readonly number[], [kh, kw]: readonly number[], { strides, pads }: ConvAttrs): [Axis, Axis] {
  return [
    { grid: output[1]!, taps: kh!, stride: strides[0], origin: -pads[0], step: 1 },
    { grid: output[2]!, taps: kw!, stride: strides[1], origin: -pads[2], step: 1 },
  ];
}

/** y[pixel, o] = Σ patch[pixel, (tap, c)] w[(tap, c), o]. */
export function lowerConv2d(node: Node<"conv2d">, out: Buffer, [x, w]: readonly Buffer[]): Instruction[] {
  const input = node.inputs[0]!.shape;
  const filter = node.inputs[1]!.shape;
  const [kh, kw, channels, N] = filter as [number, number, number, number];
  const [y, xAxis] = convAxes(node.shape, filter, node.attrs);
  const M = node.shape[0]! * y.grid * xAxis.grid;
  return [oriented(M, N, kh * kw * channels, patches(ViewKind.PixelLanes, x!, input, y, xAxis), dense(w!, 1, N), (t) => result(out, N, t))];
}

/** dw[(tap, c), o] = Σ patch[pixel, (tap, c)] dy[pixel, o]. */
export function lowerConv2dFilterGrad(node: Node<"conv2dFilterGrad">, out: Buffer, [x, dy]: readonly Buffer[]): Instruction[] {
  const input = node.inputs[0]!.shape;
  const output = node.inputs[1]!.shape;
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
  const output = node.inputs[0]!.shape;
  const [kh, kw, N, channels] = node.inputs[1]!.shape as [number, number, number, number];
  const { strides, pads } = node.attrs;
  const [batch, H, W] = node.shape as [number, number, number, number];
  const instructions: Instruction[] = [];
  for (let ry = 0; ry < Math.min(strides[0], H); ry++) {
    for (let rx = 0; rx < Math.min(strides[1], W); rx++) {
      const y = phase(ry, H, kh, strides[0], pads[0]);
      const x = phase(rx, W, kw, strides[1], pads[2]);
      const words: Word[] = [];
      words[FilterWord.Kind] = ViewKind.Filter;
      words[FilterWord.Base] = at(w!, (y.firstTap * kw + x.firstTap) * N * channels * 4);
      words[FilterWord.Run] = channels;
      words[FilterWord.LaneStride] = channels;
      words[FilterWord.TapsX] = x.taps;
      words[FilterWord.TapStrideY] = strides[0] * kw * N * channels;
      words[FilterWord.TapStrideX] = strides[1] * N * channels;
      const filter: View = { words, buffer: w!, run: channels };
      const a = patches(ViewKind.PixelLanes, dy!, output, y, x);
      const c = phaseResult(out, node.shape, y.grid, x.grid, strides, ry, rx);
      instructions.push(gemm({ M: batch * y.grid * x.grid, N, K: y.taps * x.taps * channels, a, b: filter, c }));
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
