/**
 * Gradients of 4x4 filters of stride 2 by Winograd's F(2x2, 4x4) (Winograd 1980; Lavin & Gray 2016): by phases such a filter is four of 2x2, the two outputs an axis, and the
 * taps are tiles of 4x4 of the output's gradient. That takes 25 products in place of 64.
 *
 * Data and gradient are split into components, for each component there is one matrix product over all tiles, and results are joined (assembly/winograd.ts has the
 * transforms). Components are several times what they are made of, so those of the data go through in pieces.
 */
import { Opcode, ProductsWord, ROW_GRAIN, Transform, WinogradWord } from "../../../assembly/opcodes.ts";
import type { Shape } from "../../core/shape.ts";
import type { Node } from "../../graph/graph.ts";
import { dense } from "./gemm.ts";
import { at, type Buffer, type Context, type Instruction, type Partition, type Word } from "./plan.ts";

/** Products, and taps of a tile along an axis. */
const COMPONENTS = 5 * 5;
const TAPS = 4;
/** Columns of the register tile. */
const NR = 8;
/** Rows of A and depth that are packed at a time: in the second-level cache, and no more rounding than other sums have, as joins multiply it. */
const MC = 96;
const KC = 256;
/** Bytes of components that a piece may take: they stay in the last-level cache. */
const PIECE_BYTES = 8 * 2 ** 20;
/** Channels of a piece are multiples of so many, if it has that many: two or four threads have equal shares of their rows. */
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
  const K = batch * gridH * gridW;

  const pieces = piecesOf(C, COMPONENTS * 4 * (K + N) * 4);
  const M = 4 * pieces[0]!.size;
  const a = temp(COMPONENTS * matrixSize(K, M) * 4);
  const b = temp(COMPONENTS * panelsSize(K, N) * 4);
  const c = temp(COMPONENTS * matrixSize(M, N) * 4);

  const gradient = transform(Opcode.WinogradSplit, Transform.Taps4, {
    tiles: {
      buffer: dy,
      shape: output,
      offset: 0,
      channels: N,
      y: { grid: gridH, origin: 0, stride: TAPS, phase: 0, step: 1 },
      x: { grid: gridW, origin: 0, stride: TAPS, phase: 0, step: 1 },
      phases: 1,
    },
    components: { buffer: b, componentStride: panelsSize(K, N), phaseStride: 0, rowStride: NR, panelStride: K * NR },
    byChannels: false,
  });
  // Of each piece a thread has rows of its own, which it splits, multiplies and joins: they stay in its cache, and no thread waits for another.
  const partitions = new Map<number, Partition>();
  return [
    gradient,
    ...pieces.flatMap(({ first, size }) => {
      const rows = 4 * size;
      const partition = partitions.get(size) ?? { buffers: [a, c, out] };
      partitions.set(size, partition);
      const patchAxis = (grid: number, pad: number): TileAxis => ({ grid, origin: -pad, stride: 2 * TAPS, phase: 1, step: 2 });
      const data = transform(Opcode.WinogradSplit, Transform.Data5, {
        tiles: { buffer: x, shape: input, offset: first, channels: size, y: patchAxis(gridH, pads[0]), x: patchAxis(gridW, pads[2]), phases: 2 },
        components: { buffer: a, componentStride: matrixSize(K, rows), phaseStride: size, rowStride: rows, panelStride: NR },
        byChannels: true,
        partition,
      });
      // The filter as an image [1, 4, 4 C, N]: tile i of a phase is the 2x2 taps of channel `first` + i.
      const filter = transform(Opcode.WinogradJoin, Transform.Outputs2, {
        tiles: {
          buffer: out,
          shape: [1, 4, 4 * C, N],
          offset: 0,
          channels: N,
          y: { grid: 1, origin: 0, stride: 0, phase: 1, step: 2 },
          x: { grid: size, origin: first, stride: 1, phase: C, step: 2 * C },
          phases: 2,
        },
        components: { buffer: c, componentStride: matrixSize(rows, N), phaseStride: size * N, rowStride: N, panelStride: NR },
        byChannels: false,
        partition,
      });
      return [data, products({ M: rows, N, K, a, b, c, partition }), filter];
    }),
  ];
}

/** Part of an axis. */
interface Piece {
  readonly first: number;
  readonly size: number;
}

/** Channels in pieces of one size, and what is left, that take no more than PIECE_BYTES, at `bytes` a channel, if four do. */
function piecesOf(channels: number, bytes: number): Piece[] {
  const fits = Math.max(4, Math.floor(PIECE_BYTES / bytes));
  const step = fits - (fits % (fits < EVEN_CHANNELS ? 4 : EVEN_CHANNELS));
  return Array.from({ length: Math.ceil(channels / step) }, (_, i) => ({ first: i * step, size: Math.min(step, channels - i * step) }));
}

