import type { DefaultSteps } from "./options.ts";

/** What the demo trains, and how: the one place to tune it. */
export interface DemoSettings {
  /** Faces drawn to train on, where no file is given. */
  readonly faces: number;
  /** Height and width of a face in pixels. */
  readonly size: number;
  /** Steps where `--steps` does not say. */
  readonly steps: DefaultSteps;
  readonly batchSize: number;
  readonly latent: number;
  /** Channels of the networks' widest image. */
  readonly width: number;
  /** Latents followed in progress.png. */
  readonly rows: number;
  /** When they are looked at, as parts of the training. */
  readonly moments: readonly number[];
  /** Seconds between two writings of the results, while training. */
  readonly writeEvery: number;
  /** Each pixel becomes a square of this many a side. */
  readonly scale: number;
}

export const settings: DemoSettings = {
  faces: 8000,
  size: 32,
  steps: { faces: 1800, file: 2500 },
  batchSize: 64,
  latent: 64,
  width: 32,
  rows: 8,
  moments: [0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1],
  writeEvery: 20,
  scale: 3,
};
