/** One training of a recipe by a seed, and what came of it. */
import { readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { animeFaces, type Dataset, grid, mnist, ring } from "../../src/datasets.ts";
import { type GANSpec, resolveSpec } from "../../src/gan/spec.ts";
import { createGAN, type GAN, type GANOptions, type Images, type TrainingData } from "../../src/index.ts";
import { gridMeans } from "../gridMeans.ts";
import { type Command, Line } from "../line.ts";
import { copies, judgeFaces } from "./faces.ts";
import { greyBorders, greySquares } from "./leaks.ts";
import { coverage, type Mixture } from "./points.ts";
import type { Recipe } from "./recipes.ts";
import { freshTriples, triples } from "./stacked.ts";

/** What is known of one run; numbers by the names of the table's columns. */
export interface Run {
  readonly steps: number;
  readonly seconds: number;
  readonly [column: string]: number;
}

/** How long a run goes on: whichever comes first. */
export interface Budget {
  readonly steps?: number;
  readonly seconds?: number;
}

export interface Places {
  /** MNIST's test images and labels. */
  readonly images: string;
  readonly labels: string;
  /** Where the classifier of digits is kept. */
  readonly classifier: string;
  /** Where pictures of samples go; undefined for nowhere. */
  readonly pictures: string | undefined;
  readonly python: string;
  readonly threads: number;
}

/** Python without the settings of a shared machine, which slow its BLAS down; memory that it gave back it keeps, as new pages are dear on such machines. */
const python = ({ python, threads }: Places, args: readonly string[]): Command => ({
  program: python,
  args,
  env: {
    OPENBLAS_CORETYPE: undefined,
    OPENBLAS_L2_SIZE: undefined,
    GANVAS_THREADS: `${threads}`,
    MALLOC_MMAP_MAX_: "0",
    MALLOC_TRIM_THRESHOLD_: "-1",
  },
});

const SCRIPTS = "bench/learning";

interface Verdict {
  readonly [column: string]: number;
}

/** A suite: its data, and how samples are judged. */
export interface Bench {
  /** What a run trains, in full. */
  describe(recipe: Recipe, seed: number): GANSpec;
  train(recipe: Recipe, seed: number, budget: Budget): Promise<Run>;
  /** The same numbers of real data. */
  real(): Promise<Verdict>;
  close(): void;
}

/** Trains until the budget is spent, and says for how many seconds. */
export async function spend(
  gan: GAN,
  data: TrainingData,
  { steps = Number.MAX_SAFE_INTEGER, seconds = Number.POSITIVE_INFINITY }: Budget,
): Promise<number> {
  const end = new AbortController();
  await gan.prepare();
  const start = performance.now();
  const spent = () => (performance.now() - start) / 1000;
  await gan.train(data, { steps, signal: end.signal, onStep: () => void (spent() >= seconds && end.abort()) }).catch((error: unknown) => {
    if (!end.signal.aborted) throw error;
  });
  return spent();
}

const seconds = (x: number): number => Math.round(x * 10) / 10;

const MIXTURES = {
  ring: {
    data: ring,
    centres: Array.from({ length: 8 }, (_, k) => [Math.cos((k * Math.PI) / 4), Math.sin((k * Math.PI) / 4)] as const),
    steps: 8000,
  },
  grid: { data: grid, centres: Array.from({ length: 25 }, (_, k) => [(k % 5) / 2 - 1, Math.floor(k / 5) / 2 - 1] as const), steps: 16_000 },
} as const;

export type MixtureName = keyof typeof MIXTURES;

export function startToys(name: MixtureName, { threads }: Places): Bench {
  const { data, centres, steps } = MIXTURES[name];
  const mixture: Mixture = { centres, stddev: 0.05 };
  const of = ({ options }: Recipe, seed: number): GANOptions => ({ ...options, shape: [2], seed });
  return {
    describe: (recipe, seed) => resolveSpec(of(recipe, seed)),
    async train(recipe, seed, budget) {
      const { brief } = recipe;
      const gan = await createGAN({ ...of(recipe, seed), threads, backend: "wasm" });
      const time = await spend(gan, data(), {
        steps: budget.steps ?? (brief ? steps / 2 : steps),
        ...(budget.seconds && { seconds: budget.seconds }),
      });
      const points = await gan.sample({ count: 2500, seed: 1 });
      const run = { steps: gan.step, seconds: seconds(time), ...coverage(points.data, mixture) };
      gan.dispose();
      return run;
    },
    real: async () => ({ ...coverage(data({ count: 2500, seed: 1 }).data as Float32Array, mixture) }),
    close() {},
  };
}

const SHAPE = { mnist: [28, 28, 1], stacked: [28, 28, 3] } as const;
/** As the benchmark's DCGANs and the demo are. */
const WIDTH = 32;

/** A picture of 64 samples, for a person to look at. */
async function picture(gan: GAN, { pictures }: Places, name: string): Promise<void> {
  if (pictures === undefined) return;
  const images = await gan.sample({ count: 64, seed: 5 });
  writeFileSync(join(pictures, `${name.replaceAll(/[^\w]+/g, "-")}.png`), await images.toPNG({ columns: 8, scale: 3 }));
}

export async function startDigits(places: Places): Promise<Bench> {
  const { images, labels, classifier } = places;
  const data = mnist({ images: readFileSync(images), labels: readFileSync(labels) });
  const judge = new Line<Verdict>(python(places, [`${SCRIPTS}/judge.py`, images, labels, classifier]));
  const samples = join(tmpdir(), `ganvas-learning-${process.pid}.f32`);
  const of = ({ options }: Recipe, seed: number): GANOptions => ({ ...options, shape: SHAPE.mnist, width: WIDTH, seed });
  return {
    describe: (recipe, seed) => resolveSpec(of(recipe, seed)),
    async train(recipe, seed, budget) {
      const { name, options, pytorch } = recipe;
      if (pytorch) {
        const spec = join(tmpdir(), `ganvas-learning-${process.pid}.json`);
        writeFileSync(spec, JSON.stringify(resolveSpec(of(recipe, seed))));
        const limits = Object.entries(budget).map(([limit, value]) => `--${limit}=${value}`);
        const twin = new Line<{ steps: number; seconds: number }>(python(places, [`${SCRIPTS}/twin.py`, spec, images, labels, samples, ...limits]));
        const run = await twin.ask({});
        return { ...run, seconds: seconds(run.seconds), ...(await judge.ask({ samples })) };
      }
      const gan = await createGAN({ ...of(recipe, seed), threads: places.threads, backend: "wasm" });
      const time = await spend(gan, data, budget);
      const asked = options.condition ? Array.from({ length: 10_000 }, (_, i) => i % 10) : undefined;
      const made = await gan.sample({ count: 10_000, seed: 77, ...(asked && { condition: asked }) });
      writeFileSync(samples, new Uint8Array(made.data.buffer, made.data.byteOffset, made.data.byteLength));
      await picture(gan, places, `mnist-${name}-${seed}`);
      const run = { steps: gan.step, seconds: seconds(time), ...(await judge.ask({ samples, asked: asked ?? null })) };
      gan.dispose();
      return run;
    },
    real: () => judge.ask({}),
    close: () => judge.end(),
  };
}

/** Samples that modes are counted in: Metz et al. 2017 and all after them have as many. */
const TRIPLES = 26_000;

export async function startStacked(places: Places): Promise<Bench> {
  const { images, labels, classifier } = places;
  const digits = mnist({ images: readFileSync(images), labels: readFileSync(labels) });
  const judge = new Line<Verdict>(python(places, [`${SCRIPTS}/judge.py`, images, labels, classifier]));
  const samples = join(tmpdir(), `ganvas-learning-${process.pid}.f32`);
  const of = ({ options }: Recipe, seed: number): GANOptions => ({ width: WIDTH, ...options, shape: SHAPE.stacked, seed });
  const verdict = (data: Float32Array): Promise<Verdict> => {
    writeFileSync(samples, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return judge.ask({ stacked: samples });
  };
  const count = async (gan: GAN): Promise<Verdict> => verdict((await gan.sample({ count: TRIPLES, seed: 77 })).data);
  return {
    describe: (recipe, seed) => resolveSpec(of(recipe, seed)),
    async train(recipe, seed, { steps = 0 }) {
      const gan = await createGAN({ ...of(recipe, seed), threads: places.threads, backend: "wasm" });
      const shown = gan.spec.batchSize * gan.spec.objective.discriminatorSteps;
      const data = freshTriples(digits, gan.spec.batchSize, seed);
      const course: { time: number; found: Verdict }[] = [];
      for (const end of [steps / 4, steps / 2, steps]) {
        const time = await spend(gan, data, { steps: Math.round(end) - gan.step });
        course.push({ time, found: await count(gan) });
        console.log(`  stacked, ${recipe.name}, seed ${seed}, step ${gan.step}: ${JSON.stringify(course.at(-1))}`);
      }
      await picture(gan, places, `stacked-${recipe.name}-${seed}`);
      const run = {
        steps: gan.step,
        images: gan.step * shown,
        seconds: seconds(course.reduce((sum, { time }) => sum + time, 0)),
        triplesQuarter: course[0]!.found.triples!,
        triplesHalf: course[1]!.found.triples!,
        ...course[2]!.found,
      };
      gan.dispose();
      return run;
    },
    real: () => {
      const { data } = triples(digits, TRIPLES, 0, 0);
      return verdict(Float32Array.from(data as Uint8Array, (byte) => byte / 127.5 - 1));
    },
    close: () => judge.end(),
  };
}

/** Drawn faces to learn from, and others that stand for what could be reached. */
interface FacePool {
  readonly size: number;
  readonly count: number;
  readonly width: number;
}

/** What is judged beside the distance to faces that were not learned from, and when that distance alone. */
interface Judgement {
  judge?(made: Pictures, learned: Pictures): Promise<Verdict>;
  /** Columns, and after what share of all steps each is measured. */
  readonly course?: Readonly<Record<string, number>>;
}

type Pictures = Pick<Images, "shape" | "data">;

const all = (dataset: Dataset): Pictures => ({
  shape: dataset.shape,
  data: dataset.take(Array.from({ length: dataset.count }, (_, i) => i)).data,
});

function startDrawn(suite: string, { size, count, width }: FacePool, places: Places, { judge, course = {} }: Judgement = {}): Bench {
  const data = animeFaces({ count, size, seed: 1 });
  const real = all(animeFaces({ count: 4096, size, seed: 2 }));
  const learned = all(data);
  const of = ({ options }: Recipe, seed: number): GANOptions => {
    const { architecture } = options;
    const layers = typeof architecture === "object" && "generator" in architecture;
    return { ...(layers ? {} : { width }), ...options, shape: [size, size, 3], seed };
  };
  const verdict = async (made: Pictures): Promise<Verdict> => ({ ...(await judgeFaces(real, made)), ...(await judge?.(made, learned)) });
  const samples = (gan: GAN): Promise<Images> => gan.sample({ count: 4096, seed: 77 });
  return {
    describe: (recipe, seed) => resolveSpec(of(recipe, seed)),
    async train(recipe, seed, budget) {
      const gan = await createGAN({ ...of(recipe, seed), threads: places.threads, backend: "wasm" });
      const { steps } = budget;
      let time = 0;
      const passed: Record<string, number> = {};
      for (const [column, share] of steps ? Object.entries(course) : []) {
        time += await spend(gan, data, { steps: Math.round(share * steps!) - gan.step });
        passed[column] = (await judgeFaces(real, await samples(gan))).frechet;
        console.log(`  ${suite}, ${recipe.name}, seed ${seed}, step ${gan.step}: ${passed[column]}`);
      }
      time += await spend(gan, data, steps ? { steps: steps - gan.step } : budget);
      const found = await verdict(await samples(gan));
      await picture(gan, places, `${suite}-${recipe.name}-${seed}`);
      const run = { steps: gan.step, seconds: seconds(time), ...passed, ...found };
      gan.dispose();
      return run;
    },
    real: async () => verdict(all(animeFaces({ count: 4096, size, seed: 3 }))),
    close() {},
  };
}

/** The demo's faces. */
export const startFaces = (places: Places): Bench => startDrawn("faces", { size: 32, count: 8000, width: WIDTH }, places);

/** As many faces as somebody may have. */
const FEW = 500;

/** Few faces: whether samples are those that were learned from, and whether what augmentations do to images shows in them. */
export function startFew(places: Places): Bench {
  const others = gridMeans(all(animeFaces({ count: FEW, size: 32, seed: 4 })));
  return startDrawn("few", { size: 32, count: FEW, width: WIDTH }, places, {
    course: { frechetQuarter: 1 / 4, frechetHalf: 1 / 2 },
    judge: async (made, learned) => ({
      copies: await copies(gridMeans(made), gridMeans(learned), others),
      squares: greySquares(made, learned).samples,
      borders: greyBorders(made, learned).samples,
    }),
  });
}

/** Larger faces. */
export const startLarge = (places: Places): Bench => startDrawn("large", { size: 64, count: 8000, width: WIDTH }, places);
