/** Random valid descriptions of GANs, small ones with every kind of part, from a seed. */
import fc from "fast-check";
import type { AugmentationName, Condition, Curve, GANOptions, LayerSpec, Schedule } from "../../src/index.ts";

const NONE_NEEDED = { requiredKeys: [] };
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
/** Numbers above 0, the smallest and the largest among them. */
const positive = (max = Number.MAX_VALUE) =>
  fc.oneof(fc.constantFrom(Number.MIN_VALUE, 1e-7, 0.1, 1 / 3, 1, max), fc.double({ min: Number.MIN_VALUE, max, noNaN: true }));
const share = fc.oneof(fc.constantFrom(0, -0, 0.5, 1 - 2 ** -53), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }));
const optional = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }, requiredKeys: (keyof T)[]) =>
  fc.record(fields, { requiredKeys }) as unknown as fc.Arbitrary<T>;

/** A number that stays, or a curve whose ends are such numbers. */
const schedule = (number: fc.Arbitrary<number>): fc.Arbitrary<Schedule> => {
  const curve = (next: fc.Arbitrary<Schedule>) =>
    optional<Curve>(
      { curve: fc.constantFrom("linear", "cosine"), from: number, to: number, images: fc.constantFrom(1, 7, 2 ** 53 - 1), next: next as never },
      ["curve", "from", "to", "images"],
    );
  return fc.oneof({ arbitrary: number, weight: 3 }, curve(number), curve(curve(number)));
};

const activation = optional<{ type: "activation"; name: "relu"; alpha: number }>(
  {
    type: fc.constant("activation"),
    name: fc.constantFrom("relu", "leakyRelu", "tanh", "sigmoid", "softplus") as never,
    alpha: fc.oneof(share, fc.constant(1)),
  },
  ["type", "name"],
);

/** Layers that any shape goes through unchanged. */
const steady: fc.Arbitrary<LayerSpec> = fc.oneof(
  activation,
  optional<{ type: "dropout"; rate: number }>({ type: fc.constant("dropout"), rate: share }, ["type", "rate"]),
  optional<{ type: "layerNorm"; epsilon: number }>({ type: fc.constant("layerNorm"), epsilon: positive() }, ["type"]),
  fc.constant({ type: "pixelNorm" }),
);
const selfAttention = optional<{ type: "selfAttention"; pool: number }>({ type: fc.constant("selfAttention"), pool: fc.constant(1) }, [
  "type",
  "pool",
]);
const batchNorm = optional<{ type: "batchNorm"; epsilon: number; momentum: number }>(
  { type: fc.constant("batchNorm"), epsilon: positive(), momentum: fc.oneof(share, fc.constant(1)) },
  ["type"],
);
const measuring: fc.Arbitrary<LayerSpec> = optional<{ type: "minibatchStdDev"; groupSize: number; momentum: number }>(
  { type: fc.constant("minibatchStdDev"), groupSize: fc.integer({ min: 2, max: 5 }), momentum: fc.oneof(share, fc.constant(1)) },
  ["type"],
);
const residual = (layer: fc.Arbitrary<LayerSpec>): fc.Arbitrary<LayerSpec> =>
  fc
    .tuple(fc.array(layer, { minLength: 1, maxLength: 3 }), maybe(fc.array(layer, { maxLength: 2 })))
    .map(([layers, shortcut]) => ({ type: "residual", layers, ...(shortcut && { shortcut }) }));
