/** `npm run bench -- weights`: what a smaller file of a generator costs in pictures. */
import { readFile, writeFile } from "node:fs/promises";
import { animeFaces } from "../src/datasets.ts";
import { createGAN, type GAN, type Images, loadGAN, type WeightType } from "../src/index.ts";
import { type Features, frechetDistance } from "../src/metrics.ts";
import { createSampler } from "../src/sample.ts";
import type { Options } from "./cli.ts";
import { gridMeans } from "./gridMeans.ts";
import { aligned } from "./report.ts";

const KINDS = ["float32", "float16", "bfloat16", "int8"] as const satisfies readonly WeightType[];
/** A pixel's range of 2 as a file of pictures has it. */
const LEVELS = 255 / 2;
/** What `npm run demo` trains. */
const DEMO = { faces: 8000, size: 32, steps: 1800, batchSize: 64, width: 32 } as const;
const SEEDS = { samples: 1, others: 2 } as const;

/** A file against the float32 file, on the same latents. */
export interface WeightRow {
  readonly weights: WeightType | "float32, other seeds";
  readonly bytes?: number;
  /** Of any channel of any pixel, in 1/255 of its range. */
  readonly largest?: number;
  readonly mean?: number;
  /** Squared Fréchet distance. */
  readonly frechet: number;
}

/** Trains the demo's model, or takes one from a file, and prints what each kind of weights makes of its pictures. */
export async function weigh({ model, quick, json }: Pick<Options, "model" | "quick" | "json">): Promise<void> {
  const gan = model === undefined ? await trainDemo(quick) : await loadGAN(await readFile(model), { backend: "wasm" });
  const count = quick ? 256 : 2048;
  console.log(`${model ?? "the demo's faces"}: ${gan.spec.shape.join(" × ")}, step ${gan.step}; ${count} samples of each file\n`);
  const rows = await compareFiles(gan, count);
  gan.dispose();
  console.log(weightTable(rows));
  if (json) await writeFile(json, `${JSON.stringify(rows, null, 2)}\n`);
}

/** The demo's model, with the same bits on every machine. */
async function trainDemo(quick: boolean): Promise<GAN> {
  const { faces, size, steps, batchSize, width } = DEMO;
  const data = animeFaces({ count: faces, size, seed: 1 });
  const shape = data.shape.slice(1);
  const gan = await createGAN({ backend: "wasm", reproducible: true, shape, batchSize, width, seed: 1 });
  const last = quick ? 20 : steps;
  await gan.train(data, {
    steps: last,
    onStep({ step }) {
      if (step % 100 === 0) console.log(`step ${step} of ${last}`);
    },
  });
  return gan;
}

/** @param count samples of each file, more than the features' numbers, lest their covariance be singular */
export async function compareFiles(gan: GAN, count: number): Promise<WeightRow[]> {
  const rows: WeightRow[] = [];
  let exact: { readonly images: Images; readonly features: Features } | undefined;
  for (const weights of KINDS) {
    const file = await gan.save({ generatorOnly: true, weights });
    using sampler = await createSampler(file);
    const images = await sampler.sample({ count, seed: SEEDS.samples });
    exact ??= { images, features: gridMeans(images) };
    const frechet = await frechetDistance(exact.features, gridMeans(images));
    rows.push({ weights, bytes: file.length, ...differences(exact.images.data, images.data), frechet });
    if (weights !== "float32") continue;
    const others = gridMeans(await sampler.sample({ count, seed: SEEDS.others }));
    rows.push({ weights: "float32, other seeds", frechet: await frechetDistance(exact.features, others) });
  }
  return rows;
}

function differences(a: Float32Array, b: Float32Array): { largest: number; mean: number } {
  let [largest, sum] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    largest = Math.max(largest, difference);
    sum += difference;
  }
  return { largest: largest * LEVELS, mean: (sum / a.length) * LEVELS };
}

const COLUMNS = ["weights", "bytes", "largest, /255", "mean, /255", "Fréchet distance"] as const;

function weightTable(rows: readonly WeightRow[]): string {
  const number = (x: number | undefined) => (x === undefined ? "" : x === 0 ? "0" : x.toPrecision(2));
  const lines = rows.map(({ weights, bytes, largest, mean, frechet }) => [
    weights,
    bytes === undefined ? "" : bytes.toLocaleString("en"),
    number(largest),
    number(mean),
    frechet < 1e-9 ? "0" : frechet.toExponential(1),
  ]);
  return aligned([COLUMNS, ...lines]).join("\n");
}
