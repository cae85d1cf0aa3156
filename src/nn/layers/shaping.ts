/** Layers without tensors of their own: activation, reshape, flatten, upsample, avgPool, dropout. */

import { either, integer, list, oneOf, optional, real } from "../../core/check.ts";
import { ShapeError } from "../../core/errors.ts";
import { showShape, sizeOf } from "../../core/shape.ts";
import {
  avgPool as average,
  greaterEqual,
  leakyRelu,
  mul,
  relu,
  resizeBilinear,
  resizeNearest,
  sigmoid,
  softplus,
  tanh,
  reshape as view,
} from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { convOutput, type PoolAttrs } from "../../graph/ops.ts";
import { imageSize, type LayerOf, type LayerRow, none } from "./types.ts";

const ACTIVATIONS: { readonly [N in LayerOf<"activation">["name"]]: (x: Node, alpha: number) => Node } = { relu, leakyRelu, tanh, sigmoid, softplus };

const batchOf = (x: Node): number => x.shape[0]!;

export const activation: LayerRow<LayerOf<"activation">> = {
  fields: { name: oneOf("relu", "leakyRelu", "tanh", "sigmoid", "softplus"), alpha: optional(real(0, 1), 0.2) },
  output: (_, input) => input,
  parameters: none,
  build: ({ name, alpha }, x) => ACTIVATIONS[name](x, alpha),
};

export const reshape: LayerRow<LayerOf<"reshape">> = {
  fields: { shape: list(integer(1, 2 ** 24), { min: 1, max: 3 }) },
  output({ shape }, input) {
    if (sizeOf(shape) !== sizeOf(input)) {
      throw new ShapeError({
        path: "shape",
        expected: `${sizeOf(shape)} values for ${showShape(shape)}`,
        got: `${sizeOf(input)} in ${showShape(input)}`,
      });
    }
    return shape;
  },
  parameters: none,
  build: ({ shape }, x) => view(x, [batchOf(x), ...shape]),
};

export const flatten: LayerRow<LayerOf<"flatten">> = {
  fields: {},
  output: (_, input) => [sizeOf(input)],
  parameters: none,
  build: (_, x) => view(x, [batchOf(x), sizeOf(x.shape) / batchOf(x)]),
};

export const upsample: LayerRow<LayerOf<"upsample">> = {
  fields: { factor: integer(2, 64), mode: optional(oneOf("nearest", "bilinear"), "nearest") },
  output({ factor }, input) {
    const [h, w, c] = imageSize(input);
    return [h * factor, w * factor, c];
  },
  parameters: none,
  build({ factor, mode }, x) {
    const size = [x.shape[1]! * factor, x.shape[2]! * factor] as const;
    return mode === "nearest" ? resizeNearest(x, size) : resizeBilinear(x, size);
  },
};

function window({ size, stride }: LayerOf<"avgPool">): PoolAttrs {
  const step = stride === "size" ? size : stride;
  return { window: [size, size], strides: [step, step] };
}

export const avgPool: LayerRow<LayerOf<"avgPool">> = {
  fields: { size: integer(1, 64), stride: optional(either(integer(1, 64), oneOf("size")), "size") },
  output(layer, input) {
    const [h, w, c] = imageSize(input);
    const attrs = window(layer);
    return [...convOutput("size", [h, w], attrs.window, { strides: attrs.strides, pads: [0, 0, 0, 0] }), c];
  },
  parameters: none,
  build: (layer, x) => average(x, window(layer)),
};

/** Srivastava et al. 2014, with the scaling done while training. */
export const dropout: LayerRow<LayerOf<"dropout">> = {
  fields: { rate: real(0, 1, { open: true }) },
  output: (_, input) => input,
  parameters: none,
  build({ rate }, x, { path, pass }) {
    if (!pass.training || rate === 0) return x;
    const kept = greaterEqual(pass.noise(`${path}.dropout`, x.shape, "uniform"), rate);
    return mul(mul(x, kept), 1 / (1 - rate));
  },
};
