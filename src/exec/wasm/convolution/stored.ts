/**
 * Gradients of 4x4 filters of stride 2 by Winograd's F(2x2, 4x4) (Winograd 1980; Lavin & Gray 2016): by phases such a filter is four of 2x2, the two outputs an axis, and the
 * taps are tiles of 4x4 of the output's gradient. That takes 25 products in place of 64.
 *
 * Data and gradient are split into components, for each component there is one matrix product over all tiles, and results are joined (assembly/transform.ts has the
 * transforms). Rows of the products are (phase, channel of x), columns channels of dy. Components are several times what they are made of, so images and channels go
 * through in pieces.
 */
import { NR, ROW_GRAIN } from "../../../../assembly/format/products.ts";
import { COMPONENTS, TransformKind } from "../../../../assembly/format/transform.ts";
import type { Shape } from "../../../core/shape.ts";
import type { Buffer, Instruction, Lowering, Partition } from "../instructions/instruction.ts";
import { panelsSize } from "../instructions/panels.ts";
import { products, type Series } from "../instructions/products.ts";
import { type Piece, type TileAxis, transform } from "../instructions/transform.ts";
import { GAP, partitions, piecesOf } from "./pieces.ts";

/** Taps of a tile along an axis. */
const TAPS = 4;
/** Phases of the filter. */
const PHASES = 4;
/** Tiles of a piece of the images: products are no deeper, so that those of the gradient stay in a cache, and those of many channels of the data. */
const PIECE_TILES = 256;
/** Bytes of components that a piece of the channels may take, to stay in the last-level cache ... */
const PIECE_BYTES = 8 * 2 ** 20;
/** ... but that many channels it has at least, whose 4 rows each are work for 16 threads, and multiples of so many, which two or four threads share evenly. */
const LEAST_CHANNELS = 4 * ROW_GRAIN;
const EVEN_CHANNELS = ROW_GRAIN;

/** dw = conv2dFilterGrad(x, dy). */
export const storedFilterGrad: Lowering<"conv2dFilterGrad"> = (node, out, [x, dy], { temp }) => {
  const [input, output] = node.inputs.map(({ shape }) => shape) as [Shape, Shape];
  const [C, N] = [input[3]!, output[3]!];
  const grid = [Math.ceil(output[1]! / TAPS), Math.ceil(output[2]! / TAPS)] as const;
  const tiles = grid[0] * grid[1];
  const images = piecesOf(output[0]!, Math.max(1, Math.floor(PIECE_TILES / tiles)));
  const depth = images[0]!.size * tiles;
  const fits = Math.max(LEAST_CHANNELS, Math.floor(PIECE_BYTES / (COMPONENTS * PHASES * (depth + N) * 4)));
  const channels = piecesOf(C, fits - (fits % EVEN_CHANNELS));
  const rows = PHASES * channels[0]!.size;
  // Sums over the images: of all channels if there are several pieces of images, otherwise of one piece of channels after the other.
  const sumsSize = images.length > 1 ? PHASES * C * N + GAP * channels.length : rows * N + GAP;
  const task: Task = {
    x: { buffer: x!, shape: input },
    dy: { buffer: dy!, shape: output },
    dw: out,
    grid,
    pads: [node.attrs.pads[0], node.attrs.pads[2]],
    data: temp(COMPONENTS * (depth * rows + GAP) * 4),
    gradient: temp(COMPONENTS * (panelsSize(depth, N) + GAP) * 4),
    sums: temp(COMPONENTS * sumsSize * 4),
  };
  const parts = channels.map((piece, i): Part => {
    const before = images.length > 1 ? PHASES * piece.first * N + GAP * i : 0;
    return { piece, sums: { buffer: task.sums, offset: COMPONENTS * before, stride: PHASES * piece.size * N + GAP } };
  });
  const partitionOf = partitions([task.data, task.sums, out]);
  return images.flatMap((image) => [
    splitGradient(task, image),
    ...parts.flatMap((part) => {
      const partition = partitionOf(part.piece.size);
      const last = image === images.at(-1);
      return [splitData(task, image, part, partition), multiply(task, image, part, partition), ...(last ? [join(task, part, partition)] : [])];
    }),
  ]);
};

