/** Random ways to learn, from a seed: any objective with any regularizers, on small networks and on those that have a name. */
import fc from "fast-check";
import { resolveSpec } from "../../src/gan/spec.ts";
import type { GANOptions, LayerSpec } from "../../src/index.ts";
import { ARCHITECTURES, type ArchitectureName } from "../../src/nn/architectures/table.ts";
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

/** Those of the regularizers that go with the objective. */
const fitting = (objective: ObjectiveName, regularizers: readonly RegularizerName[]): RegularizerName[] =>
  regularizers.filter((name) => !rowOf(name).smoothsLabels || "relabelled" in OBJECTIVES[objective]);

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
    const kept = fitting(objective, regularizers);
    const alone = kept.some((name) => rowOf(name).imagesAlone);
    return { ...rest, ...networks(images, normalised, alone), objective, regularizers: kept.map((name) => WITH[name] ?? name), latent: 2 };
  });

/** Shapes of examples, some for each architecture of the table. */
const SHAPES: readonly (readonly number[])[] = [[2], [5], [8, 8, 1], [8, 8, 3], [16, 16, 1], [4, 6, 2], [8, 12, 3]];

/** Each named architecture with the shapes that it takes. */
export const ARCHITECTURE_SHAPES = (Object.keys(ARCHITECTURES) as ArchitectureName[]).map(
  (architecture) => [architecture, SHAPES.filter((shape) => ARCHITECTURES[architecture].expected(shape) === null)] as const,
);

/** The layers without kinks: two executors may be on two sides of one. */
const smooth = (layers: readonly LayerSpec[]): LayerSpec[] =>
  layers.map((layer): LayerSpec => {
    if (layer.type === "residual") return { ...layer, layers: smooth(layer.layers), shortcut: smooth(layer.shortcut ?? []) };
    return layer.type === "activation" && (layer.name === "relu" || layer.name === "leakyRelu") ? tanh : layer;
  });

/** A description in full, its activations made smooth. */
function smoothly(options: GANOptions): GANOptions {
  const spec = resolveSpec(options);
  const { generator, discriminator } = spec.architecture;
  return { ...spec, architecture: { ...spec.architecture, generator: smooth(generator), discriminator: smooth(discriminator) } };
}

/** Any named architecture, made smooth, with any objective, regularizers, condition, augmentation and shape that it takes. */
export const namedArchitectures: fc.Arbitrary<GANOptions> = fc
  .constantFrom(...ARCHITECTURE_SHAPES)
  .chain(([architecture, shapes]) =>
    fc.record({
      architecture: fc.constant(architecture),
      shape: fc.constantFrom(...shapes),
      objective: fc.constantFrom(...(Object.keys(OBJECTIVES) as ObjectiveName[])),
      regularizers: fc.subarray(names),
      condition: fc.constantFrom(
        null,
        { classes: 3 },
        { classes: 3, discriminator: "auxiliary-classifier" as const },
        { classes: 3, generator: "embedding" as const, embedding: 2, discriminator: "concatenation" as const },
      ),
      augment: fc.constantFrom(false as const, ["color", "translation", "cutout"] as const, {
        policy: ["color", "flip", "scale", "translation"] as const,
        adaptive: { target: 0, images: 20 },
      }),
      accumulate: fc.constantFrom(1, 2),
      ema: fc.constantFrom(false as const, { decay: 0.5 }),
      seed: fc.nat(),
    }),
  )
  .map(({ regularizers, augment, ...given }) => {
    // What moves images needs some to move.
    const moves = given.shape.length === 3 && Math.max(...given.shape.slice(0, 2)) >= 8;
    const rest = { ...given, augment: moves && augment };
    const kept = fitting(rest.objective, regularizers).map((name) => WITH[name] ?? name);
    return smoothly({ ...rest, regularizers: kept, latent: 2, width: 2 });
  });

/** Residual networks wide enough for 3x3 convolutions by components, of images that are doubled and halved beside them. */
export const wideResidual: GANOptions = smoothly({ shape: [8, 8, 1], architecture: "resnet", latent: 2, width: 8, batchSize: 2 });
