/**
 * Gradients of 4x4 filters of stride 2 by Winograd's F(2x2, 4x4) (Winograd 1980; Lavin & Gray 2016): by phases such a filter is four of 2x2, the two outputs an axis, and the
 * taps are tiles of 4x4 of the output's gradient. That takes 25 products in place of 64.
 *
 * Data and gradient are split into components, for each component there is one matrix product over all tiles, and results are joined (assembly/winograd.ts has the
 * transforms). Components are several times what they are made of, so images and channels go through in pieces.
 */
import { Opcode, ProductsWord, ROW_GRAIN, Transform, WinogradWord } from "../../../../assembly/opcodes.ts";
import type { Shape } from "../../../core/shape.ts";
import type { Node } from "../../../graph/graph.ts";
import { dense, NR } from "../instructions/gemm.ts";
import { at, type Buffer, type Context, type Instruction, type Partition, type Word } from "../instructions/instruction.ts";

/** Products, and taps of a tile along an axis. */
const COMPONENTS = 5 * 5;
const TAPS = 4;
/** Rows of A and depth that are packed at a time: in the second-level cache, and no more rounding than other sums have, as joins multiply it. */
const MC = 96;
const KC = 256;
/** Tiles of a piece of the images: products are no deeper, so that those of the gradient stay in a cache, and those of many channels of the data. */
const PIECE_TILES = 256;
/** Bytes of components that a piece of the channels may take, to stay in the last-level cache ... */
const PIECE_BYTES = 8 * 2 ** 20;
/** ... but that many channels it has at least, whose 4 rows each are work for 16 threads, and multiples of so many, which two or four threads share evenly. */
const LEAST_CHANNELS = 4 * ROW_GRAIN;
const EVEN_CHANNELS = ROW_GRAIN;
/** Elements between the end of a component and the next one, so that those of a tile do not fall into the same set of a cache. */
const GAP = 16;
/** What a thread needs to transform a tile: a table of pixels and a square of vectors. */
const TRANSFORM_BYTES = 128 + 5 * 5 * 16;
/** Bytes in front of the packed panels of A: a tile, a view and a table of lanes. */
const PRODUCT_BYTES = 256 + 16 + 256;

/** Whether this kernel takes it, of those that are worth Winograd's algorithm: it computes four channels at a time. */
export function takesStored(filter: Shape): boolean {
  return filter[2]! % 4 === 0 && filter[3]! % 4 === 0;
}

