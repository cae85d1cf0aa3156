import { checkOptions, type Fields, optional, real, that } from "../core/check.ts";
import { DataError, ShapeError } from "../core/errors.ts";
import { assign } from "./assignment.ts";
import { coupledDistance, coupleEvenly, coupleQuantiles } from "./coupling.ts";
import { COURSE, Progress } from "./course.ts";
import type { Course, Features } from "./features.ts";
import { checkNumbers, checkShares } from "./numbers.ts";
import { checkPoints, type Power, pairwiseCosts } from "./points.ts";

/** How numbers are compared. Nothing must be given. */
export interface Wasserstein1dOptions {
  /** The exponent of the cost, from 1 to 1000. Default 1. */
  readonly p?: number | undefined;
  /** How much each number of `a` counts, at least 0 and not all 0; they need no particular sum. Default: all alike. */
  readonly aWeights?: ArrayLike<number> | undefined;
  /** The same of `b`. */
  readonly bWeights?: ArrayLike<number> | undefined;
}

/** The exponent of a distance in which any will do. */
export const EXPONENT = optional(real(1, 1000), 1);

const WEIGHTS = optional(
  that<ArrayLike<number> | undefined>("an array of numbers", (v) => typeof v === "object" && v !== null),
  undefined,
);

const WASSERSTEIN_1D: Fields<Wasserstein1dOptions & { p: number }> = { p: EXPONENT, aWeights: WEIGHTS, bWeights: WEIGHTS };

/**
 * The Wasserstein distance of two sets of numbers, of any sizes: W_p = (∫₀¹ |F⁻¹(t) - G⁻¹(t)|^p dt)^(1/p), where F⁻¹ and G⁻¹ are their quantiles (Villani 2003, "Topics in optimal transportation",
 * theorem 2.18). It is exact. For p = 1 it is the area between the two cumulative distributions, as `scipy.stats.wasserstein_distance` gives it.
 *
 * In the unit of the numbers; 0 if and only if both are the same distribution. Costs two sorts and one pass.
 *
 * @param a numbers in any order, bytes as they are
 * @param b numbers in any order
 * @throws {@link SpecError} for options that cannot be
 * @throws {@link DataError} for sets that are empty, for numbers that are not finite, for weights below 0 or all 0
 * @throws {@link ShapeError} unless there is a weight for each number
 *
 * @example
 * wasserstein1d([0, 1, 3], [5, 6, 8]); // 5
 * wasserstein1d([0, 1], [0, 0, 1, 1]); // 0
 */
export function wasserstein1d(a: ArrayLike<number>, b: ArrayLike<number>, options: Wasserstein1dOptions = {}): number {
  const { p, aWeights, bWeights } = checkOptions(WASSERSTEIN_1D, options);
  const [x, y] = [checkNumbers(a, "a"), checkNumbers(b, "b")];
  if (aWeights === undefined && bWeights === undefined) return coupledDistance(x.sort(), y.sort(), coupleEvenly(x.length, y.length), p);
  const [ofX, ofY] = [weighted(x, aWeights, "aWeights"), weighted(y, bWeights, "bWeights")];
  return coupledDistance(ofX.values, ofY.values, coupleQuantiles(ofX.shares, ofY.shares), p);
}

/** Numbers in ascending order with their shares. */
function weighted(values: Float64Array, weights: ArrayLike<number> | undefined, path: string): { values: Float64Array; shares: Float64Array } {
  const shares = checkShares(weights ?? new Float64Array(values.length).fill(1), path, values.length);
  const order = Uint32Array.from(values.keys()).sort((i, j) => values[i]! - values[j]!);
  return { values: Float64Array.from(order, (i) => values[i]!), shares: Float64Array.from(order, (i) => shares[i]!) };
}

/** How points are compared. Nothing must be given. */
export interface WassersteinExactOptions extends Course {
  /** The exponent of the cost: 1 for the Euclidean distance, 2 for its square. Default 1. */
  readonly p?: 1 | 2 | undefined;
}

/** The distance of two sets of points, and what it was found by. */
export interface ExactTransport {
  /** W_p, in the unit of the points. */
  readonly distance: number;
  /** The row of `b` that each row of `a` is carried to: a permutation. Where several are as cheap, one of them. */
  readonly assignment: Uint32Array;
}

/** The exponent of a cost between points. */
export const POWER = optional(
  that<Power>("1 or 2", (v) => v === 1 || v === 2),
  1,
);

/** Beyond it, the matrix of costs takes more than 32 MiB, and the assignment many seconds. */
const MOST_POINTS = 2048;

/**
 * The exact Wasserstein distance of two sets of as many points: W_p = (min over permutations σ of 1/n Σᵢ ‖aᵢ - b_σ(i)‖^p)^(1/p). W₁ is the earth mover's distance; W₂ is the root of the mean squared
 * distance. The permutation is that of the assignment problem, found by shortest augmenting paths (Jonker & Volgenant 1987, "A shortest augmenting path algorithm for dense and sparse linear
 * assignment problems").
 *
 * In the unit of the points, and 0 for the same points in any order. Of two samples of one distribution it is not 0, but falls as n^(-1/2) where d is 1, about so where it is 2, and as n^(-1/d) above (Fournier & Guillin 2015): compare it with that of two samples of the data. Takes 8 n²
 * bytes and some n³ operations at most: well under a second for 1,024 points.
 *
 * @param a points `[n, d]`, n at most 2048
 * @param b points `[n, d]`. Of other sizes take the first n, or {@link sinkhorn} or {@link slicedWasserstein}, which compare any
 * @throws {@link SpecError} for options that cannot be
 * @throws {@link DataError} for more points than that, or numbers that are not finite
 * @throws {@link ShapeError} unless both have the same n and d
 * @throws the signal's reason, once it is aborted
 *
 * @example
 * const a = { data: [0, 0, 1, 0], shape: [2, 2] };
 * const b = { data: [1, 2, 0, 2], shape: [2, 2] };
 * const { distance, assignment } = await wassersteinExact(a, b, { p: 2 });
 * distance.toFixed(2); // "2.00"
 * Array.from(assignment); // [1, 0]
 */
export async function wassersteinExact(a: Features, b: Features, options: WassersteinExactOptions = {}): Promise<ExactTransport> {
  const { p, ...course } = checkOptions<Course & { p: Power }>({ p: POWER, ...COURSE }, options);
  const points = checkPoints(a, b);
  const { n, m, d, unit } = points;
  if (n !== m) {
    throw new ShapeError({ path: "b.shape", expected: `as many rows as a has, ${n} (sinkhorn and slicedWasserstein take any)`, got: `${m} rows` });
  }
  if (n > MOST_POINTS) {
    throw new DataError({
      path: "a",
      expected: `at most ${MOST_POINTS} rows, as the assignment takes 8 n² bytes and up to n³ operations (sinkhorn and slicedWasserstein take less)`,
      got: `${n} rows: ${8 * n * n} bytes, ${(n ** 3).toPrecision(2)} operations`,
    });
  }
  const progress = new Progress(course);
  const costs = await pairwiseCosts(points.a, points.b, d, p, (done) => progress.at(done / 2));
  const assignment = await assign(costs, n, (done) => progress.at((1 + done) / 2));
  await progress.at(1);
  let sum = 0;
  for (let i = 0; i < n; i++) sum += costs[i * n + assignment[i]!]!;
  return { distance: unit * (p === 1 ? sum / n : Math.sqrt(sum / n)), assignment };
}
