/**
 * Winograd's minimal filtering (Winograd 1980; Lavin & Gray 2016) for 4x4 filters of stride 2, which by phases are four 2x2 filters of stride 1.
 *
 * Along one axis F(2, 2) computes two outputs from three inputs and two taps with three products in place of four:
 *
 *     m0 = (d0 - d1) g0     m1 = d1 (g0 + g1)     m2 = (d2 - d1) g1     y0 = m0 + m1     y1 = m1 + m2
 *
 * and along two axes nine in place of sixteen. All coefficients are 1 or -1, so nothing is lost in accuracy, the sums of
 * data and filters are taken while packing, and each of the nine products adds its result to the outputs it is part of: no transformed
 * tensor is ever stored. Where a filter's taps stay packed from run to run and data are few, all products are one instruction, which reads each tap once. A grid of odd size has a last tile of one output, which needs no m2. (Gradients of filters have another way: stored.ts.)
 */
import { ViewKind } from "../../../../assembly/format/products.ts";
import { type Axis, dense, gemm, gridResult, panelSum, patches, type Spread, tapProducts, tapProductsBytes } from "../instructions/gemm.ts";
import type { Lowering } from "../instructions/instruction.ts";
import { pack, panelsSize } from "../instructions/panels.ts";

/** Bytes of packed data that a thread keeps beside it, in the second-level cache, while it goes through the taps of a filter panel by panel; more of them are worth packed filters. */
const MOST_PACKED = 2 ** 19;

/** One of the three products along an axis. */
interface Component {
  /** The first of its inputs d, and where the one to subtract lies from it (0: none). */
  readonly input: number;
  readonly minus: -1 | 0 | 1;
  /** The first of its taps g, and whether the other is added. */
  readonly tap: 0 | 1;
  readonly both: boolean;
}

const COMPONENTS: readonly Component[] = [
  { input: 1, minus: 0, tap: 0, both: true }, // m1 first: it reaches every output, the others add to it
  { input: 0, minus: 1, tap: 0, both: false },
  { input: 2, minus: -1, tap: 1, both: false },
];

/** The nine products, the first of which sets every output. */
function products<P>(product: (y: Component, x: Component, accumulate: boolean) => P): P[] {
  return COMPONENTS.flatMap((y, i) => COMPONENTS.map((x, j) => product(y, x, i + j > 0)));
}

/** Tiles of two along an axis of `size`; m2 has none for an output of its own. */
const tilesOf = (size: number, { tap }: Component): number => (tap === 1 ? Math.floor(size / 2) : Math.ceil(size / 2));

/** Inputs of a component, `unit` pixels apart, d0 of tile 0 at `origin`. */
const dataAxis = (grid: number, { input, minus }: Component, unit: number, origin: number, taps: number): Axis => ({
  grid,
  taps,
  stride: 2 * unit,
  origin: origin + input * unit,
  step: 1,
  term: minus * unit,
});

/** Outputs of a component, `unit` elements apart, on an axis of `size`. */
const outputAxis = (size: number, component: Component, unit: number): Spread => ({
  grid: tilesOf(size, component),
  stride: 2 * unit,
  first: component.tap,
  count: component.both ? 2 : 1,
  limit: Math.floor(size / 2),
  term: unit,
});

/** y = conv2d(x, w): the four phases are parts of one sum over k = (phase, channel). */
export const packedConv2d: Lowering<"conv2d"> = (node, out, [x, w]) => {
  const input = node.inputs[0]!.shape;
  const channels = input[3]!;
  const [batch, H, W, N] = node.shape as [number, number, number, number];
  const { pads } = node.attrs;
  const filter = [1, 4, 4 * channels, N];
  return products((cy, cx, accumulate) => {
    const [th, tw] = [tilesOf(H, cy), tilesOf(W, cx)];
    return {
      M: batch * th * tw,
      N,
      K: 4 * channels,
      a: patches(ViewKind.PixelLanes, x!, input, dataAxis(th, cy, 2, -pads[0], 2), dataAxis(tw, cx, 2, -pads[2], 2), true),
      b: patches(
        ViewKind.TapLanes,
        w!,
        filter,
        { grid: 2, taps: 1, stride: 1, origin: 2 * cy.tap, step: 1, term: cy.both ? 2 : 0 },
        { grid: 2 * channels, taps: 1, stride: 1, origin: 2 * channels * cx.tap, step: 1, term: cx.both ? 2 * channels : 0 },
      ),
      c: gridResult(out, 0, H * W * N, outputAxis(H, cy, W * N), outputAxis(W, cx, N), accumulate),
    };
  }).map(gemm);
};

