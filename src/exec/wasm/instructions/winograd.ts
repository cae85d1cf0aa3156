/** Convolutions of 3x3 filters of stride 1 by Winograd's algorithm, as instructions (assembly/winograd.ts). */
import { Opcode } from "../../../../assembly/format/opcodes.ts";
import { NR, ROW_GRAIN } from "../../../../assembly/format/products.ts";
import { WINOGRAD_GAP, WINOGRAD_GRAD_PANELS, WINOGRAD_PANELS } from "../../../../assembly/format/scratch.ts";
import { WinogradFilterWord, WinogradGradWord, WinogradKind, WinogradWord } from "../../../../assembly/format/winograd.ts";
import type { Shape } from "../../../core/shape.ts";
import { at, type Buffer, type Epilogue, float, type Instruction, type Word } from "./instruction.ts";

/** Bytes of components that exist at a time: in the second-level cache with what they are multiplied by. */
const BLOCK_BYTES = 384 * 2 ** 10;
/** The most channels of a block. */
const DEPTH = 128;
/** Fewer tiles than this are not shared out: threads have channels of the result instead, and each makes all of the components. */
const SHARED_TILES = 8 * ROW_GRAIN;

/** Outputs of a tile along an axis. */
const outputsOf = (kind: WinogradKind): number => (kind === WinogradKind.F43 ? 4 : 2);

/** Tiles along each axis of an image of H x W pixels. */
const gridOf = (kind: WinogradKind, H: number, W: number): readonly [number, number] => [
  Math.ceil(H / outputsOf(kind)),
  Math.ceil(W / outputsOf(kind)),
];

/** All of its tiles, and what they take of products for each pair of channels. */
export const tilesOf = (kind: WinogradKind, H: number, W: number): number => gridOf(kind, H, W).reduce((rows, columns) => rows * columns);
export const productsOf = (kind: WinogradKind, H: number, W: number): number => tilesOf(kind, H, W) * componentsOf(kind);

const componentsOf = (kind: WinogradKind): number => (outputsOf(kind) + 2) ** 2;

/** Bytes of the components of a filter of K channels and N results. */
export const filterBytes = (kind: WinogradKind, K: number, N: number): number => componentsOf(kind) * Math.ceil(N / NR) * (K * NR * 4 + WINOGRAD_GAP);

/** Splits a filter [3, 3, K, N] or, `flipped`, [3, 3, N, K] that is read from the last tap to the first. */
export function winogradFilter(kind: WinogradKind, filter: Buffer, K: number, N: number, flipped: boolean, to: Buffer): Instruction {
  const words = new Array<Word>(WinogradFilterWord.Length).fill(0);
  words[WinogradFilterWord.Kind] = kind;
  words[WinogradFilterWord.Filter] = at(filter);
  words[WinogradFilterWord.K] = K;
  words[WinogradFilterWord.N] = N;
  words[WinogradFilterWord.Flipped] = flipped ? 1 : 0;
  words[WinogradFilterWord.Result] = at(to);
  words[WinogradFilterWord.Scratch] = "scratch";
  words[WinogradFilterWord.ScratchStride] = "scratchStride";
  return { opcode: Opcode.WinogradFilter, words, reads: [filter], writes: [to], scratch: WINOGRAD_PANELS, zeros: 0 };
}

/** Images, and whether they are read as if each pixel were a square of 2 x 2 of them. */
export interface Images {
  readonly buffer: Buffer;
  readonly shape: Shape;
  readonly doubled?: boolean;
}

export interface WinogradConvolution {
  readonly kind: WinogradKind;
  readonly x: Images;
  /** The components of the filter. */
  readonly filter: Buffer;
  readonly result: { readonly buffer: Buffer; readonly shape: Shape };
  /** Padding before the first row and column. */
  readonly pads: readonly [number, number];
  readonly epilogue?: Epilogue | undefined;
}

/** y = conv2d(x, filter); `result` has the shape that it has before its pixels are summed by fours, where the epilogue does that. */
export function winograd({ kind, x, filter, result, pads, epilogue }: WinogradConvolution): Instruction {
  const [, H, W, C] = x.shape as [number, number, number, number];
  const [batch, OutH, OutW, N] = result.shape as [number, number, number, number];
  const grid = gridOf(kind, OutH, OutW);
  const tiles = batch * grid[0] * grid[1];
  const components = componentsOf(kind);
  const depth = Math.min(DEPTH, C);
  const fits = Math.floor(BLOCK_BYTES / (components * depth * 4) / ROW_GRAIN) * ROW_GRAIN;
  const block = Math.min(Math.max(ROW_GRAIN, fits), Math.ceil(tiles / ROW_GRAIN) * ROW_GRAIN);
  const words = new Array<Word>(WinogradWord.Length).fill(0);
  words[WinogradWord.Kind] = kind;
  words[WinogradWord.Image] = at(x.buffer);
  words[WinogradWord.H] = H;
  words[WinogradWord.W] = W;
  words[WinogradWord.C] = C;
  words[WinogradWord.N] = N;
  words[WinogradWord.GridH] = grid[0];
  words[WinogradWord.GridW] = grid[1];
  words[WinogradWord.Tiles] = tiles;
  words[WinogradWord.OriginY] = -pads[0];
  words[WinogradWord.OriginX] = -pads[1];
  words[WinogradWord.Outside] = "zeros";
  words[WinogradWord.Filter] = at(filter);
  words[WinogradWord.Result] = at(result.buffer);
  words[WinogradWord.OutH] = OutH;
  words[WinogradWord.OutW] = OutW;
  if (epilogue) {
    words[WinogradWord.Bias] = epilogue.bias ? at(epilogue.bias) : 0;
    words[WinogradWord.Activation] = epilogue.activation;
    words[WinogradWord.Alpha] = float(epilogue.alpha);
    words[WinogradWord.Pooled] = epilogue.pool ? 1 : 0;
    words[WinogradWord.Factor] = float(epilogue.pool ?? 0);
  }
  words[WinogradWord.Shift] = x.doubled ? 1 : 0;
  words[WinogradWord.Block] = block;
  words[WinogradWord.Depth] = depth;
  words[WinogradWord.ByColumns] = tiles < SHARED_TILES ? 1 : 0;
  words[WinogradWord.Scratch] = "scratch";
  words[WinogradWord.ScratchStride] = "scratchStride";
  const data = components * (block * depth * 4 + WINOGRAD_GAP);
  const sums = components * (block * NR * 4 + WINOGRAD_GAP) * (depth < C ? Math.ceil(N / NR) : 1);
  return {
    opcode: Opcode.Winograd,
    words,
    reads: [x.buffer, filter, ...(epilogue?.bias ? [epilogue.bias] : [])],
    writes: [result.buffer],
    scratch: WINOGRAD_PANELS + data + sums,
    zeros: C * 4,
  };
}

