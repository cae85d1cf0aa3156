/** A matrix product as an instruction: views of its operands, wherever their elements lie. */
import { Opcode } from "../../../../assembly/format/opcodes.ts";
import {
  DenseWord,
  GEMM_WORDS,
  GemmBatchWord,
  GemmWord,
  MR_PLAIN,
  MR_RELAXED,
  NR,
  PanelSumWord,
  PatchWord,
  ResultKind,
  ResultWord,
  ROW_GRAIN,
  TapProductsWord,
  ViewKind,
} from "../../../../assembly/format/products.ts";
import { GEMM_BATCH_GEMM, GEMM_PANELS, TAP_PRODUCTS_PANEL } from "../../../../assembly/format/scratch.ts";
import { at, type Buffer, type Epilogue, float, type Instruction, type Word } from "./instruction.ts";

/** Block sizes: A's block stays in the second-level cache, a panel of B in the first. */
const MC = 96;
const KC = 512;
const NC = 1024;

/** An operand or result: the words of its view, the buffer it is in, and the longest run its packing reads. */
export interface View {
  readonly words: readonly Word[];
  readonly buffer: Buffer;
  readonly run: number;
}

export interface Product {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly a: View;
  readonly b: View;
  readonly c: View;
  /** Done to each row of C as it is stored; for a C of plain rows only. */
  readonly epilogue?: Epilogue | undefined;
}

/** C = A B. */
export function gemm({ M, N, K, a, b, c, epilogue }: Product): Instruction {
  const mc = Math.min(MC, Math.ceil(M / ROW_GRAIN) * ROW_GRAIN);
  const nc = Math.min(NC, Math.ceil(N / NR) * NR);
  const kc = Math.min(KC, K);
  const words = new Array<Word>(GEMM_WORDS).fill(0);
  words[GemmWord.M] = M;
  words[GemmWord.N] = N;
  words[GemmWord.K] = K;
  words[GemmWord.MC] = mc;
  words[GemmWord.KC] = KC;
  words[GemmWord.NC] = nc;
  words[GemmWord.Split] = M >= N ? 0 : 1; // each thread packs the whole of the other operand: let that be the smaller one
  words[GemmWord.Scratch] = "scratch";
  words[GemmWord.ScratchStride] = "scratchStride";
  if (epilogue) {
    words[GemmWord.Bias] = epilogue.bias ? at(epilogue.bias) : 0;
    words[GemmWord.Activation] = epilogue.activation;
    words[GemmWord.Alpha] = float(epilogue.alpha);
  }
  words.splice(GemmWord.A, a.words.length, ...a.words);
  words.splice(GemmWord.B, b.words.length, ...b.words);
  words.splice(GemmWord.C, c.words.length, ...c.words);
  return {
    opcode: Opcode.Gemm,
    words,
    reads: [a.buffer, b.buffer, ...(epilogue?.bias ? [epilogue.bias] : [])],
    writes: [c.buffer],
    scratch: GEMM_PANELS + (mc + nc) * kc * 4,
    zeros: Math.max(a.run, b.run, kc) * 4,
  };
}

