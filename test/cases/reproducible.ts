/** Models whose training and samples every machine, runtime and number of threads must give bit by bit. */
import { sizeOf } from "../../src/core/shape.ts";
import type { CreateOptions } from "../../src/index.ts";

export interface ReproducibleModel {
  readonly name: string;
  readonly options: CreateOptions;
  /** SHA-256 of the data of every tensor of the checkpoint after 5 steps on `reproducibleData`, in the order of the file. */
  readonly state: string;
  /** SHA-256 of the values of 7 samples of seed 2 after that. */
  readonly samples: string;
}

/** The hashes change when what is computed changes, or the order in which a kernel sums; CHANGELOG.md then says so. */
export const REPRODUCIBLE: readonly ReproducibleModel[] = [
  {
    name: "an mlp",
    options: { shape: [2], architecture: "mlp", width: 24, latent: 3, batchSize: 19, seed: 20 },
    state: "f21de51a0007dcf43ffbc8eed48821620ceec7cfbba68466aeb8503902df9ce5",
    samples: "660574892b2b5469c330bdee888082573328a3e4468603bfddf91f88b433b757",
  },
  {
    name: "a dcgan",
    options: { shape: [28, 28, 1], architecture: "dcgan", width: 5, latent: 6, batchSize: 6, seed: 20 },
    state: "0188df19afc8120fff569d0c66fa956b30b1e581f3bc77e78c7349ab179ef9ae",
    samples: "14d8eced39962751cc5ddb58e1bbfdbc00f1b5305e273b7c965f453ef16155dc",
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
      seed: 20,
    },
    state: "3aadc33e4725b85ddbe7a4b4a8640dffe6707ca5078688d3ad826fa7f6824ca2",
    samples: "74fec0220ae36069c3069c40adfc7e9c40ed943d54720b7a75bab0033365f644",
  },
];

/** 40 examples of bytes with a label each, made by integer arithmetic alone. */
export function reproducibleData(shape: readonly number[]): { data: Uint8Array; labels: Float32Array } {
  const data = Uint8Array.from({ length: 40 * sizeOf(shape) }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
  return { data, labels: Float32Array.from({ length: 40 }, (_, i) => i % 4) };
}
