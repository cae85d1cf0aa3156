/** The metrics of an evaluation: how each compares samples, and real examples in their place, with others. */
import type { Shape } from "../core/shape.ts";
import { jensenShannon } from "../metrics/divergences.ts";
import type { Course, Features } from "../metrics/features.ts";
import { frechetDistance } from "../metrics/frechet.ts";
import { kernelDistance } from "../metrics/kernel.ts";
import { densityCoverage, precisionRecall } from "../metrics/manifolds.ts";
import { modeCounts } from "../metrics/modes.ts";
import { multiScaleSWD } from "../metrics/multiScale.ts";
import { nearestNeighbours } from "../metrics/nearest.ts";
import { slicedWasserstein } from "../metrics/sliced.ts";
import { msSSIM } from "../metrics/ssim.ts";
import type { EvaluationRow } from "./evaluation.ts";

/** A metric, or several that are had at once. */
export type EvaluationMetric =
  | "frechetDistance"
  | "kernelDistance"
  | "precisionRecall"
  | "densityCoverage"
  | "slicedWasserstein"
  | "multiScaleSWD"
  | "msSSIM"
  | "classes"
  | "nearestNeighbours";

/** Some examples, in every form that a metric may want. */
export interface Examined {
  /** As they are, [count, H, W, C] within [-1, 1] or [count, d]. */
  readonly images: Features;
  /** [count, d] */
  readonly features: Features;
  /** The class of each, by the classifier; null where there is none. */
  readonly classes: ArrayLike<number> | null;
}

export interface Sets {
  readonly samples: Examined;
  /** Real examples that are compared with the others. */
  readonly real: Examined;
  /** As many more, in the place of the samples. */
  readonly others: Examined;
  /** The features of all examples but `others`, where they are wanted. */
  readonly known: Features | null;
  /** How many classes the classifier tells apart. */
  readonly classes: number;
  readonly seed: number;
}

/** The course of a part of the work, between two shares of it. */
export type Part = (from: number, to: number) => Course;

interface MetricRow {
  /** Whether it can be had of examples of this shape. Default: always. */
  takes?(shape: Shape): boolean;
  /** Whether it wants the classes of a classifier. */
  readonly byClass?: boolean;
  /** Whether it wants the features of all examples. */
  readonly ofAll?: boolean;
  measure(sets: Sets, part: Part): Promise<EvaluationRow[]>;
}

type Look = Pick<EvaluationRow, "better" | "unit">;
interface Measured {
  readonly value: number;
  readonly standardError?: number;
}

/** A metric of two sets, whose floor is the metric with real examples in place of the samples. */
function ofPairs<N extends string>(
  looks: Readonly<Record<N, Look>>,
  compare: (real: Examined, compared: Examined, sets: Sets, course: Course) => Promise<Readonly<Record<N, number | Measured>>>,
): MetricRow["measure"] {
  return async (sets, part) => {
    const values = await compare(sets.real, sets.samples, sets, part(0, 0.5));
    const floors = await compare(sets.real, sets.others, sets, part(0.5, 1));
    const measured = (x: number | Measured): Measured => (typeof x === "number" ? { value: x } : x);
    return (Object.keys(looks) as N[]).map((name) => {
      const { value, standardError = null } = measured(values[name]);
      return { name, value, standardError, floor: measured(floors[name]).value, ...looks[name] };
    });
  };
}

const lower = (unit = ""): Look => ({ better: "lower", unit });
const higher = (unit = ""): Look => ({ better: "higher", unit });

/** Whether they are images at least so many pixels high and wide. */
const imagesOf =
  (side: number) =>
  ([height, width, channels]: Shape): boolean =>
    channels !== undefined && Math.min(height!, width!) >= side;

/** Held-out examples that are nearer to the others than a copy is called one, as a share. */
const NEAREST = 0.01;

const distances = async (from: Features, to: Features, course: Course): Promise<Float64Array> =>
  (await nearestNeighbours(from, to, course)).distances;

const METRICS: Readonly<Record<EvaluationMetric, MetricRow>> = {
  /** The Fréchet distance of features. */
  frechetDistance: {
    measure: ofPairs({ frechetDistance: lower("squared features") }, async (real, compared, _, course) => ({
      frechetDistance: await frechetDistance(real.features, compared.features, course),
    })),
  },
  /** The kernel distance of features. */
  kernelDistance: {
    measure: ofPairs({ kernelDistance: lower() }, async (real, compared, { seed }, course) => ({
      kernelDistance: await kernelDistance(real.features, compared.features, { seed, subsets: 2, ...course }),
    })),
  },
  /** Precision and recall of features. */
  precisionRecall: {
    measure: ofPairs({ precision: higher("share"), recall: higher("share") }, (real, compared, _, course) =>
      precisionRecall(real.features, compared.features, course),
    ),
  },
  /** Density and coverage of features. */
  densityCoverage: {
    measure: ofPairs({ density: higher(), coverage: higher("share") }, (real, compared, _, course) =>
      densityCoverage(real.features, compared.features, course),
    ),
  },
  /** The sliced Wasserstein distance of features. */
  slicedWasserstein: {
    measure: ofPairs({ slicedWasserstein: lower("features") }, async (real, compared, { seed }, course) => ({
      slicedWasserstein: await slicedWasserstein(real.features, compared.features, { seed, ...course }),
    })),
  },
  /** The sliced Wasserstein distance of patches of images, the mean over their scales. */
  multiScaleSWD: {
    takes: imagesOf(7),
    measure: ofPairs({ multiScaleSWD: lower("thousandths") }, async (real, compared, { seed }, course) => ({
      multiScaleSWD: (await multiScaleSWD(real.images, compared.images, { seed, ...course })).mean,
    })),
  },
  /** How alike two images of a set are. */
  msSSIM: {
    takes: imagesOf(1),
    measure: ofPairs({ msSSIM: lower() }, async (_, compared, { seed }, course) => ({ msSSIM: await msSSIM(compared.images, { seed, ...course }) })),
  },
  /** How the classes are shared out, by a classifier. */
  classes: {
    byClass: true,
    measure: ofPairs({ classDivergence: lower("nats"), classesCovered: higher("classes") }, async (real, compared, { classes }) => {
      const counts = modeCounts(compared.classes!, { classes });
      return { classDivergence: jensenShannon(counts.counts, modeCounts(real.classes!, { classes }).counts), classesCovered: counts.covered };
    }),
  },
  /** The share of samples nearer to an example of the data than 99 of 100 examples are to any other. */
  nearestNeighbours: {
    ofAll: true,
    async measure({ samples, others, known }, part) {
      const [ofSamples, ofOthers] = [await distances(samples.features, known!, part(0, 0.5)), await distances(others.features, known!, part(0.5, 1))];
      const near = Float64Array.from(ofOthers).sort()[Math.ceil(NEAREST * ofOthers.length) - 1]!;
      const share = (of: Float64Array): number => of.filter((x) => x <= near).length / of.length;
      return [{ name: "copies", value: share(ofSamples), standardError: null, floor: share(ofOthers), ...lower("share") }];
    },
  },
};

export const METRIC_NAMES = Object.keys(METRICS) as EvaluationMetric[];

export const metricRow = (name: EvaluationMetric): MetricRow => METRICS[name];
