/** Trains in slices, by AWS Lambda: each invocation goes on from the checkpoint that the one before left in a folder that outlives them, such as a mounted file system. */
import { createGAN, loadGAN } from "ganvas";
import { animeFaces } from "ganvas/datasets";
import { fileCheckpoints } from "ganvas/node";

const { FOLDER = "/mnt/model", STEPS = "20000" } = process.env;
/** Kept free for what is not training: to load, and to answer. */
const MARGIN_MS = 1000;

const faces = animeFaces({ count: 1000, size: 32, seed: 1 });

/** @param {unknown} _event of a schedule, say @param {{ getRemainingTimeInMillis(): number }} context */
export async function handler(_event, context) {
  const checkpoint = fileCheckpoints(FOLDER, { keep: 2 });
  const before = await checkpoint.latest();
  const gan = before ? await loadGAN(before) : await createGAN({ shape: [32, 32, 3], width: 16, batchSize: 16, seed: 1 });
  try {
    const left = Math.max(0, Number(STEPS) - gan.step);
    const { stopped } = await gan.train(faces, {
      steps: left,
      milliseconds: Math.max(1, context.getRemainingTimeInMillis() - MARGIN_MS),
      checkpoint,
    });
    return { step: gan.step, done: stopped === "steps" };
  } finally {
    gan.dispose();
  }
}
