/**
 * Is the generator getting better? A small GAN learns faces, and now and then both divergences are estimated between its images and data that it has not seen. Writes jensen-shannon.svg and
 * wasserstein.svg, and prints what they show.
 *
 *   node training.js [steps between two estimates]
 */
import { writeFileSync } from "node:fs";
import { createGAN } from "ganvas";
import { animeFaces } from "ganvas/datasets";
import { estimateDivergence } from "ganvas/metrics";
import { chart } from "./chart.js";

const [SIZE, COUNT, ESTIMATES] = [16, 1000, 5];
const every = Number(process.argv[2] ?? 80);

const faces = animeFaces({ count: 2000, size: SIZE, seed: 1 });
const unseen = animeFaces({ count: COUNT, size: SIZE, seed: 2 });
const gan = await createGAN({ shape: [SIZE, SIZE, 3], width: 16, batchSize: 32, seed: 1, backend: "wasm" });

const series = { "jensen-shannon": [], "wasserstein-1": [] };
for (let step = 0; step <= ESTIMATES * every; step += every) {
  if (step > 0) await gan.train(faces, { steps: every });
  const { data, shape } = await gan.sample({ count: COUNT, seed: 3 });
  for (const [objective, points] of Object.entries(series)) {
    const { value, interval } = await estimateDivergence(unseen, { data, shape }, { objective, steps: 100, seed: 1 });
    console.log(`step ${step}: ${objective} ${value.toFixed(3)}, ${interval.map((end) => end.toFixed(3)).join(" to ")}`);
    points.push({ x: step, y: value, low: interval[0], high: interval[1] });
  }
}
gan.dispose();

const title = "Faces: is the generator getting better?";
const both = { title, x: "steps of training" };
writeFileSync(
  "jensen-shannon.svg",
  chart({ ...both, y: "JS, nats", series: [{ name: "JS, with its interval", joined: true, points: series["jensen-shannon"] }] }),
);
writeFileSync(
  "wasserstein.svg",
  chart({ ...both, y: "W₁", series: [{ name: "W₁, with its interval", joined: true, points: series["wasserstein-1"] }] }),
);
