/** Random ways to learn, from a seed: any objective with any regularizers, on small networks. */
import fc from "fast-check";
import type { GANOptions, LayerSpec } from "../../src/index.ts";
import { OBJECTIVES, type ObjectiveName } from "../../src/objective/objectives.ts";
import { REGULARIZERS, type Regularizer, type RegularizerName } from "../../src/objective/regularizers.ts";

const names = Object.keys(REGULARIZERS) as RegularizerName[];
const rowOf = (name: RegularizerName): Regularizer => REGULARIZERS[name] as Regularizer;
const tanh: LayerSpec = { type: "activation", name: "tanh" };

/** Networks that are smooth, as two executors may be on two sides of a kink, for vectors or for images. */
function networks(images: boolean, normalised: boolean, alone: boolean): Pick<GANOptions, "shape" | "architecture"> {
  // Four numbers that are nearly the same would be normalised to nearly anything.
  const normal: LayerSpec[] = normalised ? [{ type: alone ? "layerNorm" : "batchNorm", epsilon: 0.1 }] : [];
  if (!images) {
    const generator: LayerSpec[] = [{ type: "dense", units: 4 }, tanh, { type: "dense", units: 3 }];
    return { shape: [3], architecture: { generator, discriminator: [{ type: "dense", units: 4 }, ...normal, tanh, { type: "dense", units: 1 }] } };
  }
  return {
    shape: [4, 4, 1],
    architecture: {
      generator: [
        { type: "dense", units: 8 },
        { type: "reshape", shape: [2, 2, 2] },
        tanh,
        { type: "conv2dTranspose", filters: 1, kernel: 4, stride: 2 },
      ],
      discriminator: [
        { type: "conv2d", filters: 3, kernel: 3, stride: 2 },
        ...normal,
        { type: "activation", name: "softplus" },
        { type: "conv2dTranspose", filters: 2, kernel: 2 },
        { type: "flatten" },
        { type: "dense", units: 1 },
      ],
    },
  };
}

/** Parameters without which weights would be all alike, gradients hardly bounded, noise without end. */
const WITH: { readonly [N in RegularizerName]?: NonNullable<GANOptions["regularizers"]>[number] } = {
  "weight-clipping": { name: "weight-clipping", clip: 0.5 },
  "instance-noise": { name: "instance-noise", stdDev: { curve: "linear", from: 0.1, to: 0, images: 4 } },
  r2: { name: "r2", every: 2 },
};

export const waysToLearn: fc.Arbitrary<GANOptions> = fc
  .record({
    objective: fc.constantFrom(...(Object.keys(OBJECTIVES) as ObjectiveName[])),
    regularizers: fc.subarray(names),
    images: fc.boolean(),
    normalised: fc.boolean(),
    condition: fc.constantFrom(null, { classes: 3 }),
    ema: fc.constantFrom(false as const, { decay: 0.5 }),
    seed: fc.nat(),
  })
  .map(({ objective, images, normalised, regularizers, ...rest }) => {
    const kept = regularizers.filter((name) => !rowOf(name).smoothsLabels || "relabelled" in OBJECTIVES[objective]);
    const alone = kept.some((name) => rowOf(name).imagesAlone);
    return { ...rest, ...networks(images, normalised, alone), objective, regularizers: kept.map((name) => WITH[name] ?? name), latent: 2 };
  });
