/** Descriptions in checkpoints of earlier versions, in which regularizers were parameters of objectives. */
const layers = {
  generator: [{ type: "dense", units: 2, bias: true }],
  discriminator: [{ type: "dense", units: 1, bias: true }],
  initialization: "fan",
} as const;
const rmsprop = { name: "rmsprop", learningRate: 5e-5, decay: 0.99, epsilon: 1e-8 } as const;
const adam = { name: "adam", learningRate: 1e-4, betas: [0, 0.9], epsilon: 1e-8 } as const;
const common = { shape: [2], latent: 3, condition: null, architecture: layers, ema: { decay: 0.999 }, seed: 7, batchSize: 64 } as const;

export const OLD_SPECS = [
  {
    name: "a WGAN",
    written: {
      ...common,
      objective: { name: "wasserstein", discriminatorSteps: 3, clip: 0.02 },
      optimizer: { generator: rmsprop, discriminator: rmsprop },
    },
    objective: { name: "wasserstein", discriminatorSteps: 3 },
    regularizers: [{ name: "weight-clipping", clip: 0.02 }],
  },
  {
    name: "a WGAN-GP",
    written: {
      ...common,
      objective: { name: "wasserstein-gp", discriminatorSteps: 5, lambda: 8 },
      optimizer: { generator: adam, discriminator: adam },
    },
    objective: { name: "wasserstein", discriminatorSteps: 5 },
    regularizers: [{ name: "gradient-penalty", lambda: 8, oneSided: false, every: 1 }],
  },
  {
    name: "a GAN by least squares",
    written: { ...common, objective: { name: "least-squares", discriminatorSteps: 1 }, optimizer: { generator: adam, discriminator: adam } },
    objective: { name: "least-squares", discriminatorSteps: 1, realLabel: 1, fakeLabel: 0, generatorLabel: 1 },
    regularizers: [],
  },
] as const;
