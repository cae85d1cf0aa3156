/** What both networks are like, from what they made of some latents and some images of the data. */
import type { Shape } from "../../core/shape.ts";
import type { Fetches } from "../../exec/executor.ts";
import { effectiveNumber, meanSquaredDistance, median, nearestDistances, pairs, type Rows, reduced, shareWithTwin } from "./distances.ts";
import { joined } from "./examples.ts";
import type { Record } from "./records.ts";

/** What is compared. */
export interface Looked {
  /** Fetches of `probeGraph`, of one part of the images after another. */
  readonly looks: readonly Fetches[];
  /** The images of the data that they are of. */
  readonly images: Float32Array;
  /** Images of the data in small that the training has seen. */
  readonly pool: Rows;
  /** Images of the data in small, to be compared with those of `pool` as generated ones are. */
  readonly others: Rows;
  readonly previous: Record | undefined;
}

/** Distances of the kernel by which images are alike: a quarter of the median one, as it is squared. */
const SCALE = 1 / 16;
/** Twins are nearer than a tenth of the data's median distance to the nearest, as it is squared. */
const TWINS = 1e-2;

type Measured = Omit<Record, "step" | "divergence" | "heldOut" | "gap" | "accuracy" | "loss">;

export function measure(shape: Shape, { looks, images, pool, others, previous }: Looked): Measured {
  const whole = (name: string): Float32Array => joined(looks.map((look) => look[name]!));
  const mean = (name: string): number => whole(name).reduce((sum, x) => sum + x / looks.length, 0);
  const samples = reduced(whole("samples"), shape);
  const data = reduced(images, shape);
  const { n } = samples;
  const [between, ofData] = [pairs(samples), pairs(data)];
  const features = (name: string): Float64Array => {
    const values = whole(name);
    return pairs({ n, d: values.length / n, data: values });
  };
  const dataDistance = ofData.reduce((sum, distance) => sum + distance / ofData.length, 0);
  const near = TWINS * median(nearestDistances(data, data));
  return {
    scoreSpread: spread(joined([whole("realScores"), whole("fakeScores")])),
    generatorGradient: mean("generatorGradient"),
    generatorWeights: mean("generatorWeights"),
    discriminatorWeights: mean("discriminatorWeights"),
    diversity: diversity(between, ofData, n),
    featureDiversity: diversity(features("fakeFeatures"), features("realFeatures"), n),
    duplicates: shareWithTwin(between, n, near),
    dataDuplicates: shareWithTwin(ofData, n, near),
    nearest: Math.sqrt(ratio(median(nearestDistances(samples, pool)), median(nearestDistances(others, pool)))),
    moved: previous && Math.sqrt(ratio(meanSquaredDistance(samples, previous.samples), dataDistance)),
    samples,
    dataDistance,
  };
}

const ratio = (a: number, b: number): number => (b > 0 ? a / b : 1);

/** How many rows there seem to be, over how many of the data. */
function diversity(distances: Float64Array, ofData: Float64Array, n: number): number {
  const scale = SCALE * median(ofData);
  return scale > 0 ? effectiveNumber(distances, n, scale) / effectiveNumber(ofData, n, scale) : 1;
}

/** The standard deviation over the root mean square. */
function spread(values: Float32Array): number {
  const mean = values.reduce((sum, x) => sum + x / values.length, 0);
  const square = values.reduce((sum, x) => sum + (x * x) / values.length, 0);
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2 / values.length, 0);
  return Math.sqrt(variance / square) || 0;
}
