/** The kernel distance of two sets of vectors. */
import { checkOptions, type Fields, integer, optional } from "../core/check.ts";
import { DataError, show } from "../core/errors.ts";
import { permutation, Stream } from "../core/random.ts";
import { COURSE, Progress } from "./course.ts";
import type { Course, Features, Rows } from "./features.ts";
import { checkPair, eachBlock } from "./pairwise.ts";

/** Which subsets are compared. */
export interface KernelOptions extends Course {
  /** Number of subsets, 2 to 10,000. Default 100. */
  readonly subsets?: number | undefined;
  /** Vectors of each set in a subset, drawn without replacement; 2 at least, and at most as many as there are. Default 1,000, or as many as there are. */
  readonly subsetSize?: number | undefined;
  /** What the subsets follow from, 0 to 2^53 - 1. Default 0. */
  readonly seed?: number | undefined;
}

/** How far two sets are apart, twice: as wholes, and as papers have it. */
export interface KernelDistance {
  /** The unbiased estimate from all vectors: 0 on average where both sets are of one distribution, so that it may be below 0. */
  readonly value: number;
  /** The standard error of `value`, as the jackknife has it: its square is never too small, on average (Efron & Stein 1981). */
  readonly standardError: number;
  /** The mean of the estimates from subsets: KID. */
  readonly mean: number;
  /** The standard deviation of the estimates from subsets: what stands behind ± beside KID. */
  readonly standardDeviation: number;
}

const KERNEL: Fields<Course & { subsets: number; subsetSize: number | undefined; seed: number }> = {
  subsets: optional(integer(2, 10_000), 100),
  subsetSize: optional<number | undefined>(integer(2, 2 ** 24), undefined),
  seed: optional(integer(0, Number.MAX_SAFE_INTEGER), 0),
  ...COURSE,
};

const SUBSET_SIZE = 1000;

/** Of the sixth power of anything larger, times a number of pairs, the square might not be finite. */
const MOST = 1e20;

/**
 * The kernel distance of two sets of vectors, squared: the unbiased estimate of the squared maximum mean discrepancy by the kernel k(x, y) = (x · y / d + 1)³ (Bińkowski et al. 2018, "Demystifying MMD
 * GANs", section 4). On features of an Inception network this is what papers call KID. Unlike the Fréchet distance it is right on average for any number of vectors, and takes no distribution to be normal.
 *
 * Papers give the mean over subsets and its deviation; all vectors at once give the more exact `value`. In float64. Time grows as ((n + m)² / 2 + 2 · subsets · subsetSize²) d: about 14 seconds for
 * 2 × 10,000 vectors of 64, half of them for the subsets. Of very many vectors some will do.
 *
 * @param a vectors `[n, d]`, at least three, of numbers from -1e20 to 1e20
 * @param b others, `[m, d]`
 * @throws {@link DataError} for too few vectors, or numbers that are not finite or too large
 * @throws {@link ShapeError} where both have vectors of different sizes
 * @throws {@link SpecError} for options that cannot be
 *
 * @example
 * const a = { data: Float32Array.from({ length: 60 }, (_, i) => (i % 5) / 10), shape: [60, 1] };
 * const b = { data: Float32Array.from({ length: 60 }, (_, i) => 1 + (i % 5) / 10), shape: [60, 1] };
 * const { value, standardError } = await kernelDistance(a, b, { subsets: 10, subsetSize: 20, seed: 1 });
 * Math.sign(value - 3 * standardError); // 1
 */
