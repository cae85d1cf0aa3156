/** What GANs are made of where a test is about something else than the defaults, which follow what learns best, and change. */
import type { LayerSpec } from "../../src/index.ts";

const adam = { name: "adam", learningRate: 2e-4, betas: [0.5, 0.999], epsilon: 1e-8 } as const;

/** Learning as Radford, Metz & Chintala 2016 have it, with a moving average. */
export const PLAIN = {
  objective: { name: "non-saturating", discriminatorSteps: 1 },
  regularizers: [],
  optimizer: { generator: adam, discriminator: adam },
  ema: { decay: 0.999 },
} as const;

/** Networks for vectors of so many numbers, with two hidden layers each. */
export function twoHidden(size: number, width: number): { generator: LayerSpec[]; discriminator: LayerSpec[] } {
  const network = (name: "relu" | "leakyRelu", outputs: number): LayerSpec[] => [
    { type: "dense", units: width },
    { type: "activation", name },
    { type: "dense", units: width },
    { type: "activation", name },
    { type: "dense", units: outputs },
  ];
  return { generator: network("relu", size), discriminator: network("leakyRelu", 1) };
}
