/** How far two sets of pictures are apart, as distributions. */
import type { Images } from "../src/formats/image.ts";
import { product, squareRoot, symmetricEigen } from "./eigen.ts";

/** Cells on each side of the grid that a picture is averaged over. */
const GRID = 8;

/** Rows of numbers, [count, size]. */
export interface Features {
  readonly count: number;
  readonly size: number;
  readonly data: Float64Array;
}

/** Each picture as the means of its channels over an 8 × 8 grid: 192 numbers for one in colour. What is smaller than a cell is not seen. */
export function features({ shape, data }: Pick<Images, "shape" | "data">): Features {
  const [count, height, width, channels] = shape as [number, number, number, number];
  if (shape.length !== 4 || height % GRID || width % GRID)
    throw new Error(`pictures whose sides are multiples of ${GRID} are wanted, not [${shape}]`);
  const size = GRID * GRID * channels;
  const out = new Float64Array(count * size);
  const share = (GRID * GRID) / (height * width);
  for (let i = 0, at = 0; i < count; i++) {
    for (let y = 0; y < height; y++) {
      const row = Math.floor((y * GRID) / height) * GRID;
      for (let x = 0; x < width; x++) {
        const cell = i * size + (row + Math.floor((x * GRID) / width)) * channels;
        for (let c = 0; c < channels; c++) out[cell + c]! += share * data[at++]!;
      }
    }
  }
  return { count, size, data: out };
}

/**
 * The squared Fréchet distance of two sets of features, each taken as a normal distribution with its mean and (unbiased) covariance: |m - m'|² + Tr(C + C' - 2 (C C')^½)
 * (Heusel et al. 2017, "GANs trained by a two time-scale update rule", eq. 6).
 *
 * C C' has the eigenvalues of the symmetric C^½ C' C^½, whose square roots are summed.
 */
export function frechetDistance(a: Features, b: Features): number {
  const n = a.size;
  const [first, second] = [moments(a), moments(b)];
  const root = squareRoot(first.covariance, n);
  const { values } = symmetricEigen(symmetric(product(product(root, second.covariance, n), root, n), n), n);
  const overlap = values.reduce((sum, x) => sum + Math.sqrt(Math.max(0, x)), 0);
  const apart = first.mean.reduce((sum, m, i) => sum + (m - second.mean[i]!) ** 2, 0);
  return apart + trace(first.covariance, n) + trace(second.covariance, n) - 2 * overlap;
}

function moments({ count, size, data }: Features): { mean: Float64Array; covariance: Float64Array } {
  const mean = new Float64Array(size);
  for (let i = 0; i < data.length; i++) mean[i % size]! += data[i]! / count;
  const covariance = new Float64Array(size * size);
  const row = new Float64Array(size);
  for (let i = 0; i < count; i++) {
    for (let j = 0; j < size; j++) row[j] = data[i * size + j]! - mean[j]!;
    for (let j = 0; j < size; j++) {
      const scaled = row[j]! / (count - 1);
      for (let k = 0; k < size; k++) covariance[j * size + k]! += scaled * row[k]!;
    }
  }
  return { mean, covariance: symmetric(covariance, size) };
}

/** Without what rounding has made different on both sides of the diagonal. */
const symmetric = (a: Float64Array, n: number): Float64Array => a.map((x, i) => (x + a[(i % n) * n + Math.floor(i / n)]!) / 2);

function trace(a: Float64Array, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[i * n + i]!;
  return sum;
}