const body = (alone: boolean, shape: "vector" | "image"): fc.Arbitrary<LayerSpec[]> => {
  const alike: fc.Arbitrary<LayerSpec> = shape === "image" ? fc.oneof(steady, selfAttention) : steady;
  const layer: fc.Arbitrary<LayerSpec> = alone ? alike : fc.oneof(alike, batchNorm);
  const bias = maybe(fc.boolean());
  const wide: fc.Arbitrary<LayerSpec> =
    shape === "vector"
      ? fc.tuple(fc.integer({ min: 1, max: 6 }), bias).map(([units, b]) => ({ type: "dense", units, ...(b !== undefined && { bias: b }) }))
      : fc
          .tuple(fc.constantFrom("conv2d" as const, "conv2dTranspose" as const), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }), bias)
          .map(([type, filters, kernel, b]) => ({ type, filters, kernel, ...(b !== undefined && { bias: b }) }));
  // There must be something to normalise together.
  const grouped = fc.tuple(wide, fc.boolean()).map(([l, normalised]): LayerSpec[] => {
    const several = ("units" in l ? l.units : (l as { filters: number }).filters) > 1;
    return several && normalised ? [l, { type: "groupNorm", groups: 1 }] : [l];
  });
  const single = fc.oneof(layer, residual(layer), residual(residual(layer)), measuring).map((l) => [l]);
  return fc.array(fc.oneof({ arbitrary: single, weight: 4 }, grouped), { maxLength: 4 }).map((lists) => lists.flat());
};

const networks = (shape: readonly number[], alone: boolean, conditional: boolean) => {
  const size = shape.reduce((a, b) => a * b, 1);
  const isImage = shape.length === 3;
  const generator = fc
    .tuple(body(false, "vector"), fc.boolean(), fc.boolean(), fc.array(activation, { maxLength: 1 }))
    .map(([layers, up, pool, last]) => {
      if (!isImage) return [...layers, { type: "dense", units: size }, ...last];
      const [h, w, c] = shape as [number, number, number];
      const factor = up && h % 2 === 0 && w % 2 === 0 ? 2 : 1;
      return [
        ...layers,
        { type: "dense", units: size / factor ** 2 },
        { type: "reshape", shape: [h / factor, w / factor, c] },
        ...(factor === 2 ? [{ type: "upsample", factor, ...(pool && { mode: "bilinear" }) }] : []),
        ...last,
      ];
    });
  const discriminator = fc
    .tuple(body(alone, isImage ? "image" : "vector"), body(alone, "vector"), fc.boolean())
    .map(([images, vectors, pool]) => [
      ...images,
      ...(isImage && pool ? [{ type: "avgPool", size: 1, stride: 2 }] : []),
      ...(isImage ? [{ type: "flatten" }] : []),
      ...vectors,
      { type: "dense", units: 1 },
      ...(conditional ? [] : [{ type: "activation", name: "leakyRelu" }]),
    ]);
  return optional<{ generator: LayerSpec[]; discriminator: LayerSpec[]; initialization: "fan" }>(
    { generator, discriminator, initialization: fc.constantFrom("fan", "dcgan") } as never,
    ["generator", "discriminator"],
  );
};

const optimizer = fc.oneof(
  optional(
    {
      name: fc.constant("adam"),
      learningRate: schedule(positive(1e30)),
      betas: fc.tuple(share, schedule(share)),
      epsilon: fc.constantFrom(1e-12, 1e-8, 1e30),
    },
    ["name"],
  ),
  optional({ name: fc.constant("rmsprop"), learningRate: schedule(positive(1e30)), decay: share, epsilon: fc.constantFrom(1e-12, 1e30) }, ["name"]),
  fc.constant({}),
);

const steps = fc.integer({ min: 1, max: 1000 });
const objective = fc.oneof(
  fc.constantFrom("minimax", "non-saturating", "least-squares", "hinge", "relativistic", "wasserstein", "wasserstein-gp"),
  optional({ name: fc.constantFrom("minimax", "non-saturating", "least-squares", "wasserstein", "wasserstein-gp"), discriminatorSteps: steps }, [
    "name",
  ]),
  optional({ name: fc.constant("wasserstein"), discriminatorSteps: steps, clip: positive() }, ["name"]),
  optional({ name: fc.constant("wasserstein-gp"), discriminatorSteps: steps, lambda: schedule(positive()) }, ["name"]),
);
const clipping = fc.oneof(fc.constant("weight-clipping"), optional({ name: fc.constant("weight-clipping"), clip: positive() }, ["name"]));
const penalty = fc.oneof(
  fc.constant("gradient-penalty"),
  fc.constantFrom("r1", "r2", "dragan"),
  optional({ name: fc.constant("r1"), gamma: schedule(positive()), every: fc.integer({ min: 1, max: 256 }) }, ["name"]),
  optional({ name: fc.constant("gradient-penalty"), lambda: schedule(positive()), oneSided: fc.boolean(), every: fc.integer({ min: 1, max: 256 }) }, [
    "name",
  ]),
);
const other = fc.oneof(
  fc.constantFrom("spectral-norm", "gradient-clipping"),
  optional({ name: fc.constant("instance-noise"), stdDev: schedule(fc.double({ min: 1e-6, max: 100, noNaN: true })) }, ["name"]),
);