/** dw = conv2dFilterGrad(x, dy). Rows of the products are (phase, channel of x), columns channels of dy. */
export function storedFilterGrad(node: Node<"conv2dFilterGrad">, out: Buffer, x: Buffer, dy: Buffer, { temp }: Context): Instruction[] {
  const input = node.inputs[0]!.shape;
  const output = node.inputs[1]!.shape;
  const C = input[3]!;
  const [batch, H, W, N] = output as [number, number, number, number];
  const { pads } = node.attrs;
  const [gridH, gridW] = [Math.ceil(H / TAPS), Math.ceil(W / TAPS)];
  const tiles = gridH * gridW;

  const images = piecesOf(batch, Math.max(1, Math.floor(PIECE_TILES / tiles)));
  const depth = images[0]!.size * tiles;
  const fits = Math.max(LEAST_CHANNELS, Math.floor(PIECE_BYTES / (COMPONENTS * 4 * (depth + N) * 4)));
  const channels = piecesOf(C, fits - (fits % EVEN_CHANNELS));
  const rows = 4 * channels[0]!.size;
  const a = temp(COMPONENTS * matrixSize(depth, rows) * 4);
  const b = temp(COMPONENTS * panelsSize(depth, N) * 4);
  // Sums over the images: of all channels if there are several pieces of images, otherwise of one piece of channels after the other.
  const resultOf = ({ first, size }: Piece): Result => ({
    offset: images.length > 1 ? COMPONENTS * (4 * first * N + GAP * Math.floor(first / channels[0]!.size)) : 0,
    stride: matrixSize(4 * size, N),
  });
  const c = temp(COMPONENTS * (images.length > 1 ? 4 * C * N + GAP * channels.length : matrixSize(rows, N)) * 4);
  // Of each piece of the channels a thread has rows of its own, which it splits, multiplies and joins: they stay in its cache, and no thread waits for another.
  const partitions = new Map<number, Partition>();
  const partitionOf = ({ size }: Piece): Partition => {
    const partition = partitions.get(size) ?? { buffers: [a, c, out] };
    partitions.set(size, partition);
    return partition;
  };

  const splitGradient = (image: Piece): Instruction => {
    const K = image.size * tiles;
    return transform(Transform.Taps4, {
      tiles: {
        buffer: dy,
        shape: output,
        images: image,
        channels: { first: 0, size: N },
        y: { grid: gridH, origin: 0, stride: TAPS, phase: 0, step: 1 },
        x: { grid: gridW, origin: 0, stride: TAPS, phase: 0, step: 1 },
        phases: 1,
      },
      components: { buffer: b, offset: 0, componentStride: panelsSize(K, N), phaseStride: 0, rowStride: NR, panelStride: K * NR },
      byChannels: false,
    });
  };
  const splitData = (image: Piece, piece: Piece): Instruction => {
    const axis = (grid: number, pad: number): TileAxis => ({ grid, origin: -pad, stride: 2 * TAPS, phase: 1, step: 2 });
    const rowStride = 4 * piece.size;
    const componentStride = matrixSize(image.size * tiles, rowStride);
    return transform(Transform.Data5, {
      tiles: { buffer: x, shape: input, images: image, channels: piece, y: axis(gridH, pads[0]), x: axis(gridW, pads[2]), phases: 2 },
      components: { buffer: a, offset: 0, componentStride, phaseStride: piece.size, rowStride, panelStride: NR },
      byChannels: true,
      partition: partitionOf(piece),
    });
  };
  const multiply = (image: Piece, piece: Piece): Instruction =>
    products({
      M: 4 * piece.size,
      N,
      K: image.size * tiles,
      a,
      b,
      c,
      result: resultOf(piece),
      accumulate: image.first > 0,
      partition: partitionOf(piece),
    });
  // The filter as an image [1, 4, 4 C, N]: tile i of a phase is the 2x2 taps of channel `first` + i.
  const join = (piece: Piece): Instruction => {
    const { offset, stride } = resultOf(piece);
    return transform(Transform.Outputs2, {
      tiles: {
        buffer: out,
        shape: [1, 4, 4 * C, N],
        images: { first: 0, size: 1 },
        channels: { first: 0, size: N },
        y: { grid: 1, origin: 0, stride: 0, phase: 1, step: 2 },
        x: { grid: piece.size, origin: piece.first, stride: 1, phase: C, step: 2 * C },
        phases: 2,
      },
      components: { buffer: c, offset, componentStride: stride, phaseStride: piece.size * N, rowStride: N, panelStride: NR },
      byChannels: false,
      partition: partitionOf(piece),
    });
  };
  return images.flatMap((image, i) => [
    splitGradient(image),
    ...channels.flatMap((piece) => [splitData(image, piece), multiply(image, piece), ...(i === images.length - 1 ? [join(piece)] : [])]),
  ]);
}

/** Part of an axis. */
interface Piece {
  readonly first: number;
  readonly size: number;
}

/** An axis in pieces of `step`, and what is left. */
function piecesOf(size: number, step: number): Piece[] {
  return Array.from({ length: Math.ceil(size / step) }, (_, i) => ({ first: i * step, size: Math.min(step, size - i * step) }));
}

/** Where results begin in their buffer, and how far apart those of components are, in elements. */
interface Result {
  readonly offset: number;
  readonly stride: number;
}

/** Elements of one component: of a matrix, of an operand B in panels of its columns. */
const matrixSize = (rows: number, columns: number): number => rows * columns + GAP;
const panelsSize = (K: number, N: number): number => Math.ceil(N / NR) * NR * K + GAP;

interface Products {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly a: Buffer;
  readonly b: Buffer;
  readonly c: Buffer;
  readonly result: Result;
  readonly accumulate: boolean;
  readonly partition: Partition;
}

