/** `npm run learning -- evaluate`: what a classifier of digits is worth, and a GAN of a minute by it. */
import { readFileSync } from "node:fs";
import { mnist } from "../../src/datasets.ts";
import { createGAN } from "../../src/index.ts";
import { evaluate, trainClassifier } from "../../src/metrics.ts";
import { type Places, spend } from "./runs.ts";

/** Trains a classifier by each seed, and a GAN, which the first of them judges. */
export async function evaluateDigits({ images, labels, threads }: Places, seeds: readonly number[], seconds: number): Promise<void> {
  const data = mnist({ images: readFileSync(images), labels: readFileSync(labels) });
  const passed = (start: number): string => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  const trained = [];
  for (const seed of seeds) {
    const start = performance.now();
    const classifier = await trainClassifier(data, { seed, threads });
    console.log(`classifier, seed ${seed}: ${(100 * classifier.accuracy).toFixed(1)} % of held-out digits, ${passed(start)} on ${threads} threads`);
    trained.push(classifier);
  }
  const gan = await createGAN({ shape: [28, 28, 1], width: 32, seed: seeds[0]!, threads, backend: "wasm" });
  const spent = await spend(gan, data, { seconds });
  console.log(`\nGAN: ${gan.step} steps, ${spent.toFixed(1)} s\n`);
  const start = performance.now();
  console.log(`${await evaluate(gan, data, { features: trained[0], seed: seeds[0] })}\n\n${passed(start)}`);
  for (const each of [gan, ...trained]) each.dispose();
}
