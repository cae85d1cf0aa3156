import { checkOptions, optional, real } from "../core/check.ts";
import { DataError } from "../core/errors.ts";
import { checkShares } from "./numbers.ts";

/** What is done about bins that are empty. Nothing must be given. */
export interface KullbackLeiblerOptions {
  /** A share that every bin gets on top, of both histograms, which are then made to sum to 1 again: 0 to 1. Default 0: none. */
  readonly smoothing?: number | undefined;
}

const KULLBACK_LEIBLER = { smoothing: optional(real(0, 1), 0) };

/** Σ p ln(p / q), where bins that p has nothing in count nothing. */
function relativeEntropy(p: Float64Array, q: (i: number) => number): number {
  let sum = 0;
  for (let i = 0; i < p.length; i++) if (p[i]! > 0) sum += p[i]! * Math.log(p[i]! / q(i));
  return Math.max(0, sum); // rounding alone would make it negative
}

function checkBoth(p: ArrayLike<number>, q: ArrayLike<number>): [Float64Array, Float64Array] {
  const first = checkShares(p, "p");
  return [first, checkShares(q, "q", first.length)];
}

/**
 * The Jensen-Shannon divergence of two histograms: KL(p ‖ m) / 2 + KL(q ‖ m) / 2 with m = (p + q) / 2 (Lin 1991, "Divergence measures based on the Shannon entropy"). It is what a perfect discriminator of the
 * minimax objective would measure (Goodfellow et al. 2014, theorem 1), and the square of `scipy.spatial.distance.jensenshannon`.
 *
 * In nats, from 0 for the same distribution to ln 2 = 0.693 for those that share no bin. Empty bins are no matter. One pass.
 *
 * @param p counts or probabilities, which need no particular sum
 * @param q as many, of the same bins
 * @throws {@link DataError} for lists that are empty or all 0, for numbers below 0 or not finite
 * @throws {@link ShapeError} for another number of bins
 *
 * @example
 * jensenShannon([2, 1, 0], [4, 2, 0]); // 0
 * jensenShannon([1, 0], [0, 1]) === Math.LN2; // true
 */
export function jensenShannon(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const [a, b] = checkBoth(p, q);
  const middle = (i: number) => (a[i]! + b[i]!) / 2;
  return Math.min(Math.LN2, (relativeEntropy(a, middle) + relativeEntropy(b, middle)) / 2);
}

/**
 * The Kullback-Leibler divergence KL(p ‖ q) = Σ p ln(p / q) of two histograms (Kullback & Leibler 1951, "On information and sufficiency"). Bins where p has nothing count nothing.
 *
 * In nats, from 0. Where p has something and q nothing it is infinite, and refused: smooth both, or take {@link jensenShannon}, which is always finite. One pass.
 *
 * @param p counts or probabilities, which need no particular sum
 * @param q as many, of the same bins
 * @throws {@link SpecError} for options that cannot be
 * @throws {@link DataError} where the divergence is infinite, with the bin; for lists that are empty or all 0, for numbers below 0 or not finite
 * @throws {@link ShapeError} for another number of bins
 *
 * @example
 * kullbackLeibler([1, 0], [1, 1]) === Math.LN2; // true
 * const { p, q } = histograms(ring({ count: 500, seed: 1 }), ring({ count: 500, seed: 2 }), { bins: 16 });
 * console.log(kullbackLeibler(p, q, { smoothing: 1e-3 }));
 */
export function kullbackLeibler(p: ArrayLike<number>, q: ArrayLike<number>, options: KullbackLeiblerOptions = {}): number {
  const { smoothing } = checkOptions(KULLBACK_LEIBLER, options);
  const [a, b] = checkBoth(p, q).map((shares) => shares.map((share) => (share + smoothing) / (1 + smoothing * shares.length))) as [
    Float64Array,
    Float64Array,
  ];
  const lacking = a.findIndex((share, i) => share > 0 && b[i] === 0);
  if (lacking >= 0) {
    throw new DataError({
      path: `q[${lacking}]`,
      expected: "more than 0, as p has: else the divergence is infinite (see the option smoothing)",
      got: "0",
    });
  }
  return relativeEntropy(a, (i) => b[i]!);
}

/**
 * The total variation distance of two histograms: Σ |p - q| / 2, the largest difference of what they say of any set of bins (Levin, Peres & Wilmer 2009, "Markov chains and mixing times", section 4.1).
 *
 * From 0 for the same distribution to 1 for those that share no bin. One pass.
 *
 * @param p counts or probabilities, which need no particular sum
 * @param q as many, of the same bins
 * @throws {@link DataError} for lists that are empty or all 0, for numbers below 0 or not finite
 * @throws {@link ShapeError} for another number of bins
 *
 * @example
 * totalVariation([1, 1], [1, 3]); // 0.25
 */
export function totalVariation(p: ArrayLike<number>, q: ArrayLike<number>): number {
  const [a, b] = checkBoth(p, q);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i]! - b[i]!);
  return Math.min(1, sum / 2);
}
