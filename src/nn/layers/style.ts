/** Layers of generators that are told a style: constant, noise. */
import { integer, list } from "../../core/check.ts";
import type { Shape } from "../../core/shape.ts";
import { add, broadcastTo, mul } from "../../graph/build.ts";
import { imageSize, layer, zeros } from "./types.ts";

const SIZE = integer(1, 65536);

export const STYLE = {
  constant: layer<{
    /**
     * The kind of the layer: learned values, the same for every example, which begin as N(0, 1). What it takes is ignored, as at the head of a synthesis network, whose styles alone tell one image from
     * another (Karras, Laine & Aila 2019, section 2), or added, as the shortcut of a residual layer.
     */
    readonly type: "constant";
    /** The shape of what it gives, of 1 to 3 axes, each from 1 to 65536. */
    readonly shape: Shape;
  }>({
    weighted: true,
    fields: { shape: list(SIZE, { min: 1, max: 3 }) },
    output: ({ shape }) => shape,
    parameters: ({ shape }) => ({ value: { shape, role: "weight", init: { kind: "normal" } } }),
    build: ({ shape }, x, { parameter }) => broadcastTo(parameter("value"), [x.shape[0]!, ...shape]),
  }),

  noise: layer<{
    /**
     * The kind of the layer: it adds to images a picture of one channel from N(0, 1), times a learned strength by channel that begins as 0 (Karras, Laine & Aila 2019, section 2). In training each image
     * has a new one. Otherwise all have one and the same, which was drawn with the first weights, so that a sample is a function of its latent.
     */
    readonly type: "noise";
  }>({
    fields: {},
    output(_, input) {
      imageSize(input);
      return input;
    },
    parameters(_, input) {
      const [h, w, c] = imageSize(input);
      return { strength: zeros([c]), picture: { shape: [h, w, 1], role: "statistic", init: { kind: "normal" } } };
    },
    build(_, x, { path, pass, parameter }) {
      const picture = pass.training ? pass.noise(`${path}.noise`, [...x.shape.slice(0, 3), 1], "normal") : parameter("picture");
      return add(x, mul(picture, parameter("strength")));
    },
  }),
};