/** dx = conv2dInputGrad(dy, w): each phase of dx is a convolution of its own, taps in falling order. */
export const packedInputGrad: Lowering<"conv2dInputGrad"> = (node, out, [dy, w], context) => {
  const output = node.inputs[0]!.shape;
  const channels = output[3]!;
  const [batch, H, W, N] = node.shape as [number, number, number, number];
  const { pads } = node.attrs;
  const filter = [1, 4, 4 * N, channels];
  /** All products but for B, which is the tap at (y, x), and with it those two further up and to the left where they are added. */
  const all = [0, 1, 2, 3].flatMap((phase) => {
    const [ry, rx] = [phase >> 1, phase & 1];
    const y = phaseOf(ry, H, pads[0]);
    const x = phaseOf(rx, W, pads[2]);
    return products((cy, cx, accumulate) => {
      const [th, tw] = [tilesOf(y.size, cy), tilesOf(x.size, cx)];
      return {
        M: batch * th * tw,
        N,
        K: channels,
        a: patches(ViewKind.PixelLanes, dy!, output, dataAxis(th, cy, 1, y.origin, 1), dataAxis(tw, cx, 1, x.origin, 1), true),
        tap: { y: y.firstTap + 2 * (1 - cy.tap), x: x.firstTap + 2 * (1 - cx.tap), up: cy.both, left: cx.both },
        c: gridResult(out, (ry * W + rx) * N, H * W * N, outputAxis(y.size, cy, 2 * W * N), outputAxis(x.size, cx, 2 * N), accumulate),
      };
    });
  });

  const size = panelsSize(channels, N);
  const taps =
    tapProductsBytes(all) <= MOST_PACKED &&
    context.derived(node.inputs[1]!, {
      key: `taps ${channels}x${N}`,
      bytes: 16 * size * 4,
      make: (to) => Array.from({ length: 16 }, (_, tap) => pack(channels, N, dense(w!, channels, 1, tap * N * channels), to, tap * size)),
    });
  if (taps) {
    const sumOf = ({ y, x, up, left }: TapSum) => panelSum(taps, (4 * y + x) * size, up ? -8 * size : 0, left ? -2 * size : 0);
    return [tapProducts(all.map(({ tap, ...product }) => ({ ...product, b: sumOf(tap) })))];
  }
  const sumOf = ({ y, x, up, left }: TapSum) =>
    patches(
      ViewKind.PixelLanes,
      w!,
      filter,
      { grid: 1, taps: 1, stride: 0, origin: y, step: 1, term: up ? -2 : 0 },
      { grid: N, taps: 1, stride: 1, origin: x * N, step: 1, term: left ? -2 * N : 0 },
    );
  return all.map(({ tap, ...product }) => gemm({ ...product, b: sumOf(tap) }));
};

/** A tap, and whether those two further up and to the left are added. */
interface TapSum {
  readonly y: number;
  readonly x: number;
  readonly up: boolean;
  readonly left: boolean;
}

/** Pixels residue + 2 i of an axis: pixel i is g0 d[i + origin] + g1 d[i + origin + 1] with g0 = w[firstTap + 2], g1 = w[firstTap]. */
function phaseOf(residue: number, size: number, pad: number): { size: number; firstTap: number; origin: number } {
  const firstTap = (residue + pad) % 2;
  return { size: Math.ceil((size - residue) / 2), firstTap, origin: (residue + pad - firstTap) / 2 - 1 };
}