/** Bytes of components of dy that exist at a time, and the fewest tiles that those are of: shorter sums cost as much to store as to make. */
const GRADIENT_BYTES = 2 ** 20;
const LEAST_TILES = 16;
/** The most tiles, and channels of x, that components exist of at a time. */
const MOST_TILES = 128;
const PIECE = 2 * ROW_GRAIN;
/** Bytes of sums, but of that many channels of x at least: work for 16 threads. */
const SUMS_BYTES = 8 * 2 ** 20;
const LEAST_ROWS = 8 * ROW_GRAIN;

export interface WinogradFilterGradient {
  readonly kind: WinogradKind;
  readonly x: Images;
  readonly dy: { readonly buffer: Buffer; readonly shape: Shape };
  readonly dw: Buffer;
  readonly pads: readonly [number, number];
  temp(bytes: number): Buffer;
}

/** dw = conv2dFilterGrad(x, dy). */
export function winogradFilterGrad({ kind, x, dy, dw, pads, temp }: WinogradFilterGradient): Instruction {
  const [, H, W, C] = x.shape as [number, number, number, number];
  const [batch, OutH, OutW, N] = dy.shape as [number, number, number, number];
  const components = componentsOf(kind);
  const grid = gridOf(kind, OutH, OutW);
  const tiles = batch * grid[0] * grid[1];
  const columns = Math.ceil(N / NR) * NR;
  const fits = Math.floor(GRADIENT_BYTES / (components * columns * 4));
  const block = Math.min(tiles, MOST_TILES, Math.max(LEAST_TILES, fits));
  const whole = (size: number): number => Math.ceil(size / ROW_GRAIN) * ROW_GRAIN;
  const piece = Math.min(PIECE, whole(C));
  const turns = Math.ceil(C / whole(Math.max(LEAST_ROWS, Math.floor(SUMS_BYTES / (components * columns * 4)))));
  const rows = whole(Math.ceil(C / turns));
  const stride = rows * columns + WINOGRAD_GAP / 4;
  const sums = temp(components * stride * 4);
  const words = new Array<Word>(WinogradGradWord.Length).fill(0);
  words[WinogradGradWord.Kind] = kind;
  words[WinogradGradWord.X] = at(x.buffer);
  words[WinogradGradWord.H] = H;
  words[WinogradGradWord.W] = W;
  words[WinogradGradWord.C] = C;
  words[WinogradGradWord.N] = N;
  words[WinogradGradWord.Dy] = at(dy.buffer);
  words[WinogradGradWord.OutH] = OutH;
  words[WinogradGradWord.OutW] = OutW;
  words[WinogradGradWord.GridH] = grid[0];
  words[WinogradGradWord.GridW] = grid[1];
  words[WinogradGradWord.Tiles] = tiles;
  words[WinogradGradWord.OriginY] = -pads[0];
  words[WinogradGradWord.OriginX] = -pads[1];
  words[WinogradGradWord.Outside] = "zeros";
  words[WinogradGradWord.Dw] = at(dw);
  words[WinogradGradWord.Sums] = at(sums);
  words[WinogradGradWord.SumsStride] = stride;
  words[WinogradGradWord.Shift] = x.doubled ? 1 : 0;
  words[WinogradGradWord.Block] = block;
  words[WinogradGradWord.Piece] = piece;
  words[WinogradGradWord.Rows] = rows;
  words[WinogradGradWord.Scratch] = "scratch";
  words[WinogradGradWord.ScratchStride] = "scratchStride";
  const panels = components * (block * (columns + piece) * 4 + 2 * WINOGRAD_GAP);
  return {
    opcode: Opcode.WinogradFilterGrad,
    words,
    reads: [x.buffer, dy.buffer],
    writes: [dw, sums],
    scratch: WINOGRAD_GRAD_PANELS + panels + block * components * 4,
    zeros: (Math.max(C, N) + 4) * 4,
  };
}
