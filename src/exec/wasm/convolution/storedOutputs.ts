/**
 * Convolutions by 4x4 filters of stride 2, and their adjoints, by Winograd's F(4x4, 2x2) (Winograd 1980; Lavin & Gray 2016): by phases such a filter is four of 2x2, whose outputs are
 * computed in tiles of 4x4 from 5x5 pixels. That takes 25 products in place of 64.
 *
 * Filters are split into components once for all convolutions by them. Data are split, for each component there is one matrix product over all tiles, and results are joined
 * (assembly/transform.ts has the transforms). Rows of the products are tiles, columns channels of the result. Components are several times what they are made of, so images go through in pieces.
 */
import { NR } from "../../../../assembly/format/products.ts";
import { CopyNdWord } from "../../../../assembly/format/ranged.ts";
import { COMPONENTS, TransformKind } from "../../../../assembly/format/transform.ts";
import type { Shape } from "../../../core/shape.ts";
import { at, type Buffer, type Context, type Instruction, type Lowering, type Partition } from "../instructions/instruction.ts";
import { panelsSize } from "../instructions/panels.ts";
import { products, type Series } from "../instructions/products.ts";
import { copyNd } from "../instructions/ranged.ts";
import { type Piece, type TileAxis, transform } from "../instructions/transform.ts";
import { GAP, partitions, piecesOf } from "./pieces.ts";

/** Outputs of a tile along an axis. */
const OUTPUTS = 4;
/** Phases of the filter. */
const PHASES = 4;
/** Tiles of a piece of the images: enough that what products read of the filter is little, and that their components stay in the cache of the thread that makes them. */
const PIECE_TILES = 96;
/** Pieces of fewer tiles are too few to be shared out: threads have channels of all of them. */
const FEW_TILES = 48;
/** Pieces there are at most: instructions should not grow with a batch without end. */
const MOST_PIECES = 16;

/** y = conv2d(x, w): the four phases are parts of one sum over k = (phase, channel). */
export const storedConv2d: Lowering<"conv2d"> = (node, out, [x, w], context) => {
  const [input, filter] = node.inputs.map(({ shape }) => shape) as [Shape, Shape];
  const [C, N] = [filter[2]!, filter[3]!];
  const K = PHASES * C;
  const stride = panelsSize(K, N) + GAP;
  const components = context.shared(node.inputs[1]!, {
    key: `outputs4 ${C}x${N}`,
    bytes: COMPONENTS * stride * 4,
    make: (to) => [splitFilter(w!, [C, N], { buffer: to, componentStride: stride, phaseStride: C * NR, rowStride: NR, panelStride: K * NR }, false)],
  });
  const { pads } = node.attrs;
  const axis = (phase: number, pad: number): TileAxis => ({ grid: 0, origin: phase - pad, stride: 2 * OUTPUTS, phase: 0, step: 2 });
  return tiled(context, {
    data: { buffer: x!, shape: input },
    result: { buffer: out, shape: node.shape },
    grid: [Math.ceil(node.shape[1]! / OUTPUTS), Math.ceil(node.shape[2]! / OUTPUTS)],
    K,
    passes: [
      {
        terms: [0, 1, 2, 3].map((phase) => [axis(phase >> 1, pads[0]), axis(phase & 1, pads[2])]),
        filter: { buffer: components, stride },
        to: [0, 0],
        step: 1,
      },
    ],
  });
};

/** dx = conv2dInputGrad(dy, w): each phase of dx is a convolution of its own, taps in falling order. */
export const storedInputGrad: Lowering<"conv2dInputGrad"> = (node, out, [dy, w], context) => {
  const [output, filter] = node.inputs.map(({ shape }) => shape) as [Shape, Shape];
  const [N, C] = [filter[2]!, filter[3]!];
  const phaseStride = panelsSize(C, N);
  const stride = PHASES * phaseStride + GAP;
  const components = context.shared(node.inputs[1]!, {
    key: `outputs4 ${C}x${N} transposed`,
    bytes: COMPONENTS * stride * 4,
    make(to) {
      const transposed = context.temp(PHASES * PHASES * C * N * 4);
      return [
        copyNd({
          units: 16,
          args: { [CopyNdWord.X]: at(w!), [CopyNdWord.Y]: at(transposed), [CopyNdWord.Descriptor]: [3, 16, C, N, C * N, 1, C, C * N, N, 1] },
          reads: [w!],
          writes: [transposed],
        }),
        splitFilter(transposed, [C, N], { buffer: to, componentStride: stride, phaseStride, rowStride: NR, panelStride: C * NR }, true),
      ];
    },
  });
  const [, H, W] = node.shape as [number, number, number];
  const { pads } = node.attrs;
  return tiled(context, {
    data: { buffer: dy!, shape: output },
    result: { buffer: out, shape: node.shape },
    grid: [Math.ceil(H / (2 * OUTPUTS)), Math.ceil(W / (2 * OUTPUTS))],
    K: C,
    passes: [0, 1, 2, 3].map((phase) => {
      const [ry, rx] = [phase >> 1, phase & 1];
      const [y, x] = [phaseOf(ry, pads[0]), phaseOf(rx, pads[2])];
      const axis = (origin: number): TileAxis => ({ grid: 0, origin, stride: OUTPUTS, phase: 0, step: 1 });
      return {
        terms: [[axis(y.origin), axis(x.origin)]],
        filter: { buffer: components, offset: (2 * y.firstTap + x.firstTap) * phaseStride, stride },
        to: [ry, rx],
        step: 2,
      };
    }),
  });
};

