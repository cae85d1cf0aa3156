/** Models whose training and samples every machine, runtime and number of threads must give bit by bit. */
import { sizeOf } from "../../src/core/shape.ts";
import type { CreateOptions } from "../../src/index.ts";
import { PLAIN, twoHidden } from "./plain.ts";

export interface ReproducibleModel {
  readonly name: string;
  readonly options: CreateOptions;
  /** SHA-256 of the data of every tensor of the checkpoint after 5 steps on `reproducibleData`, in the order of the file. */
  readonly state: string;
  /** SHA-256 of the values of 7 samples of seed 2 after that. */
  readonly samples: string;
}

const GULRAJANI = { name: "adam", learningRate: 1e-4, betas: [0, 0.9], epsilon: 1e-8 } as const;

/** The hashes change when what is computed changes, or the order in which a kernel sums; CHANGELOG.md then says so. */
export const REPRODUCIBLE: readonly ReproducibleModel[] = [
  {
    name: "an mlp",
    options: { ...PLAIN, shape: [2], architecture: twoHidden(2, 24), latent: 3, batchSize: 19, seed: 20 },
    state: "b1242478d474b9073345bddbcf1f1db3a977c844126edc831b8bdf123c97b7b5",
    samples: "3b21b0acd514ef29ff98c7ce06e114fa08709be4fb305e0b7e6089b591fdebef",
  },
  {
    name: "a dcgan",
    options: { ...PLAIN, shape: [28, 28, 1], architecture: "dcgan", width: 5, latent: 6, batchSize: 6, seed: 20 },
    state: "63c2a1d17308a53ef52cf0a0993477cec43187ebb570329568cd90afd2d97d15",
    samples: "aa10bc71f5d40ba791387f4301b46f37d6000b99a4e407470c9a9d81e13b6679",
  },
  {
    name: "a conditional WGAN-GP on colour images",
    options: {
      shape: [8, 8, 3],
      architecture: "dcgan",
      width: 3,
      latent: 4,
      batchSize: 9,
      condition: { classes: 4 },
      objective: "wasserstein-gp",
      optimizer: { generator: GULRAJANI, discriminator: GULRAJANI },
      ema: { decay: 0.999 },
      seed: 20,
    },
    state: "23a5f1545dfbfe3661cb4dca8496d6d82979299beb6a04b5d57559e9d525a7c1",
    samples: "429e1234fc234c0a88e73962e91732761485d64a8ec27b328fff92cb62845dfa",
  },
];

/** 40 examples of bytes with a label each, made by integer arithmetic alone. */
export function reproducibleData(shape: readonly number[]): { data: Uint8Array; labels: Float32Array } {
  const data = Uint8Array.from({ length: 40 * sizeOf(shape) }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
  return { data, labels: Float32Array.from({ length: 40 }, (_, i) => i % 4) };
}