/** What images of this shape may be augmented by. */
function augment(shape: readonly number[]): fc.Arbitrary<GANOptions["augment"]> {
  const names = ["color", "flip", "scale", "cutout", ...(shape[0] === 8 ? ["translation"] : []), ...(shape[0] === shape[1] ? ["rotation"] : [])];
  const policy = fc.subarray(names as AugmentationName[]);
  const share = fc.double({ min: 1e-6, max: 1, noNaN: true });
  const adaptive = fc.record(
    { target: fc.double({ min: -1, max: 1, noNaN: true }), images: fc.constantFrom(1, 2 ** 53 - 1), most: share },
    NONE_NEEDED,
  );
  return fc.oneof(policy, fc.record({ policy, probability: share }), fc.record({ policy, adaptive: fc.oneof(adaptive, fc.boolean()) }));
}

/** A description of a GAN by which it can be made. Whether the discriminator may have batch norm is for the caller to say no to. */
export const specs: fc.Arbitrary<GANOptions> = fc
  .record({
    shape: fc.oneof(
      fc.integer({ min: 1, max: 5 }).map((n) => [n]),
      fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
      fc.constant([8, 8, 1]),
    ),
    condition: fc.oneof(
      fc.constant(null),
      fc.constant(undefined),
      optional<Condition>(
        {
          classes: fc.integer({ min: 1, max: 4 }),
          generator: fc.constantFrom("concatenation", "embedding"),
          discriminator: fc.constantFrom("projection", "concatenation", "auxiliary-classifier"),
        } as never,
        ["classes"] as never,
      ),
      fc.integer({ min: 1, max: 4 }).map((size) => ({ size })),
    ),
    named: fc.boolean(),
  })
  .chain(({ shape, condition, named }) => {
    const architecture = named
      ? fc.constantFrom(undefined, "mlp" as const, ...(shape[0] === 8 ? ["dcgan" as const] : []))
      : networks(shape, true, Boolean(condition));
    return fc.record(
      {
        shape: fc.constant(shape),
        condition: fc.constant(condition),
        architecture: architecture as fc.Arbitrary<GANOptions["architecture"]>,
        ...(named && { width: fc.integer({ min: 1, max: 3 }) }),
        latent: fc.integer({ min: 1, max: 4 }),
        objective: objective as fc.Arbitrary<never>,
        regularizers: fc.uniqueArray(fc.oneof(clipping, penalty, other), {
          selector: (r) => (typeof r === "string" ? r : (r as { name: string }).name),
          maxLength: 3,
        }) as fc.Arbitrary<never>,
        optimizer: fc.record({ generator: optimizer, discriminator: optimizer }, { requiredKeys: [] }) as fc.Arbitrary<never>,
        ema: fc.oneof(
          fc.constant(false as const),
          share.map((decay) => ({ decay })),
          optional({ halfLife: schedule(positive()), rampUp: fc.oneof(fc.constant(null), share) }, ["halfLife"]),
        ),
        augment: shape.length === 3 ? augment(shape) : fc.constantFrom(false, null, []),
        batchSize: fc.oneof(fc.integer({ min: 2, max: 9 }), fc.constant(65536)),
        seed: fc.oneof(fc.constantFrom(0, -0, 2 ** 32, 2 ** 53 - 1), fc.integer({ min: 0, max: 2 ** 53 - 1 })),
      },
      { requiredKeys: ["shape", "condition", "architecture", ...(named ? (["width"] as const) : []), "latent", "batchSize"] as never },
    ) as fc.Arbitrary<GANOptions>;
  })
  // Parameters of a preset stand where no regularizers are given.
  .filter(({ objective: o, regularizers: r }) => !(r && typeof o === "object" && ("clip" in o || "lambda" in o)));
