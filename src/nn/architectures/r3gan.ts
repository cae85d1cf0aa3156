import { integer, optional } from "../../core/check.ts";
import { greatestDivisor } from "../../core/divisors.ts";
import type { LayerSpec } from "../layers/table.ts";

import { architecture } from "./architecture.ts";
import { halvings, halvingsExpected } from "./sizes.ts";

const leaky: LayerSpec = { type: "activation", name: "leakyRelu" };

/** Channels within a block, for each of its own. */
const EXPANSION = 2;
/** Channels of a group of the convolution in the middle. */
const GROUP = 16;
/** Sides up to this have the full width; it is halved for each doubling beyond. */
const FULL = 32;

/** A convolution 1×1, linear. */
const linear = (filters: number): LayerSpec => ({ type: "conv2d", filters, kernel: 1, bias: false });

/** 1×1, grouped 3×3, 1×1, which begins as the identity. @param gain of the first two */
function block(channels: number, gain: number): LayerSpec {
  const filters = EXPANSION * channels;
  return {
    type: "residual",
    layers: [
      { type: "conv2d", filters, kernel: 1, gain },
      leaky,
      { type: "conv2d", filters, kernel: 3, groups: filters / greatestDivisor(filters, GROUP), gain },
      leaky,
      { type: "conv2d", filters: channels, kernel: 1, bias: false, gain: 0 },
    ],
  };
}

/** Parameters of R3GAN. */
export interface R3GANParameters {
  /** Residual blocks at each size of images in each network, 1 to 8, or as many as a network of 256 layers has room for, at six layers each: 6 of 128 × 128 pixels. Default 1 (published: 2). */
  readonly blocks: number;
}

/**
 * Huang, Gokaslan, Kuleshov & Tompkin 2024, section 4: bottleneck blocks with grouped convolutions and without normalisation, begun by fix-up (Zhang, Dauphin & Ma 2019:
 * the last convolution of a block at 0, the others smaller by L^(-1/(2m - 2)), of L blocks with m = 3), bilinear resizing, a learned image that the latent modulates at one end and a
 * depthwise convolution at the other. The published widths are twenty-four times those of the default `width`, 32. The discriminator's images are halved by means of 2×2 pixels, where the
 * published filter has the weights 1, 3, 3, 1.
 * One that begins at images halves them first, as the discriminator does.
 */
export const r3gan = architecture<R3GANParameters>({
  fields: { blocks: optional(integer(1, 8), 1) },
  expected: halvingsExpected,
  defaultWidth: 32,
  initialization: "fan-in",
  layers({ shape, fromImages, width }, { blocks }) {
    const { base, levels } = halvings(shape)!;
    /** Channels of the feature maps, the largest map first. */
    const widths = Array.from({ length: levels + 1 }, (_, i) => {
      const side = Math.min(...base) * 2 ** (levels - i);
      return Math.max(Math.floor(width / 2 ** Math.max(Math.ceil(Math.log2(side / FULL)), 0)), 1);
    });
    const gain = ((levels + 1) * blocks) ** (-1 / 4);
    const stage = (channels: number): LayerSpec[] => Array(blocks).fill(block(channels, gain));
    const change = (from: number, to: number): LayerSpec[] => (from === to ? [] : [linear(to)]);
    const downward: LayerSpec[] = [
      linear(widths[0]!),
      ...widths.flatMap((channels, i) =>
        i === 0 ? stage(channels) : [{ type: "avgPool", size: 2 } as const, ...change(widths[i - 1]!, channels), ...stage(channels)],
      ),
    ];
    const deepest = widths[levels]!;
    const fromVector: LayerSpec[] = [{ type: "dense", units: deepest, bias: false }, { type: "generativeBasis", size: base }, ...stage(deepest)];
    const upward = widths
      .slice(0, -1)
      .reverse()
      .flatMap((channels, i): LayerSpec[] => [
        ...change(widths[levels - i]!, channels),
        { type: "upsample", factor: 2, mode: "bilinear" },
        ...stage(channels),
      ]);
    return {
      generator: [...(fromImages ? downward : fromVector), ...upward, linear(shape[2]!)],
      discriminator: [...downward, { type: "discriminativeBasis" }, { type: "dense", units: 1, bias: false }],
    };
  },
});
