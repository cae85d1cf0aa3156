/** Fidelity and diversity apart: whose vectors lie among whose. */
import { checkOptions, type Fields } from "../core/check.ts";
import { COURSE, Progress } from "./course.ts";
import type { Course, Features, Rows } from "./features.ts";
import { neighbours, squaredRadii } from "./nearest.ts";
import { checkPair, eachBlock } from "./pairwise.ts";

/** How large the balls are. */
export interface ManifoldOptions extends Course {
  /** A ball reaches from its vector to the k-th nearest other one of the same set, 1 to 65,536 and below the number of vectors. Default 3 for `precisionRecall`, 5 for `densityCoverage`. */
  readonly k?: number | undefined;
}

/** How much of each set lies where the other is. */
export interface PrecisionRecall {
  /** Share of the generated vectors that lie in a ball of a real one, 0 to 1: fidelity. */
  readonly precision: number;
  /** Share of the real vectors that lie in a ball of a generated one, 0 to 1: diversity. */
  readonly recall: number;
}

/** How densely, and how widely, generated vectors lie where the real ones are. */
export interface DensityCoverage {
  /** Balls of real vectors that a generated one lies in, on average, by k: from 0; 1 is expected where both are of one distribution. Fidelity. */
  readonly density: number;
  /** Share of the real vectors in whose ball a generated one lies, 0 to 1: diversity. */
  readonly coverage: number;
}

const PRECISION: Fields<Course & { k: number }> = { k: neighbours(3), ...COURSE };
const DENSITY: Fields<Course & { k: number }> = { k: neighbours(5), ...COURSE };

/**
 * Precision and recall of generated vectors: each set is taken as the union of balls around its vectors, which reach to the k-th nearest other one, edges included (Kynkäänniemi et al. 2019, "Improved
 * precision and recall metric for assessing generative models", equations 1 and 2). Two sets that are the same have 1 and 1. Both depend on how many vectors there are, as
 * balls are the smaller the denser they lie, so that only sets of one size are comparable, on features of one network.
 *
 * Exact, in float64; of all distances no block but one is ever held. Time grows as (n + m)² d: about 8 seconds for 2 × 10,000 vectors of 64.
 *
 * @param real vectors of data, `[n, d]`, more than k
 * @param fake generated ones, `[m, d]`, more than k
 * @throws {@link DataError} for too few vectors, or numbers that are not finite
 * @throws {@link ShapeError} where both have vectors of different sizes
 * @throws {@link SpecError} for options that cannot be
 *
 * @example
 * const real = { data: Float32Array.of(0, 1, 2, 3, 10, 11, 12, 13), shape: [8, 1] };
 * const fake = { data: Float32Array.of(0, 1, 2, 3, 0, 1, 2, 3), shape: [8, 1] };
 * const found = await precisionRecall(real, fake);
 * found.precision; // 1
 * found.recall; // 0.5
 */
export async function precisionRecall(real: Features, fake: Features, options: ManifoldOptions = {}): Promise<PrecisionRecall> {
  const { k, ...course } = checkOptions(PRECISION, options);
  const progress = new Progress(course);
  const [data, samples] = checkPair(real, "real", fake, "fake", k + 1, k + 1);
  const realRadii = await squaredRadii(data, k, (done) => progress.at(done / 4));
  const fakeRadii = await squaredRadii(samples, k, (done) => progress.at((1 + done) / 4));
  const [precise, recalled] = [new Uint8Array(samples.n), new Uint8Array(data.n)];
  await eachPair(
    data,
    samples,
    (i, j, distance) => {
      if (distance <= realRadii[i]!) precise[j] = 1;
      if (distance <= fakeRadii[j]!) recalled[i] = 1;
    },
    (done) => progress.at((1 + done) / 2),
  );
  return { precision: share(precise), recall: share(recalled) };
}

/**
 * Density and coverage of generated vectors: only real ones have balls, which reach to the k-th nearest other real one, edges included, so that an odd sample makes nothing look covered (Naeem et al. 2020,
 * "Reliable fidelity and diversity metrics for generative models", equations 3 and 4). For two sets of n vectors of one distribution a coverage of 1 - (n - 1)! (2n - k - 1)! / ((n - k - 1)! (2n - 1)!)
 * is expected, which is about 1 - 2^-k.
 *
 * Exact, in float64; of all distances no block but one is ever held. Time grows as n (n + m) d: about 6 seconds for 2 × 10,000 vectors of 64.
 *
 * @param real vectors of data, `[n, d]`, more than k
 * @param fake generated ones, `[m, d]`
 * @throws {@link DataError} for too few vectors, or numbers that are not finite
 * @throws {@link ShapeError} where both have vectors of different sizes
 * @throws {@link SpecError} for options that cannot be
 *
 * @example
 * const real = { data: Float32Array.of(0, 1, 2, 3, 10, 11, 12, 13), shape: [8, 1] };
 * const fake = { data: Float32Array.of(0, 1, 2, 3), shape: [4, 1] };
 * const found = await densityCoverage(real, fake, { k: 2 });
 * found.density; // 1.5
 * found.coverage; // 0.5
 */
export async function densityCoverage(real: Features, fake: Features, options: ManifoldOptions = {}): Promise<DensityCoverage> {
  const { k, ...course } = checkOptions(DENSITY, options);
  const progress = new Progress(course);
  const [data, samples] = checkPair(real, "real", fake, "fake", k + 1, 1);
  const radii = await squaredRadii(data, k, (done) => progress.at(done / 3));
  const covered = new Uint8Array(data.n);
  let inside = 0;
  await eachPair(
    data,
    samples,
    (i, _, distance) => {
      if (distance > radii[i]!) return;
      inside++;
      covered[i] = 1;
    },
    (done) => progress.at((1 + 2 * done) / 3),
  );
  return { density: inside / k / samples.n, coverage: share(covered) };
}

/** Tells of all pairs of rows of two sets, and of their squared distances. */
function eachPair(a: Rows, b: Rows, pair: (i: number, j: number, distance: number) => void, reach: (done: number) => Promise<void>): Promise<void> {
  return eachBlock(
    "squaredDistance",
    a,
    b,
    ({ values, width, row, rows, column, columns }) => {
      for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) pair(row + i, column + j, values[i * width + j]!);
    },
    reach,
  );
}

const share = (flags: Uint8Array): number => flags.reduce((sum, flag) => sum + flag, 0) / flags.length;
