/** What both networks are like, from what they made of some latents and some images of the data. */
import type { Shape } from "../../core/shape.ts";
import type { Fetches } from "../../exec/executor.ts";
import { effectiveNumber, meanSquaredDistance, median, nearestDistances, pairs, type Rows, reduced, shareWithTwin, thinned } from "./distances.ts";
import { joined } from "./examples.ts";
import type { Record } from "./records.ts";

/** What the images of the data are like, with which generated ones are compared. */
export class Likeness {
  readonly #shape: Shape;
  /** Squared distances of all pairs. */
  readonly between: Float64Array;
  /** Median and mean of them. */
  readonly median: number;
  readonly mean: number;
  /** The squared distance below which two images are twins: a tenth of the median one to the nearest, as that is not squared. */
  readonly near: number;
  /** Images that the training has seen; and the median squared distance of the data to the nearest of them. */
  #pool: Rows | undefined;
  #usual = 0;

  /** @param images of the data, [n, ...shape] */
  constructor(shape: Shape, images: Float32Array) {
    const rows = reduced(images, shape);
    this.#shape = shape;
    this.between = pairs(rows);
    this.median = median(this.between);
    this.mean = this.between.reduce((sum, distance) => sum + distance / this.between.length, 0);
    this.near = TWINS * median(nearestDistances(rows, rows));
  }

  /**
   * The median distance of samples to the nearest of `pool`, over that of the data.
   *
   * @param heldOut images of the data that are not of the pool. Default: those at its head, to the others
   */
  nearest(samples: Rows, pool: Rows, heldOut: Float32Array | undefined): number {
    if (this.#pool?.n !== pool.n) {
      const others = heldOut ? reduced(heldOut, this.#shape) : pool;
      this.#usual = median(nearestDistances(some(others), pool));
      this.#pool = pool;
    }
    return Math.sqrt(ratio(median(nearestDistances(some(samples), pool)), this.#usual));
  }
}

/** Distances of the kernel by which images are alike: a quarter of the median one, as it is squared. */
const SCALE = 1 / 16;
const TWINS = 1e-2;
/** Images whose nearest ones are looked for: the median is what counts, and it takes long. */
const NEIGHBOURS = 16;
/** Features that are compared. */
const FEATURES = 64;

export interface Looked {
  /** Fetches of `probeGraph`, of one part of the images after another. */
  readonly looks: readonly Fetches[];
  readonly data: Likeness;
  /** Images of the data in small that the training has seen. */
  readonly pool: Rows;
  /** Images that it has not; undefined where none are held out. */
  readonly heldOut: Float32Array | undefined;
  readonly previous: Record | undefined;
}

type Measured = Omit<Record, "step" | "divergence" | "heldOut" | "gap" | "accuracy" | "loss">;

export function measure(shape: Shape, { looks, data, pool, heldOut, previous }: Looked): Measured {
  const whole = (name: string): Float32Array => joined(looks.map((look) => look[name]!));
  const mean = (name: string): number => whole(name).reduce((sum, x) => sum + x / looks.length, 0);
  const samples = reduced(whole("samples"), shape);
  const { n } = samples;
  const between = pairs(samples);
  const features = (name: string): Float64Array => {
    const values = whole(name);
    return pairs(thinned({ n, d: values.length / n, data: values }, FEATURES));
  };
  const ofReal = features("realFeatures");
  const scores = joined([whole("realScores"), whole("fakeScores")]);
  const scoreDeviation = deviation(scores);
  return {
    scoreDeviation,
    scoreSpread: scoreDeviation / rootMeanSquare(scores) || 0,
    generatorGradient: mean("generatorGradient"),
    generatorWeights: mean("generatorWeights"),
    discriminatorWeights: mean("discriminatorWeights"),
    diversity: diversity(between, data.between, n, data.median),
    featureDiversity: diversity(features("fakeFeatures"), ofReal, n, median(ofReal)),
    duplicates: shareWithTwin(between, n, data.near),
    dataDuplicates: shareWithTwin(data.between, n, data.near),
    nearest: data.nearest(samples, pool, heldOut),
    moved: previous && Math.sqrt(ratio(meanSquaredDistance(samples, previous.samples), data.mean)),
    samples,
    dataDistance: data.mean,
  };
}

const some = (rows: Rows): Rows => ({ ...rows, n: Math.min(rows.n, NEIGHBOURS) });

/** 1 where there is nothing to compare with: of images that are all the same, none has a nearest other one. */
const ratio = (a: number, b: number): number => (b > 0 && b < Number.POSITIVE_INFINITY ? a / b : 1);

/** How many rows there seem to be, over how many of the data, whose median squared distance is `usual`. */
function diversity(distances: Float64Array, ofData: Float64Array, n: number, usual: number): number {
  const scale = SCALE * usual;
  return scale > 0 ? effectiveNumber(distances, n, scale) / effectiveNumber(ofData, n, scale) : 1;
}

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, x) => sum + x / values.length, 0);
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2 / values.length, 0));
}

const rootMeanSquare = (values: Float32Array): number => Math.sqrt(values.reduce((sum, x) => sum + (x * x) / values.length, 0));