/** Elements of one component: of a matrix, of an operand B in panels of its columns. */
const matrixSize = (rows: number, columns: number): number => rows * columns + GAP;
const panelsSize = (K: number, N: number): number => Math.ceil(N / NR) * NR * K + GAP;

/** The products of all components: C [M, N] = Aᵀ B, with A [K, M] and B in panels. */
function products({
  M,
  N,
  K,
  a,
  b,
  c,
  partition,
}: {
  M: number;
  N: number;
  K: number;
  a: Buffer;
  b: Buffer;
  c: Buffer;
  partition: Partition;
}): Instruction {
  const depth = Math.min(KC, K);
  const words: Word[] = [];
  words[ProductsWord.M] = M;
  words[ProductsWord.N] = N;
  words[ProductsWord.K] = K;
  words[ProductsWord.MC] = MC;
  words[ProductsWord.KC] = KC;
  words[ProductsWord.Count] = COMPONENTS;
  words.push(...dense(a, 1, M).words);
  words[ProductsWord.B] = at(b);
  words[ProductsWord.C] = at(c);
  words[ProductsWord.NextA] = matrixSize(K, M);
  words[ProductsWord.NextB] = panelsSize(K, N);
  words[ProductsWord.NextC] = matrixSize(M, N);
  words[ProductsWord.Scratch] = "scratch";
  words[ProductsWord.ScratchStride] = "scratchStride";
  words[ProductsWord.Zeros] = "zeros";
  return { opcode: Opcode.Products, words, reads: [a, b], writes: [c], scratch: PRODUCT_BYTES + MC * depth * 4, zeros: depth * 4, partition };
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
  /** Tiles of images [., H, W, C], in `phases` of both axes, and so many of their channels from `offset` on. */
  readonly tiles: {
    readonly buffer: Buffer;
    readonly shape: Shape;
    readonly offset: number;
    readonly channels: number;
    readonly y: TileAxis;
    readonly x: TileAxis;
    readonly phases: 1 | 2;
  };
  /** Where their components lie, in elements: strides from a component, a phase, a tile, eight channels to the next. */
  readonly components: {
    readonly buffer: Buffer;
    readonly componentStride: number;
    readonly phaseStride: number;
    readonly rowStride: number;
    readonly panelStride: number;
  };
  /** What threads share out: channels or tiles. */
  readonly byChannels: boolean;
  readonly partition?: Partition;
}

function transform(
  opcode: Opcode.WinogradSplit | Opcode.WinogradJoin,
  along: Transform,
  { tiles, components, byChannels, partition }: Transformation,
): Instruction {
  const { buffer, shape, offset, channels, y, x, phases } = tiles;
  const [images, H, W, C] = shape as [number, number, number, number];
  const words: Word[] = [];
  words[WinogradWord.Transform] = along;
  words[WinogradWord.Image] = at(buffer, offset * 4);
  words[WinogradWord.H] = H;
  words[WinogradWord.W] = W;
  words[WinogradWord.C] = C;
  words[WinogradWord.Channels] = channels;
  words[WinogradWord.GridH] = y.grid;
  words[WinogradWord.GridW] = x.grid;
  words[WinogradWord.Tiles] = images * y.grid * x.grid;
  words[WinogradWord.Phases] = phases;
  words[WinogradWord.OriginY] = y.origin;
  words[WinogradWord.OriginX] = x.origin;
  words[WinogradWord.StrideY] = y.stride;
  words[WinogradWord.StrideX] = x.stride;
  words[WinogradWord.PhaseY] = y.phase;
  words[WinogradWord.PhaseX] = x.phase;
  words[WinogradWord.StepY] = y.step;
  words[WinogradWord.StepX] = x.step;
  words[WinogradWord.Components] = at(components.buffer);
  words[WinogradWord.ComponentStride] = components.componentStride;
  words[WinogradWord.PhaseStride] = components.phaseStride;
  words[WinogradWord.RowStride] = components.rowStride;
  words[WinogradWord.PanelStride] = components.panelStride;
  words[WinogradWord.Outside] = "zeros";
  words[WinogradWord.ByChannels] = byChannels ? 1 : 0;
  words[WinogradWord.Scratch] = "scratch";
  words[WinogradWord.ScratchStride] = "scratchStride";
  const [reads, writes] = opcode === Opcode.WinogradSplit ? [[buffer], [components.buffer]] : [[components.buffer], [buffer]];
  return { opcode, words, reads, writes, scratch: TRANSFORM_BYTES, zeros: C * 4, ...(partition && { partition }) };
}