/** What all instructions of one gradient share. */
interface Task {
  readonly x: { readonly buffer: Buffer; readonly shape: Shape };
  readonly dy: { readonly buffer: Buffer; readonly shape: Shape };
  readonly dw: Buffer;
  /** Tiles of an image along each axis, and what is padded before it. */
  readonly grid: readonly [number, number];
  readonly pads: readonly [number, number];
  /** Components: of a piece of x as matrices [tile, (phase, channel)], of a piece of dy as panels, of dw as matrices [(phase, channel of x), channel of dy]. */
  readonly data: Buffer;
  readonly gradient: Buffer;
  readonly sums: Buffer;
}

/** A piece of the channels of x, and where its results are summed. */
interface Part {
  readonly piece: Piece;
  readonly sums: Required<Series>;
}

/** Tiles of a piece of the images. */
const depthOf = ({ grid }: Task, image: Piece): number => image.size * grid[0] * grid[1];

/** Where the components of a piece of the data lie, and those of the gradient. */
const dataSeries = (task: Task, image: Piece, { piece }: Part): Series => ({
  buffer: task.data,
  stride: depthOf(task, image) * PHASES * piece.size + GAP,
});
const gradientSeries = (task: Task, image: Piece): Series => ({
  buffer: task.gradient,
  stride: panelsSize(depthOf(task, image), task.dy.shape[3]!) + GAP,
});

function splitGradient(task: Task, images: Piece): Instruction {
  const axis = (grid: number): TileAxis => ({ grid, origin: 0, stride: TAPS, phase: 0, step: 1 });
  const { buffer, stride } = gradientSeries(task, images);
  return transform(TransformKind.Taps4, {
    tiles: { ...task.dy, images, channels: { first: 0, size: task.dy.shape[3]! }, y: axis(task.grid[0]), x: axis(task.grid[1]), phases: 1 },
    components: { buffer, componentStride: stride, phaseStride: 0, rowStride: NR, panelStride: depthOf(task, images) * NR },
    byChannels: false,
  });
}

function splitData(task: Task, images: Piece, part: Part, partition: Partition): Instruction {
  const { grid, pads } = task;
  const axis = (grid: number, pad: number): TileAxis => ({ grid, origin: -pad, stride: 2 * TAPS, phase: 1, step: 2 });
  const { size } = part.piece;
  const { buffer, stride } = dataSeries(task, images, part);
  return transform(TransformKind.Data5, {
    tiles: { ...task.x, images, channels: part.piece, y: axis(grid[0], pads[0]), x: axis(grid[1], pads[1]), phases: 2 },
    components: { buffer, componentStride: stride, phaseStride: size, rowStride: PHASES * size, panelStride: NR },
    byChannels: true,
    partition,
  });
}

function multiply(task: Task, images: Piece, part: Part, partition: Partition): Instruction {
  return products({
    count: COMPONENTS,
    M: PHASES * part.piece.size,
    N: task.dy.shape[3]!,
    K: depthOf(task, images),
    a: { ...dataSeries(task, images, part), laneStride: 1, depthStride: PHASES * part.piece.size },
    b: gradientSeries(task, images),
    c: part.sums,
    accumulate: images.first > 0,
    partition,
  });
}

/** The filter as an image [1, 4, 4 C, N]: tile i of a phase is the 2x2 taps of channel `first` + i. */
function join({ x, dy, dw }: Task, { piece, sums }: Part, partition: Partition): Instruction {
  const [C, N] = [x.shape[3]!, dy.shape[3]!];
  return transform(TransformKind.Outputs2, {
    tiles: {
      buffer: dw,
      shape: [1, 4, 4 * C, N],
      images: { first: 0, size: 1 },
      channels: { first: 0, size: N },
      y: { grid: 1, origin: 0, stride: 0, phase: 1, step: 2 },
      x: { grid: piece.size, origin: piece.first, stride: 1, phase: C, step: 2 * C },
      phases: 2,
    },
    components: {
      buffer: sums.buffer,
      offset: sums.offset,
      componentStride: sums.stride,
      phaseStride: piece.size * N,
      rowStride: N,
      panelStride: NR,
    },
    byChannels: false,
    partition,
  });
}
