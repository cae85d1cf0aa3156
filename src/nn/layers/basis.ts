/** Layers that lead from vectors to images and back by a learned pattern for each channel: generativeBasis, discriminativeBasis. */
import { integer, list } from "../../core/check.ts";
import { mul, reduceSum, reshape } from "../../graph/build.ts";
import { imageSize, layer, vectorSize } from "./types.ts";

/** A learned image, each channel of it times a number of the vector given (Huang et al. 2024, section 4): `[C]` to `[H, W, C]`. */
export interface GenerativeBasisSpec {
  /** The kind of the layer. */
  readonly type: "generativeBasis";
  /** `[H, W]` of that image, each from 1 to 65536. */
  readonly size: readonly number[];
}

/**
 * The sum of an image's pixels, weighted for each channel by a learned image as large, which is a depthwise convolution without padding or bias (Huang et al. 2024,
 * section 4): `[H, W, C]` to `[C]`.
 */
export interface DiscriminativeBasisSpec {
  /** The kind of the layer. */
  readonly type: "discriminativeBasis";
}

export const BASIS = {
  generativeBasis: layer<GenerativeBasisSpec>({
    fields: { size: list(integer(1, 65536), { min: 2, max: 2 }) },
    output: ({ size }, input) => [...size, vectorSize(input)],
    parameters: ({ size }, input) => ({ basis: { shape: [...size, vectorSize(input)], role: "weight", init: { kind: "normal" } } }),
    build: (_, x, { parameter }) => mul(parameter("basis"), reshape(x, [x.shape[0]!, 1, 1, x.shape[1]!])),
  }),

  discriminativeBasis: layer<DiscriminativeBasisSpec>({
    weighted: true,
    fields: {},
    output: (_, input) => [imageSize(input)[2]],
    parameters(_, input) {
      const [h, w] = imageSize(input);
      return { basis: { shape: input, role: "weight", init: { kind: "weights", fanIn: h * w, fanOut: 1 }, outputAxis: 2 } };
    },
    build: (_, x, { parameter }) => reshape(reduceSum(mul(x, parameter("basis")), [1, 2]), [x.shape[0]!, x.shape[3]!]),
  }),
};