/** Pixels residue + 2 i of an axis: pixel i is g0 d[i + origin] + g1 d[i + origin + 1] with g0 = w[firstTap + 2], g1 = w[firstTap]. */
export function phaseOf(residue: number, pad: number): { firstTap: number; origin: number } {
  const firstTap = (residue + pad) % 2;
  return { firstTap, origin: (residue + pad - firstTap) / 2 - 1 };
}

/** The four phases [2, 2, C, N] of a filter [4, 4, C, N], each channel a tile; taps of an axis in falling order if `reversed`. */
function splitFilter(
  buffer: Buffer,
  [C, N]: readonly [number, number],
  components: Parameters<typeof transform>[1]["components"],
  reversed: boolean,
): Instruction {
  const axis = (grid: number, unit: number, stride: number): TileAxis => ({
    grid,
    origin: reversed ? 2 * unit : 0,
    stride,
    phase: unit,
    step: reversed ? -2 * unit : 2 * unit,
  });
  return transform(TransformKind.Taps2, {
    tiles: {
      buffer,
      shape: [1, 4, 4 * C, N],
      images: { first: 0, size: 1 },
      channels: { first: 0, size: N },
      y: axis(1, 1, 0),
      x: axis(C, C, 1),
      phases: 2,
    },
    components,
    byChannels: false,
  });
}

/** What is computed tile by tile: one pass after the other over the data, each of which sums over its terms and sets outputs of its own. */
interface Task {
  readonly data: { readonly buffer: Buffer; readonly shape: Shape };
  readonly result: { readonly buffer: Buffer; readonly shape: Shape };
  /** Tiles of an image along each axis. */
  readonly grid: readonly [number, number];
  /** Depth of the products: (term, channel of the data). */
  readonly K: number;
  readonly passes: readonly Pass[];
}

interface Pass {
  /** Where tiles of the data lie along both axes, for each term. */
  readonly terms: readonly (readonly TileAxis[])[];
  readonly filter: Series;
  /** The first output along each axis, and how far the next one is. */
  readonly to: readonly number[];
  readonly step: number;
}

function tiled({ temp }: Context, { data, result, grid, K, passes }: Task): Instruction[] {
  const [batch, channels, N] = [data.shape[0]!, data.shape[3]!, result.shape[3]!];
  const tiles = grid[0] * grid[1];
  const pieces = piecesOf(batch, Math.max(1, Math.floor(PIECE_TILES / tiles), Math.ceil(batch / MOST_PIECES)));
  const most = pieces[0]!.size * tiles;
  const places = () => ({ split: temp(COMPONENTS * (most * K + GAP) * 4), sums: temp(COMPONENTS * (most * N + GAP) * 4) });
  // One piece of few tiles has room for all passes at once, between whose stages threads then wait once for all.
  const together = pieces.length === 1 && most < FEW_TILES;
  const shared = together ? [] : [places()];
  const partitionOf = partitions([...shared.flatMap(({ split, sums }) => [split, sums]), result.buffer]);
  /** Threads join the same channels of all passes, each of which has pixels of its own. */
  const joined: Partition = { buffers: [result.buffer] };
  const stages = (images: Piece, { terms, filter, to, step }: Pass): readonly [split: Instruction[], multiply: Instruction, join: Instruction] => {
    const { split, sums } = shared[0] ?? places();
    const rows = images.size * tiles;
    const few = rows < FEW_TILES;
    const partition = few ? undefined : partitionOf(images.size);
    /** Each term has columns of its own of what the data are split into. */
    const apart: Partition = { buffers: [split] };
    const a = { buffer: split, stride: rows * K + GAP };
    const c = { buffer: sums, stride: rows * N + GAP };
    const outputs = (axis: 0 | 1): TileAxis => ({ grid: grid[axis], origin: to[axis]!, stride: OUTPUTS * step, phase: 0, step });
    return [
      terms.map(([y, x], term) =>
        transform(TransformKind.Data5, {
          tiles: { ...data, images, channels: { first: 0, size: channels }, y: { ...y!, grid: grid[0] }, x: { ...x!, grid: grid[1] }, phases: 1 },
          components: { ...a, offset: term * channels, componentStride: a.stride, phaseStride: 0, rowStride: K, panelStride: NR },
          byChannels: few,
          partition: few ? apart : partition,
        }),
      ),
      products({
        count: COMPONENTS,
        M: rows,
        N,
        K,
        a: { ...a, laneStride: K, depthStride: 1 },
        b: filter,
        c,
        accumulate: false,
        byColumns: few,
        partition,
      }),
      transform(TransformKind.Outputs4, {
        tiles: { ...result, images, channels: { first: 0, size: N }, y: outputs(0), x: outputs(1), phases: 1 },
        components: { ...c, componentStride: c.stride, phaseStride: 0, rowStride: N, panelStride: NR },
        byChannels: few,
        partition: few ? joined : partition,
      }),
    ];
  };
  const all = pieces.flatMap((images) => passes.map((pass) => stages(images, pass)));
  if (!together) return all.flatMap(([split, multiply, join]) => [...split, multiply, join]);
  return [...all.flatMap(([split]) => split), ...all.map(([, multiply]) => multiply), ...all.map(([, , join]) => join)];
}
