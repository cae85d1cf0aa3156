/** What is compared, suite by suite. */
import { resolveSpec } from "../../src/gan/spec.ts";
import type { GANOptions } from "../../src/index.ts";
import { OBJECTIVES, type ObjectiveName, suited } from "../../src/objective/objectives.ts";

export interface Recipe {
  readonly name: string;
  /** Beside `shape`, the seed and what its suite sets. */
  readonly options: Omit<GANOptions, "shape">;
  /** One of many: it has one seed, and half of the steps. */
  readonly brief?: boolean;
  /** Trained by twin.py. */
  readonly pytorch?: boolean;
  /** Trained for the steps of its suite (else for the seconds that the suite's first recipe took for them). */
  readonly bySteps?: boolean;
}

/** Radford, Metz & Chintala 2016, with the rate that most tutorials have, and a moving average. */
const PLAIN: Recipe["options"] = {
  objective: "non-saturating",
  optimizer: {
    generator: { name: "adam", learningRate: 2e-4, betas: [0.5, 0.999] },
    discriminator: { name: "adam", learningRate: 2e-4, betas: [0.5, 0.999] },
  },
  ema: { decay: 0.999 },
};

/** Zhao et al. 2020 without what they do to colours, which in drawings mean something. */
const AUGMENT = ["translation", "cutout"] as const;

/** The default's networks, without what holds the discriminator. */
const UNHELD: Recipe["options"] = {
  architecture: resolveSpec({ shape: [32, 32, 3], width: 32 }).architecture,
  objective: "non-saturating",
};

const DEFAULT: Recipe = { name: "default", options: {} };

/** The optimizer of all other objectives, for a critic too. */
const ADAM = { generator: suited("points"), discriminator: suited("points") };

/** More updates in the same time. */
const SMALL_BATCH = { batchSize: 16 } as const;

type Regularizers = NonNullable<GANOptions["regularizers"]>;

/** Regularizers as they suit points, by what they are called in a table. */
const HELD: Readonly<Record<string, Regularizers>> = {
  none: [],
  r1: [{ name: "r1", gamma: 0.02 }],
  "r1 + r2": [
    { name: "r1", gamma: 0.02 },
    { name: "r2", gamma: 0.02 },
  ],
  "gradient-penalty": [{ name: "gradient-penalty", lambda: 1, oneSided: true }],
  dragan: [{ name: "dragan", lambda: 1 }],
  "spectral-norm": ["spectral-norm"],
};

/** Each objective with each regularizer, at the optimizers that they have by default. */
const combinations = (Object.keys(OBJECTIVES) as ObjectiveName[])
  .flatMap((name) => Object.entries(HELD).map(([held, regularizers]) => ({ name, held, regularizers })))
  // A critic whose slope nothing holds is the loss of no paper: the presets have it clipped, or penalised.
  .filter(({ name, held }) => name !== "wasserstein" || held !== "none")
  .map(
    ({ name, held, regularizers }): Recipe => ({
      name: `${name}, ${held}`,
      // With one update of the critic a step, as all others have.
      options: { objective: { name, discriminatorSteps: 1 }, regularizers, ...(name === "wasserstein" && { optimizer: ADAM }) },
      brief: true,
    }),
  );

export const RECIPES = {
  toys: [
    DEFAULT,
    { name: '"wasserstein"', options: { objective: "wasserstein" }, brief: true },
    { name: '"wasserstein-gp"', options: { objective: "wasserstein-gp" }, brief: true },
    ...combinations,
  ],
  mnist: [
    { name: "DCGAN, Adam 2e-4", options: PLAIN, bySteps: true },
    { name: "the same in PyTorch", options: PLAIN, bySteps: true, pytorch: true },
    DEFAULT,
    { name: "default, by class", options: { condition: { classes: 10 } } },
  ],
  stacked: [
    { name: "DCGAN, Adam 2e-4", options: PLAIN, bySteps: true },
    { name: '"wasserstein-gp"', options: { objective: "wasserstein-gp" }, bySteps: true },
    { ...DEFAULT, bySteps: true },
  ],
  few: [
    { ...DEFAULT, bySteps: true },
    { name: "default, augmented", options: { augment: AUGMENT }, bySteps: true },
    { name: "without R1", options: UNHELD, bySteps: true },
    { name: "without R1, augmented", options: { ...UNHELD, augment: AUGMENT }, bySteps: true },
    { name: "default, augmented as needed", options: { augment: { policy: AUGMENT, adaptive: { images: 100_000 } } }, bySteps: true },
  ],
  large: [
    DEFAULT,
    { name: "batches of 16", options: SMALL_BATCH },
    { name: "dcgan, resizing, batches of 16", options: { ...SMALL_BATCH, architecture: { name: "dcgan", upsample: "resize" } } },
    { name: "resnet, batches of 16", options: { ...SMALL_BATCH, architecture: "resnet", width: 16 } },
    { name: "r3gan, batches of 16", options: { ...SMALL_BATCH, architecture: "r3gan", width: 32 } },
  ],
  faces: [{ name: "DCGAN, Adam 2e-4", options: { ...PLAIN, ema: { decay: 0.99 } }, bySteps: true }, DEFAULT],
} as const satisfies Readonly<Record<string, readonly Recipe[]>>;

export type Suite = keyof typeof RECIPES;
