import { createGAN } from "ganvas";
import { animeFaces } from "ganvas/datasets";

const STEPS = 1000;
const SHOW_EVERY = 10;

/**
 * Trains a small DCGAN on faces of 32 x 32 pixels. The page stays responsive: the arithmetic is done by workers.
 *
 * @param {(report: { step: number, threads: number, discriminatorLoss: number, generatorLoss: number }, picture?: ImageData) => void} show
 *   is told of every step, and now and then shown the same faces
 * @param {AbortSignal} signal ends it
 * @returns why it ended
 */
export async function train(show, signal) {
  const gan = await createGAN({ shape: [32, 32, 3], architecture: "dcgan", width: 8, batchSize: 32, seed: 1, backend: "wasm" });
  try {
    const { stopped } = await gan.train(animeFaces({ count: 1000, size: 32, seed: 1 }), {
      steps: STEPS,
      signal,
      async onStep({ step, discriminatorLoss, generatorLoss }) {
        const report = { step, threads: gan.backend.threads, discriminatorLoss, generatorLoss };
        if (step % SHOW_EVERY !== 0) return show(report);
        const faces = await gan.sample({ count: 16, seed: 7 });
        if (!signal.aborted) show(report, faces.toImageData({ columns: 4, scale: 3, gap: 2 }));
      },
    });
    return stopped;
  } finally {
    gan.dispose();
  }
}
