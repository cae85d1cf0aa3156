/** Layers in which each pixel sees all others. */

import { integer, optional } from "../../core/check.ts";
import { ShapeError } from "../../core/errors.ts";
import { showShape } from "../../core/shape.ts";
import { add, avgPool, matmul, mul, reshape, softmax } from "../../graph/build.ts";
import type { Node } from "../../graph/graph.ts";
import { innerMatrix } from "./linear.ts";
import { imageSize, layer, zeros } from "./types.ts";

/**
 * Self-attention over the pixels of an image, `[H, W, C]` to `[H, W, C]` (Zhang et al. 2019, section 3): x + γ v(Σ β h(x)), in which β, for each pixel, is the softmax over all pixels of
 * the products of its g(x) and their f(x). f and g have ⌈C / 8⌉ channels, h ⌈C / 2⌉, v C again, all four being linear at each pixel and without a bias; γ is learned and begins at 0, where the layer changes
 * nothing. It holds (H W)² / `pool`² numbers an image: 32 x 32 pixels are many.
 */
export interface SelfAttentionSpec {
  /** The kind of the layer. */
  readonly type: "selfAttention";
  /** Side of the squares of pixels, 1 to 64, over whose means f and h are taken, as Brock, Donahue & Simonyan 2019 do over maxima; 1 takes each pixel. Default 2. */
  readonly pool?: number;
}

/** x[N, H, W, C] as [N, H W, C]. */
const pixels = (x: Node): Node => reshape(x, [x.shape[0]!, x.shape[1]! * x.shape[2]!, x.shape[3]!]);

/** x[N, P, C] w[C, K]. */
function apply(x: Node, w: Node): Node {
  const [n, count, channels] = x.shape as [number, number, number];
  return reshape(matmul(reshape(x, [n * count, channels]), w), [n, count, w.shape[1]!]);
}

export const ATTENTION = {
  selfAttention: layer<SelfAttentionSpec>({
    fields: { pool: optional(integer(1, 64), 2) },
    output({ pool }, input) {
      const [h, w] = imageSize(input);
      if (Math.min(h, w) < pool)
        throw new ShapeError({ path: "input", expected: `images of at least ${pool}×${pool} pixels, as pool is ${pool}`, got: showShape(input) });
      return input;
    },
    parameters(_, input) {
      const [, , c] = imageSize(input);
      const [keys, values] = [Math.ceil(c / 8), Math.ceil(c / 2)];
      return { f: innerMatrix(c, keys), g: innerMatrix(c, keys), h: innerMatrix(c, values), v: innerMatrix(values, c), gamma: zeros([1]) };
    },
    build({ pool }, x, { parameter }) {
      const all = pixels(x);
      // Means of what is linear are of the means.
      const seen = pool === 1 ? all : pixels(avgPool(x, { window: [pool, pool], strides: [pool, pool] }));
      const attention = softmax(matmul(apply(all, parameter("g")), apply(seen, parameter("f")), { transposeB: true }));
      const gathered = apply(matmul(attention, apply(seen, parameter("h"))), parameter("v"));
      return add(x, mul(reshape(gathered, x.shape), parameter("gamma")));
    },
  }),
};