/** The products of all components: C [M, N] (+)= Aᵀ B, with A [K, M] and B in panels. */
function products({ M, N, K, a, b, c, result, accumulate, partition }: Products): Instruction {
  const words: Word[] = [];
  words[ProductsWord.M] = M;
  words[ProductsWord.N] = N;
  words[ProductsWord.K] = K;
  words[ProductsWord.MC] = MC;
  words[ProductsWord.KC] = KC;
  words[ProductsWord.Count] = COMPONENTS;
  words.push(...dense(a, 1, M).words);
  words[ProductsWord.B] = at(b);
  words[ProductsWord.C] = at(c, result.offset * 4);
  words[ProductsWord.NextA] = matrixSize(K, M);
  words[ProductsWord.NextB] = panelsSize(K, N);
  words[ProductsWord.NextC] = result.stride;
  words[ProductsWord.Scratch] = "scratch";
  words[ProductsWord.ScratchStride] = "scratchStride";
  words[ProductsWord.Accumulate] = accumulate ? 1 : 0;
  const reads = accumulate ? [a, b, c] : [a, b];
  return { opcode: Opcode.Products, words, reads, writes: [c], scratch: PRODUCT_BYTES + MC * Math.min(KC, K) * 4, zeros: 0, partition };
}

/** One axis of tiles: `grid` of them; pixel i of tile t in phase p lies at origin + t stride + p phase + i step. */
interface TileAxis {
  readonly grid: number;
  readonly origin: number;
  readonly stride: number;
  readonly phase: number;
  readonly step: number;
}

interface Transformation {
  /** Tiles of a piece of the images [., H, W, C] and of their channels, in `phases` of both axes. */
  readonly tiles: {
    readonly buffer: Buffer;
    readonly shape: Shape;
    readonly images: Piece;
    readonly channels: Piece;
    readonly y: TileAxis;
    readonly x: TileAxis;
    readonly phases: 1 | 2;
  };
  /** Where their components lie, in elements: the first, and strides from a component, a phase, a tile, eight channels to the next. */
  readonly components: {
    readonly buffer: Buffer;
    readonly offset: number;
    readonly componentStride: number;
    readonly phaseStride: number;
    readonly rowStride: number;
    readonly panelStride: number;
  };
  /** What threads share out: channels or tiles. */
  readonly byChannels: boolean;
  readonly partition?: Partition;
}

function transform(along: Transform, { tiles, components, byChannels, partition }: Transformation): Instruction {
  const { buffer, shape, images, channels, y, x, phases } = tiles;
  const [, H, W, C] = shape as [number, number, number, number];
  const words: Word[] = [];
  words[WinogradWord.Transform] = along;
  words[WinogradWord.Image] = at(buffer, (images.first * H * W * C + channels.first) * 4);
  words[WinogradWord.H] = H;
  words[WinogradWord.W] = W;
  words[WinogradWord.C] = C;
  words[WinogradWord.Channels] = channels.size;
  words[WinogradWord.GridH] = y.grid;
  words[WinogradWord.GridW] = x.grid;
  words[WinogradWord.Tiles] = images.size * y.grid * x.grid;
  words[WinogradWord.Phases] = phases;
  words[WinogradWord.OriginY] = y.origin;
  words[WinogradWord.OriginX] = x.origin;
  words[WinogradWord.StrideY] = y.stride;
  words[WinogradWord.StrideX] = x.stride;
  words[WinogradWord.PhaseY] = y.phase;
  words[WinogradWord.PhaseX] = x.phase;
  words[WinogradWord.StepY] = y.step;
  words[WinogradWord.StepX] = x.step;
  words[WinogradWord.Components] = at(components.buffer, components.offset * 4);
  words[WinogradWord.ComponentStride] = components.componentStride;
  words[WinogradWord.PhaseStride] = components.phaseStride;
  words[WinogradWord.RowStride] = components.rowStride;
  words[WinogradWord.PanelStride] = components.panelStride;
  words[WinogradWord.Outside] = "zeros";
  words[WinogradWord.ByChannels] = byChannels ? 1 : 0;
  words[WinogradWord.Scratch] = "scratch";
  words[WinogradWord.ScratchStride] = "scratchStride";
  const joins = along === Transform.Outputs2;
  const [reads, writes] = joins ? [[components.buffer], [buffer]] : [[buffer], [components.buffer]];
  return { opcode: Opcode.Winograd, words, reads, writes, scratch: TRANSFORM_BYTES, zeros: joins ? 0 : C * 4, ...(partition && { partition }) };
}
