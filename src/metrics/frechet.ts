/** The Fréchet distance of two sets of vectors, each taken as a normal distribution. */
import { checkOptions } from "../core/check.ts";
import { COURSE, Progress } from "./course.ts";
import type { Course, FeatureBatches } from "./features.ts";
import { choleskyFactor, nuclearNorm } from "./matrices.ts";
import { type Moments, momentsOf } from "./moments.ts";
import { eachBlock } from "./pairwise.ts";

/**
 * The squared Fréchet distance of two sets of vectors, each taken as a normal distribution with its mean and covariance: |μ - μ'|² + Tr(Σ + Σ' - 2 (Σ^½ Σ' Σ^½)^½) (Heusel et al. 2017, "GANs trained
 * by a two time-scale update rule converge to a local Nash equilibrium", equation 6). On features of an Inception network this is what papers call FID; it is comparable only between sets of
 * one size on features of one network, as few samples make it larger.
 *
 * In the square of the features' unit, from 0, for equal means and covariances, up. Covariances are unbiased (divided by n - 1) and may be singular: fewer vectors than features, or features that
 * never change. The trace of the root is the sum of the singular values of F F'ᵀ, where Σ = FᵀF and Σ' = F'ᵀF': nothing complex comes up, and nothing below 0.
 *
 * Of each set only count, mean and covariance are held, all in float64. Time grows as (n + m) d² + d³: 0.1 seconds for 2 × 10,000 vectors of 64, a minute for those of 2,048.
 *
 * @param a vectors `[n, d]`, whole or batch by batch; at least two
 * @param b others, `[m, d]`
 * @param course a signal that ends the call, and who is told how far it is
 * @throws {@link DataError} for fewer than two vectors, or numbers that are not finite
 * @throws {@link ShapeError} where `a` and `b` have vectors of different sizes
 * @throws {@link SpecError} for options that cannot be
 *
 * @example
 * const still = { data: Float32Array.of(0, 0, 2, 0, 0, 2, 2, 2), shape: [4, 2] };
 * const moved = { data: Float32Array.of(3, 0, 5, 0, 3, 2, 5, 2), shape: [4, 2] };
 * const distance = await frechetDistance(still, moved);
 * distance.toFixed(6); // "9.000000"
 */
export async function frechetDistance(a: FeatureBatches, b: FeatureBatches, course: Course = {}): Promise<number> {
  const checked = checkOptions(COURSE, course);
  const progress = new Progress(checked);
  const first = await momentsOf(a, "a", undefined, checked.signal, (done) => progress.at(0.4 * done));
  const second = await momentsOf(b, "b", first.d, checked.signal, (done) => progress.at(0.4 + 0.4 * done));
  const distance = await betweenNormals(first, second, (done) => progress.at(0.8 + 0.2 * done));
  await progress.at(1);
  return distance;
}

async function betweenNormals(a: Moments, b: Moments, reach: (done: number) => Promise<void>): Promise<number> {
  const { d } = a;
  let apart = 0;
  for (let j = 0; j < d; j++) apart += (a.origin[j]! - b.origin[j]! + (a.mean[j]! - b.mean[j]!)) ** 2;
  // In units in which no variance is above 1, and no square of what follows infinite.
  const [unitA, unitB] = [largestVariance(a), largestVariance(b)];
  if (unitA === 0 || unitB === 0) return apart + trace(a) + trace(b);
  const factor = (moments: Moments, unit: number, begun: number) =>
    choleskyFactor(
      moments.covariance.map((x) => x / unit),
      d,
      moments.n - 1,
      (done) => reach(begun + done / 4),
    );
  const factors = [await factor(a, unitA, 0), await factor(b, unitB, 1 / 4)];
  const [long, short] = factors[0]!.rank >= factors[1]!.rank ? factors : factors.reverse();
  const [m, n] = [long!.rank, short!.rank];
  const product = new Float64Array(m * n);
  const rows = ({ rank, rows }: { rank: number; rows: Float64Array }) => ({ n: rank, d, data: rows });
  await eachBlock(
    "product",
    rows(long!),
    rows(short!),
    ({ values, width, row, rows, column, columns }) => {
      for (let i = 0; i < rows; i++) product.set(values.subarray(i * width, i * width + columns), (row + i) * n + column);
    },
    (done) => reach(1 / 2 + done / 8),
  );
  const overlap = Math.sqrt(unitA) * Math.sqrt(unitB) * (await nuclearNorm(product, m, n, (done) => reach(5 / 8 + (3 * done) / 8)));
  return Math.max(0, apart + trace(a) + trace(b) - 2 * overlap);
}

function trace({ d, covariance }: Moments): number {
  let sum = 0;
  for (let j = 0; j < d; j++) sum += covariance[j * d + j]!;
  return sum;
}

function largestVariance({ d, covariance }: Moments): number {
  let most = 0;
  for (let j = 0; j < d; j++) most = Math.max(most, covariance[j * d + j]!);
  return most;
}