export async function kernelDistance(a: Features, b: Features, options: KernelOptions = {}): Promise<KernelDistance> {
  const { subsets, subsetSize, seed, ...course } = checkOptions(KERNEL, options);
  const progress = new Progress(course);
  const least = Math.max(3, subsetSize ?? 0);
  const [x, y] = checkPair(a, "a", b, "b", least, least);
  checkSize(x, "a");
  checkSize(y, "b");
  const size = subsetSize ?? Math.min(SUBSET_SIZE, x.n, y.n);
  const [wholeWork, subsetWork] = [(x.n + y.n) ** 2, subsets * (2 * size) ** 2];
  const share = wholeWork / (wholeWork + subsetWork);
  const whole = await kernelSums(x, y, (done) => progress.at(done * share));
  const values: number[] = [];
  for (let i = 0; i < subsets; i++) {
    const sums = await kernelSums(subset(x, size, seed, 2 * i), subset(y, size, seed, 2 * i + 1), (done) =>
      progress.at(share + ((1 - share) * (i + done)) / subsets),
    );
    values.push(discrepancy(sums));
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / subsets;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (subsets - 1);
  return { value: discrepancy(whole), standardError: Math.sqrt(jackknife(whole)), mean, standardDeviation: Math.sqrt(variance) };
}

function checkSize({ data }: Rows, path: string): void {
  const large = data.findIndex((x: number) => Math.abs(x) > MOST);
  if (large !== -1) {
    throw new DataError({ path: `${path}.data[${large}]`, expected: `a number from -${MOST} to ${MOST}`, got: show(data[large]) });
  }
}

/** Rows drawn without replacement. */
function subset({ n, d, data }: Rows, size: number, seed: number, item: number): Rows {
  const drawn = new Float64Array(size * d);
  for (const [i, row] of permutation(n, seed, Stream.shuffle, item).subarray(0, size).entries()) {
    drawn.set(data.subarray(row * d, (row + 1) * d), i * d);
  }
  return { n: size, d, data: drawn };
}

/** Sums of the kernel, for each row of x and of y. */
interface Sums {
  /** Over the other rows of x, for each of them. */
  readonly xx: Float64Array;
  readonly yy: Float64Array;
  /** Over the rows of y, for each of x. */
  readonly xy: Float64Array;
  readonly yx: Float64Array;
}

async function kernelSums(x: Rows, y: Rows, reach: (done: number) => Promise<void>): Promise<Sums> {
  const sums: Sums = { xx: new Float64Array(x.n), yy: new Float64Array(y.n), xy: new Float64Array(x.n), yx: new Float64Array(y.n) };
  const all = (x.n + y.n) ** 2;
  const [own, others] = [x.n ** 2 / all, y.n ** 2 / all];
  await addKernel(x, x, sums.xx, sums.xx, (done) => reach(own * done));
  await addKernel(y, y, sums.yy, sums.yy, (done) => reach(own + others * done));
  await addKernel(x, y, sums.xy, sums.yx, (done) => reach(own + others + (1 - own - others) * done));
  return sums;
}

/** Adds the kernel of each pair to the sum of either row. */
function addKernel(a: Rows, b: Rows, ofA: Float64Array, ofB: Float64Array, reach: (done: number) => Promise<void>): Promise<void> {
  const { d } = a;
  return eachBlock(
    "product",
    a,
    b,
    ({ values, width, row, rows, column, columns }) => {
      for (let i = 0; i < rows; i++) {
        for (let j = a === b && row === column ? i + 1 : 0; j < columns; j++) {
          const base = values[i * width + j]! / d + 1;
          const kernel = base * base * base;
          ofA[row + i]! += kernel;
          ofB[column + j]! += kernel;
        }
      }
    },
    reach,
  );
}

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

/** The unbiased estimate: means over pairs of different rows (Gretton et al. 2012, "A kernel two-sample test", equation 3). */
function discrepancy({ xx, yy, xy }: Sums): number {
  const [n, m] = [xx.length, yy.length];
  return total(xx) / (n * (n - 1)) + total(yy) / (m * (m - 1)) - (2 * total(xy)) / (n * m);
}

/** The variance of the estimate, from what it would be without each row (Efron & Stein 1981, "The jackknife estimate of variance"). */
function jackknife({ xx, yy, xy, yx }: Sums): number {
  return withoutEach(xx, xy, yy.length) + withoutEach(yy, yx, xx.length);
}

function withoutEach(own: Float64Array, cross: Float64Array, others: number): number {
  const n = own.length;
  const [allOwn, allCross] = [total(own), total(cross)];
  const estimates = own.map((sum, i) => (allOwn - 2 * sum) / ((n - 1) * (n - 2)) - (2 * (allCross - cross[i]!)) / ((n - 1) * others));
  const mean = total(estimates) / n;
  return ((n - 1) / n) * estimates.reduce((sum, estimate) => sum + (estimate - mean) ** 2, 0);
}
