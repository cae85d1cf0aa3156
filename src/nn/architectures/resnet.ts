import { sizeOf } from "../../core/shape.ts";
import type { LayerSpec } from "../layers/table.ts";

import { architecture, type Blueprint } from "./architecture.ts";
import { halvings, halvingsExpected } from "./sizes.ts";

const relu: LayerSpec = { type: "activation", name: "relu" };
const halve: LayerSpec = { type: "avgPool", size: 2 };
const double: LayerSpec = { type: "upsample", factor: 2 };

/** A 3×3 convolution as both main paths have them: at its end, where no ReLU follows at once, its weights are as large as before one. */
const conv = (filters: number, gain = 1): LayerSpec => ({ type: "conv2d", filters, kernel: 3, gain });
const project = (filters: number): LayerSpec => ({ type: "conv2d", filters, kernel: 1 });

/** What stands before the convolutions of a block. */
const before = (normalises: boolean): LayerSpec[] => (normalises ? [{ type: "batchNorm" }, relu] : [relu]);

/** Doubles the size. */
const up = (filters: number): LayerSpec => ({
  type: "residual",
  layers: [...before(true), double, conv(filters), ...before(true), conv(filters, Math.SQRT2)],
  shortcut: [double, project(filters)],
});

/** Halves the size. */
const down = (from: number, filters: number, normalises: boolean): LayerSpec => ({
  type: "residual",
  layers: [...before(normalises), conv(from), ...before(normalises), conv(filters, Math.SQRT2), halve],
  shortcut: [project(filters), halve],
});

/** The same for images, where nothing precedes it that an activation would be for. */
const first = (filters: number, normalises: boolean): LayerSpec => ({
  type: "residual",
  layers: [conv(filters), ...before(normalises), conv(filters, Math.SQRT2), halve],
  shortcut: [halve, project(filters)],
});

/** Keeps the size. */
const same = (from: number, filters: number): LayerSpec => ({
  type: "residual",
  layers: [relu, conv(from), relu, conv(filters, Math.SQRT2)],
  shortcut: from === filters ? [] : [project(filters)],
});

/** Sides below this are small images, for which the networks of the paper have the same width throughout. */
const LARGE = 48;
const MOST = 16;

/** Channels of every feature map, the largest map first. */
interface Widths {
  /** What the generator has before its first block and after each, from the last. */
  readonly generator: readonly number[];
  /** What the discriminator has after each of its blocks. */
  readonly discriminator: readonly number[];
  /** How many of those halve the size. */
  readonly halving: number;
}

/** Table 3 (32×32) for small images, and what tables 4 (48×48) and 5 (128×128) have in common for larger ones. */
function widthsOf({ shape, width }: Blueprint): Widths {
  const { levels, base } = halvings(shape)!;
  const shorter = Math.min(...base);
  if (shorter * 2 ** levels < LARGE) {
    return { generator: Array(levels + 1).fill(4 * width), discriminator: Array(4).fill(2 * width), halving: Math.min(levels, 2) };
  }
  const doubling = (count: number) => Array.from({ length: count }, (_, i) => width * Math.min(2 ** i, MOST));
  // A base of 6 halves once more: the discriminator of table 4 looks at 3×3 pixels in the end.
  const halving = base.every((side) => side % 2 === 0) && shorter > 4 ? levels + 1 : levels;
  return { generator: doubling(levels + 1), discriminator: doubling(halving + 1), halving };
}

/**
 * Miyato, Kataoka, Koyama & Yoshida 2018, appendix B.4, tables 3 to 6: residual blocks with ReLU, nearest-neighbour upsampling in the generator's and average pooling in the discriminator's,
 * shortcuts of 1×1 convolutions, sums over all pixels in the end; batch norm in the generator alone. At `width` 64 it is as wide as published, at the default a quarter of that. Weights begin by He's and Glorot's rules, normal
 * (published: Glorot's, uniform).
 * One that begins at images halves them first by blocks like the discriminator's.
 */
export const resnet = architecture<object>({
  fields: {},
  expected: halvingsExpected,
  defaultWidth: 16,
  initialization: "fan",
  layers(blueprint) {
    const { shape, fromImages } = blueprint;
    const { base, levels } = halvings(shape)!;
    const { generator, discriminator, halving } = widthsOf(blueprint);
    const downward = (widths: readonly number[], normalises: boolean): LayerSpec[] =>
      widths.map((filters, i) => (i === 0 ? first(filters, normalises) : down(widths[i - 1]!, filters, normalises)));
    const deepest = generator[levels]!;
    const fromVector: LayerSpec[] = [
      { type: "dense", units: sizeOf(base) * deepest },
      { type: "reshape", shape: [...base, deepest] },
    ];
    return {
      generator: [
        ...(fromImages ? downward(generator.slice(1), true) : fromVector),
        ...generator.slice(0, -1).reverse().map(up),
        ...before(true),
        { type: "conv2d", filters: shape[2]!, kernel: 3 },
        { type: "activation", name: "tanh" },
      ],
      discriminator: [
        ...downward(discriminator.slice(0, halving), false),
        ...discriminator.slice(halving).map((filters, i) => same(discriminator[halving + i - 1]!, filters)),
        relu,
        { type: "globalPool", mode: "sum" },
        { type: "dense", units: 1 },
      ],
    };
  },
});
