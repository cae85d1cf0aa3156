/** How many modes of a distribution samples have, and in which shares. */
import { type Check, checkOptions, type Fields, integer, optional, positive } from "../core/check.ts";
import { DataError, ShapeError, show } from "../core/errors.ts";
import { checkFeatures, type Features } from "./features.ts";
import { checkNumbers, checkShares } from "./numbers.ts";

/** Modes whose centres are known. */
export interface CentreOptions {
  /** The centres `[m, d]`. */
  readonly modes: Features;
  /** How far from its centre a sample still belongs to a mode, above 0: usually three standard deviations. */
  readonly radius: number;
  /** Samples that a mode must have to be covered, at least 1. Default 1. */
  readonly least?: number | undefined;
  /** The modes' shares of the data, `[m]`, taken as parts of their sum. Default: all alike. */
  readonly shares?: ArrayLike<number> | undefined;
}

/** Modes that are classes. */
export interface ClassOptions {
  /** Number of classes, 1 to 2^24. */
  readonly classes: number;
  /** Samples that a class must have to be covered, at least 1. Default 1. */
  readonly least?: number | undefined;
  /** The classes' shares of the data, `[classes]`, as {@link classShares} gives them: parts of their sum. Default: all alike. */
  readonly shares?: ArrayLike<number> | undefined;
}

/** How samples cover modes. */
export interface ModeCounts {
  /** How many modes are covered. */
  readonly covered: number;
  /** Share of the samples that are within the radius of a mode, 0 to 1: papers call them of high quality. Of classes 1. */
  readonly share: number;
  /** The samples of each mode, those within its radius. */
  readonly counts: Uint32Array;
  /** KL divergence of the samples' shares from those of the data, in nats, from 0 for the same shares to ln m for all samples in one of m equal modes. Every sample counts, for the centre nearest to it. */
  readonly divergence: number;
}

const MOST_CLASSES = 2 ** 24;
const SHARED: Fields<{ least: number; shares: unknown }> = {
  least: optional(integer(1, Number.MAX_SAFE_INTEGER), 1),
  shares: (value) => value, // looked at below, when the number of modes is known
};
const unchecked: Check<unknown> = (value) => value;
const CENTRES: Fields<{ modes: unknown; radius: number; least: number; shares: unknown }> = { modes: unchecked, radius: positive, ...SHARED };
const CLASSES: Fields<{ classes: number; least: number; shares: unknown }> = { classes: integer(1, MOST_CLASSES), ...SHARED };

/**
 * Counts the modes that samples cover, by centres that are known, as those of a ring or a grid: how many have a sample near, the share of the samples that are near any, and how far the shares of the modes
 * are from those of the data (Metz et al. 2017, "Unrolled generative adversarial networks"; Lin et al. 2018, "PacGAN: the power of two samples in generative adversarial networks", section 4.1).
 *
 * Time grows as n m d.
 *
 * @param samples `[n, d]`
 * @param options the centres, and how near is near
 * @throws {@link DataError} for numbers that are not finite, and for samples in a mode that has no share of the data
 * @throws {@link ShapeError} where samples and centres have different sizes, or shares are as many as the modes are not
 * @throws {@link SpecError} for options that cannot be
 *
 * @example
 * const samples = { data: Float32Array.of(0.1, 0, 0, 0.1, 1, 1, 0.5, 0.4), shape: [4, 2] };
 * const modes = { data: [0, 0, 1, 1, 2, 0], shape: [3, 2] };
 * const { covered, share } = modeCounts(samples, { modes, radius: 0.15 });
 * Array.of(covered, share); // [2, 0.75]
 */
export function modeCounts(samples: Features, options: CentreOptions): ModeCounts;
/**
 * Counts the classes that samples cover, and how far their shares are from those of the data: of stacked MNIST, say, a classifier's digits of the three channels as one number of a thousand
 * (Lin et al. 2018, "PacGAN: the power of two samples in generative adversarial networks", section 4.2).
 *
 * @param labels the class of each sample, `[n]`, whole numbers from 0 to classes - 1
 * @param options the number of classes
 * @throws {@link DataError} for labels that are no classes, and for samples of a class that has no share of the data
 *
 * @example
 * const digits = [[3, 1, 4], [1, 5, 9], [3, 1, 4]];
 * const found = modeCounts(digits.map(([red, green, blue]) => 100 * red + 10 * green + blue), { classes: 1000 });
 * found.covered; // 2
 */
