/** First values of tensors, each a pure function of the seed and of the tensor's name. */
import { fillNormals, itemOf, Stream } from "../core/random.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import type { NamedParameter } from "./layers/table.ts";

/** How a tensor begins: filled with one value, or normal, drawn for the name `draw`. */
export type Init =
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "normal"; readonly mean: number; readonly stdDev: number; readonly draw: string };

/**
 * How weights begin.
 *
 * `dcgan`: weights N(0, 0.02), gains N(1, 0.02) (Radford, Metz & Chintala 2016, section 4, and its published code).
 * `fan`: He normal (He et al. 2015, equations 10 and 15) before a ReLU or leaky ReLU, Glorot normal
 * (Glorot & Bengio 2010, equation 12) before anything else; gains 1.
 * `fan-in`: the same, but variance 1 / inputs before anything else (LeCun et al. 1998, section 4.6), so that sums are of the size of what they are of.
 */
export type Initialization = "dcgan" | "fan" | "fan-in";

/** What the scheme makes of a tensor's role. */
export function initOf({ name: draw, init, activation }: NamedParameter, scheme: Initialization): Init {
  if (init.kind === "constant") return init;
  if (init.kind === "normal") return { kind: "normal", mean: 0, stdDev: 1, draw };
  if (init.kind === "gain") return scheme === "dcgan" ? { kind: "normal", mean: 1, stdDev: 0.02, draw } : { kind: "constant", value: 1 };
  const { fanIn, fanOut, linear, gain = 1 } = init;
  if (scheme === "dcgan") return { kind: "normal", mean: 0, stdDev: 0.02 * gain, draw };
  const slope = linear ? null : activation?.name === "relu" ? 0 : activation?.name === "leakyRelu" ? activation.alpha : null;
  const straight = scheme === "fan-in" ? 1 / fanIn : 2 / (fanIn + fanOut);
  const variance = slope === null ? straight : 2 / ((1 + slope * slope) * fanIn);
  return { kind: "normal", mean: 0, stdDev: Math.sqrt(variance) * gain, draw };
}

/** The first value of a tensor. Weights depend on `seed` and on their name, and on nothing else: no change elsewhere in a network changes them. */
export function initialValue({ shape, init }: { readonly shape: Shape; readonly init: Init }, seed: number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  if (init.kind === "constant") return values.fill(init.value);
  fillNormals(values, seed, Stream.weights, itemOf(init.draw));
  for (let i = 0; i < values.length; i++) values[i] = init.mean + init.stdDev * values[i]!;
  return values;
}