/** How far on the operands and result of the next product of a series begin, in elements. */
export interface Strides {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** C = A B, `count` times. */
export function gemmBatch(product: Product, count: number, strides: Strides): Instruction {
  const { words: first, scratch, ...instruction } = gemm(product);
  const words: Word[] = [];
  words[GemmBatchWord.Count] = count;
  words[GemmBatchWord.NextA] = strides.a;
  words[GemmBatchWord.NextB] = strides.b;
  words[GemmBatchWord.NextC] = strides.c;
  return { ...instruction, opcode: Opcode.GemmBatch, words: [...words, ...first], scratch: GEMM_BATCH_GEMM + scratch };
}

/** A matrix from element `offset` on: (lane, k) at lane laneStride + k depthStride; one of the strides is 1. */
export function dense(buffer: Buffer, laneStride: number, depthStride: number, offset = 0): View {
  const words: Word[] = [];
  words[DenseWord.Kind] = ViewKind.Dense;
  words[DenseWord.Base] = at(buffer, offset * 4);
  words[DenseWord.Zeros] = "zeros";
  words[DenseWord.LaneStride] = laneStride;
  words[DenseWord.DepthStride] = depthStride;
  return { words, buffer, run: 0 };
}

/** A sum of matrices in panels: the one from element `offset` on, and those `termY`, `termX` and both elements further on, where they are not 0. For `tapProducts` alone. */
export function panelSum(buffer: Buffer, offset: number, termY: number, termX: number): View {
  const words: Word[] = [];
  words[PanelSumWord.Base] = at(buffer, offset * 4);
  words[PanelSumWord.TermY] = termY;
  words[PanelSumWord.TermX] = termX;
  return { words, buffer, run: 0 };
}

/** Products of one N and K, whose B are sums of panels, one after the other. */
export function tapProducts(products: readonly Product[]): Instruction {
  const { N, K } = products[0]!;
  const gemms = products.map(gemm);
  const words: Word[] = [];
  words[TapProductsWord.Count] = gemms.length;
  words[TapProductsWord.N] = N;
  words[TapProductsWord.K] = K;
  words[TapProductsWord.KC] = KC;
  words[TapProductsWord.Scratch] = "scratch";
  words[TapProductsWord.ScratchStride] = "scratchStride";
  return {
    opcode: Opcode.TapProducts,
    words: [...words, ...gemms.flatMap((instruction) => instruction.words.slice(0, GemmWord.Tickets))],
    reads: [...new Set(gemms.flatMap(({ reads }) => reads))],
    writes: [...new Set(gemms.flatMap(({ writes }) => writes))],
    scratch: TAP_PRODUCTS_PANEL + Math.min(KC, K) * NR * 4 + tapProductsBytes(products),
    zeros: Math.max(...gemms.map(({ zeros }) => zeros)),
  };
}

/** Bytes of the operands A of such products, packed in any build. */
export const tapProductsBytes = (products: readonly Pick<Product, "M" | "K">[]): number =>
  products.reduce((sum, { M, K }) => sum + Math.max(...[MR_PLAIN, MR_RELAXED].map((rows) => Math.ceil(M / rows) * rows)) * K * 4, 0);

/** One axis of a patch: grid position i, tap a reads pixel i stride + origin + a step, and with a `term` the pixel that far on as well. */
export interface Axis {
  readonly grid: number;
  readonly taps: number;
  readonly stride: number;
  readonly origin: number;
  readonly step: number;
  readonly term?: number;
}

/** Patches of images [., H, W, C]: lanes are pixels of the grid, or taps and channels. Terms are added, or `subtracted`. */
export function patches(
  kind: ViewKind.PixelLanes | ViewKind.TapLanes,
  buffer: Buffer,
  [, H, W, C]: readonly number[],
  y: Axis,
  x: Axis,
  subtracted = false,
): View {
  const words: Word[] = [];
  words[PatchWord.Kind] = kind;
  words[PatchWord.Base] = at(buffer);
  words[PatchWord.Zeros] = "zeros";
  words[PatchWord.H] = H!;
  words[PatchWord.W] = W!;
  words[PatchWord.C] = C!;
  words[PatchWord.GridH] = y.grid;
  words[PatchWord.GridW] = x.grid;
  words[PatchWord.SY] = y.stride;
  words[PatchWord.SX] = x.stride;
  words[PatchWord.Y0] = y.origin;
  words[PatchWord.X0] = x.origin;
  words[PatchWord.TapsX] = x.taps;
  words[PatchWord.DY] = y.step;
  words[PatchWord.DX] = x.step;
  words[PatchWord.TermY] = y.term ?? 0;
  words[PatchWord.TermX] = x.term ?? 0;
  words[PatchWord.Subtract] = subtracted ? 1 : 0;
  return { words, buffer, run: x.taps * C! };
}

/** Rows (or, transposed, columns) of the result `stride` apart. */
export function result(buffer: Buffer, stride: number, transposed = false): View {
  const words = new Array<Word>(ResultWord.Length).fill(0);
  words[ResultWord.Kind] = transposed ? ResultKind.PixelColumns : ResultKind.Rows;
  words[ResultWord.Base] = at(buffer);
  words[ResultWord.Stride] = stride;
  return { words, buffer, run: 0 };
}

/** One axis of a result spread over images, in elements: grid position i is stored at i stride + j term for `count` places j from `first` on, j = 1 for i < `limit` only. */
export interface Spread {
  readonly grid: number;
  readonly stride: number;
  readonly first?: number;
  readonly count?: number;
  readonly limit?: number;
  readonly term?: number;
}

/** Rows of the result as pixels of a grid, from element `offset` of each image on; added to what is there if `accumulate`. */
export function gridResult(buffer: Buffer, offset: number, imageStride: number, y: Spread, x: Spread, accumulate = false): View {
  const words: Word[] = [];
  words[ResultWord.Kind] = ResultKind.Rows;
  words[ResultWord.Base] = at(buffer, offset * 4);
  words[ResultWord.Stride] = 0;
  words[ResultWord.Accumulate] = accumulate ? 1 : 0;
  words[ResultWord.GridH] = y.grid;
  words[ResultWord.GridW] = x.grid;
  words[ResultWord.ImageStride] = imageStride;
  words[ResultWord.RowStride] = y.stride;
  words[ResultWord.ColumnStride] = x.stride;
  words[ResultWord.FirstY] = y.first ?? 0;
  words[ResultWord.CountY] = y.count ?? 1;
  words[ResultWord.LimitY] = y.limit ?? 0;
  words[ResultWord.TermRow] = y.term ?? 0;
  words[ResultWord.FirstX] = x.first ?? 0;
  words[ResultWord.CountX] = x.count ?? 1;
  words[ResultWord.LimitX] = x.limit ?? 0;
  words[ResultWord.TermColumn] = x.term ?? 0;
  return { words, buffer, run: 0 };
}
