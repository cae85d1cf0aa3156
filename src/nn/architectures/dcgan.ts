import { oneOf, optional } from "../../core/check.ts";
import { sizeOf } from "../../core/shape.ts";
import type { LayerSpec } from "../layers/table.ts";

import { architecture } from "./architecture.ts";
import { halvings, halvingsExpected } from "./sizes.ts";

const leaky: LayerSpec = { type: "activation", name: "leakyRelu", alpha: 0.2 };
const relu: LayerSpec = { type: "activation", name: "relu" };
const batchNorm: LayerSpec = { type: "batchNorm" };

/** Parameters of DCGAN. */
export interface DCGANParameters {
  /**
   * How the generator's images double: by transposed convolutions 4×4, or by repeated pixels and convolutions 3×3, which leaves no checkerboard (Odena, Dumoulin & Olah 2016). Default
   * "transposed".
   */
  readonly upsample: "transposed" | "resize";
}

/**
 * Radford, Metz & Chintala 2016: 4×4 convolutions of stride 2 all the way, batch norm on all but the generator's last and
 * the discriminator's first layer. The generator has `width` channels before its last layer, twice as many before that, and so on.
 * One that begins at images halves them first, as the discriminator does, and makes its own of what is left (the encoder and decoder of Isola et al. 2017, section 3.2.1).
 */
export const dcgan = architecture<DCGANParameters>({
  fields: { upsample: optional(oneOf("transposed", "resize"), "transposed") },
  expected: halvingsExpected,
  defaultWidth: 64,
  initialization: "dcgan",
  layers({ shape, fromImages, width, imagesAlone }, { upsample }) {
    const channels = shape[2]!;
    const { base, levels } = halvings(shape)!;
    /** Channels of the feature maps, from `width` at half size upwards. */
    const widths = Array.from({ length: levels }, (_, i) => width * 2 ** i);
    const deepest = widths[levels - 1]!;
    const up = (filters: number, bias: boolean): LayerSpec[] =>
      upsample === "transposed"
        ? [{ type: "conv2dTranspose", filters, kernel: 4, stride: 2, bias }]
        : [
            { type: "upsample", factor: 2 },
            { type: "conv2d", filters, kernel: 3, bias },
          ];
    const down = (normalises: boolean): LayerSpec[] =>
      widths.flatMap((filters, i): LayerSpec[] => {
        const normalised = i > 0 && normalises;
        const conv: LayerSpec = { type: "conv2d", filters, kernel: 4, stride: 2, bias: !normalised };
        return normalised ? [conv, batchNorm, leaky] : [conv, leaky];
      });
    const fromVector: LayerSpec[] = [
      { type: "dense", units: sizeOf(base) * deepest, bias: false },
      { type: "reshape", shape: [...base, deepest] },
      batchNorm,
      relu,
    ];
    return {
      generator: [
        ...(fromImages ? down(true) : fromVector),
        ...widths
          .slice(0, -1)
          .reverse()
          .flatMap((filters) => [...up(filters, false), batchNorm, relu]),
        ...up(channels, true),
        { type: "activation", name: "tanh" },
      ],
      discriminator: [...down(!imagesAlone), { type: "flatten" }, { type: "dense", units: 1 }],
    };
  },
});