export function modeCounts(labels: ArrayLike<number>, options: ClassOptions): ModeCounts;
export function modeCounts(samples: Features | ArrayLike<number>, options: CentreOptions | ClassOptions): ModeCounts {
  if (typeof samples === "object" && samples !== null && "data" in samples) return countNear(samples, checkOptions(CENTRES, options));
  const { classes, least, shares } = checkOptions(CLASSES, options);
  const counts = countClasses(samples as ArrayLike<number>, classes, "labels");
  return summary(counts, counts, least, shares);
}

function countNear(
  samples: Features,
  { modes, radius, least, shares }: { modes: unknown; radius: number; least: number; shares: unknown },
): ModeCounts {
  const points = checkFeatures(samples, "samples");
  const centres = checkFeatures(modes, "modes");
  const { d } = points;
  if (centres.d !== d) throw new ShapeError({ path: "modes.shape", expected: `rows of ${d} numbers, as samples has`, got: `rows of ${centres.d}` });
  const [near, nearest] = [new Uint32Array(centres.n), new Uint32Array(centres.n)];
  for (let i = 0; i < points.n; i++) {
    let [mode, least] = [0, Number.POSITIVE_INFINITY];
    for (let m = 0; m < centres.n; m++) {
      let squares = 0;
      for (let k = 0; k < d; k++) squares += (points.data[i * d + k]! - centres.data[m * d + k]!) ** 2;
      if (squares < least) [mode, least] = [m, squares];
    }
    nearest[mode]!++;
    if (Math.sqrt(least) <= radius) near[mode]!++;
  }
  return summary(near, nearest, least, shares);
}

/** @param near the samples of each mode, @param all those and the ones that are nearest to it, though not near */
function summary(near: Uint32Array, all: Uint32Array, least: number, shares: unknown): ModeCounts {
  const modes = near.length;
  const [good, total] = [near, all].map((counts) => counts.reduce((sum, count) => sum + count, 0)) as [number, number];
  const expected = shares === undefined ? new Float64Array(modes).fill(1 / modes) : checkShares(shares, "shares", modes);
  return { covered: near.filter((count) => count >= least).length, share: good / total, counts: near, divergence: divergence(all, total, expected) };
}

/** KL divergence in nats: the sum of p ln(p / q). */
function divergence(counts: Uint32Array, total: number, expected: Float64Array): number {
  let sum = 0;
  for (const [mode, count] of counts.entries()) {
    if (count === 0) continue;
    if (expected[mode] === 0) throw new DataError({ path: `shares[${mode}]`, expected: "a share above 0, as samples are there", got: "0" });
    sum += (count / total) * Math.log(count / total / expected[mode]!);
  }
  return Math.max(0, sum); // rounding may have it below
}

function countClasses(labels: ArrayLike<number>, classes: number, path: string): Uint32Array {
  const counts = new Uint32Array(classes);
  for (const [i, label] of checkNumbers(labels, path).entries()) {
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new DataError({ path: `${path}[${i}]`, expected: `a class, 0 to ${classes - 1}`, got: show(label) });
    }
    counts[label]!++;
  }
  return counts;
}

/**
 * The share of each class among labels.
 *
 * @param labels the class of each sample, `[n]`, whole numbers from 0 to classes - 1
 * @param classes number of classes, 1 to 2^24
 * @returns `[classes]`; they add up to 1
 * @throws {@link DataError} for labels that are no classes, or none at all
 * @throws {@link SpecError} for a number of classes that cannot be
 *
 * @example
 * Array.from(classShares([0, 2, 2, 2], 3)); // [0.25, 0, 0.75]
 */
export function classShares(labels: ArrayLike<number>, classes: number): Float64Array {
  const checked = checkOptions({ classes: integer(1, MOST_CLASSES) }, { classes });
  const counts = countClasses(labels, checked.classes, "labels");
  return Float64Array.from(counts, (count) => count / labels.length);
}
