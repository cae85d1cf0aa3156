import type { Shape } from "../../core/shape.ts";
import type { LayerSpec } from "../layers/table.ts";

import { architecture } from "./architecture.ts";

const leaky: LayerSpec = { type: "activation", name: "leakyRelu", alpha: 0.2 };
const relu: LayerSpec = { type: "activation", name: "relu" };
const batchNorm: LayerSpec = { type: "batchNorm" };

/** How often a side is halved to reach 4 to 7 pixels, and what it is then; null where it cannot. */
function halvings(side: number): { base: number; levels: number } | null {
  let base = side;
  let levels = 0;
  while (base > 7 && base % 2 === 0) {
    base /= 2;
    levels++;
  }
  return base >= 4 && base <= 7 && levels > 0 ? { base, levels } : null;
}

function isSquareOfHalvings(shape: Shape): boolean {
  return shape.length === 3 && shape[0] === shape[1] && halvings(shape[0]!) !== null;
}

/**
 * Radford, Metz & Chintala 2016: 4×4 convolutions of stride 2 all the way, batch norm on all but the generator's last and
 * the discriminator's first layer. The generator has `width` channels before its last layer, twice as many before that, and so on.
 * One that begins at images halves them first, as the discriminator does, and makes its own of what is left (the encoder and decoder of Isola et al. 2017, section 3.2.1).
 */
export const dcgan = architecture<object>({
  fields: {},
  expected: "square images whose side halves evenly to 4, 5, 6 or 7 pixels (8, 28, 32, 48, 64, 128, ...)",
  accepts: isSquareOfHalvings,
  defaultWidth: 64,
  initialization: "dcgan",
  layers({ shape, fromImages, width, imagesAlone }) {
    const channels = shape[2]!;
    const { base, levels } = halvings(shape[0]!)!;
    /** Channels of the feature maps, from `width` at half size upwards. */
    const widths = Array.from({ length: levels }, (_, i) => width * 2 ** i);
    const deepest = widths[levels - 1]!;
    const up = (filters: number, bias: boolean): LayerSpec => ({ type: "conv2dTranspose", filters, kernel: 4, stride: 2, bias });
    const down = (normalises: boolean): LayerSpec[] =>
      widths.flatMap((filters, i): LayerSpec[] => {
        const normalised = i > 0 && normalises;
        const conv: LayerSpec = { type: "conv2d", filters, kernel: 4, stride: 2, bias: !normalised };
        return normalised ? [conv, batchNorm, leaky] : [conv, leaky];
      });
    const fromVector: LayerSpec[] = [
      { type: "dense", units: base * base * deepest, bias: false },
      { type: "reshape", shape: [base, base, deepest] },
      batchNorm,
      relu,
    ];
    return {
      generator: [
        ...(fromImages ? down(true) : fromVector),
        ...widths
          .slice(0, -1)
          .reverse()
          .flatMap((filters) => [up(filters, false), batchNorm, relu]),
        up(channels, true),
        { type: "activation", name: "tanh" },
      ],
      discriminator: [...down(!imagesAlone), { type: "flatten" }, { type: "dense", units: 1 }],
    };
  },
});
