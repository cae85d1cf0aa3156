/** `npm run bench -- pictures`: what training takes from JPEGs in a folder, beside the same pictures in memory. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { animeFaces } from "../src/datasets/animeFaces.ts";
import { createGAN, type TrainingData } from "../src/index.ts";
import { imageFolder } from "../src/node/imageFolder.ts";
import type { Options } from "./cli.ts";
import { median } from "./numbers.ts";

/** Pixels a side of the files, and of what is trained on. */
const FILE = 512;
const SIDE = 64;
const DRAWN = 128;

/** Pictures in the folder, rounds, and steps of each source in each round; the first round warms up. */
const FULL = { count: 1000, rounds: 6, steps: 32 };
const QUICK = { count: 40, rounds: 2, steps: 4 };

interface Row {
  readonly source: string;
  readonly threads: number;
  /** The median of all rounds. */
  readonly imagesPerSecond: number;
  /** The same over that of pictures in memory. */
  readonly share: number;
}

/** Prints a table for each number of threads. */
export async function readPictures({ quick, batch = 32, threads, json }: Pick<Options, "quick" | "batch" | "threads" | "json">): Promise<void> {
  const { count, rounds, steps } = quick ? QUICK : FULL;
  const path = await mkdtemp(join(tmpdir(), "ganvas-bench-"));
  const all: Row[] = [];
  try {
    await drawFiles(path, count);
    for (const n of threads) {
      const rows = await compare(path, { rounds, steps, batch, threads: n });
      const network = `a DCGAN of ${SIDE} x ${SIDE} in batches of ${batch}`;
      console.log(`${count} JPEGs of ${FILE} x ${FILE}, ${network}, ${n} of ${availableParallelism()} threads, sharp ${sharp.versions.sharp}\n`);
      console.log("| pictures | images/s | of those in memory |\n| --- | ---: | ---: |");
      for (const { source, imagesPerSecond, share } of rows) console.log(`| ${source} | ${imagesPerSecond.toFixed(1)} | ${share.toFixed(3)} |`);
      console.log("");
      all.push(...rows);
      if (json) await writeFile(json, `${JSON.stringify(all, null, 2)}\n`);
    }
  } finally {
    await rm(path, { recursive: true });
  }
}

/** Drawn faces, enlarged, as cameras' files are: with more in them than a model sees. */
async function drawFiles(path: string, count: number): Promise<void> {
  const faces = animeFaces({ count, size: DRAWN, seed: 1 });
  const bytes = DRAWN * DRAWN * 3;
  for (let i = 0; i < count; i++) {
    const face = sharp(faces.data.subarray(i * bytes, (i + 1) * bytes) as Uint8Array, { raw: { width: DRAWN, height: DRAWN, channels: 3 } });
    await writeFile(join(path, `${i}.jpg`), await face.resize(FILE, FILE).jpeg({ quality: 90 }).toBuffer());
  }
}

/** Trains one GAN from each source in turn, round after round. */
async function compare(
  path: string,
  { rounds, steps, batch, threads }: { rounds: number; steps: number; batch: number; threads: number },
): Promise<Row[]> {
  const shape = [SIDE, SIDE, 3];
  const gan = await createGAN({ shape, batchSize: batch, seed: 1, backend: "wasm", threads });
  const [kept, decoded] = [await imageFolder(path, { shape }), await imageFolder(path, { shape, cacheBytes: 0 })];
  const sources: readonly (readonly [string, TrainingData])[] = [
    ["in memory", await kept.load()],
    ["in files, decoded each time", decoded],
    ["in files, kept once they are decoded", kept],
  ];
  const rates = sources.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, [, data]] of sources.entries()) {
      const start = performance.now();
      await gan.train(data, { steps });
      if (round > 0) rates[i]!.push((steps * batch * 1000) / (performance.now() - start));
    }
  }
  gan.dispose();
  await Promise.all([kept.close(), decoded.close()]);
  const medians = rates.map(median);
  return sources.map(([source], i) => ({ source, threads, imagesPerSecond: medians[i]!, share: medians[i]! / medians[0]! }));
}
