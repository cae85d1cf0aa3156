/** How far images are from each other, in small versions of them: what tells whether they are all alike. */
import { type Shape, sizeOf } from "../../core/shape.ts";

/** Rows [n, d] of numbers. */
export interface Rows {
  readonly n: number;
  readonly d: number;
  readonly data: Float32Array;
}

/** The most pixels of a side that are compared: more say little of whether pictures are alike, and take long. */
const SIDE = 8;

/** Images [n, H, W, C] as means over squares, at most 8 x 8 of them; vectors [n, d] by at most 256 of their numbers. */
export function reduced(data: Float32Array, shape: Shape): Rows {
  const size = sizeOf(shape);
  const n = data.length / size;
  if (shape.length !== 3) return thinned({ n, d: size, data }, 256);
  const [height, width, channels] = shape as [number, number, number];
  const step = Math.ceil(Math.max(height, width) / SIDE);
  if (step === 1) return { n, d: size, data };
  const [rows, columns] = [Math.ceil(height / step), Math.ceil(width / step)];
  const d = rows * columns * channels;
  const sums = new Float32Array(n * d);
  /** Pixels of a side of the square that one is in: those at the end may be smaller. */
  const among = (pixel: number, side: number): number => Math.min(step, side - (pixel - (pixel % step)));
  for (let i = 0; i < n; i++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const from = i * size + (y * width + x) * channels;
        const to = i * d + (Math.floor(y / step) * columns + Math.floor(x / step)) * channels;
        const pixels = among(y, height) * among(x, width);
        for (let c = 0; c < channels; c++) sums[to + c]! += data[from + c]! / pixels;
      }
    }
  }
  return { n, d, data: sums };
}

function squaredDistance(a: Rows, i: number, b: Rows, j: number): number {
  const { d } = a;
  let sum = 0;
  for (let k = 0; k < d; k++) sum += (a.data[i * d + k]! - b.data[j * d + k]!) ** 2;
  return sum;
}

/** The mean squared distance of rows of the same number. */
export function meanSquaredDistance(a: Rows, b: Rows): number {
  let sum = 0;
  for (let i = 0; i < a.n; i++) sum += squaredDistance(a, i, b, i);
  return sum / a.n;
}

/** The squared distances of all pairs of rows, i < j. */
export function pairs(rows: Rows): Float64Array {
  const distances = new Float64Array((rows.n * (rows.n - 1)) / 2);
  let at = 0;
  for (let i = 0; i < rows.n; i++) for (let j = i + 1; j < rows.n; j++) distances[at++] = squaredDistance(rows, i, rows, j);
  return distances;
}

export const median = (values: Iterable<number>): number => {
  const sorted = Float64Array.from(values).sort();
  return sorted[sorted.length >> 1] ?? 0;
};

/**
 * How many rows there seem to be, from 1 (all alike) to n (each by itself): the Vendi score of order 2, n² / Σ K(i, j)² (Pasarkar & Dieng 2023, equation 3, after Friedman & Dieng 2022), with a rational quadratic kernel, which
 * every engine computes alike.
 *
 * @param distances squared, of all pairs of `n` rows
 * @param scale the squared distance at which rows begin to count as two
 */
export function effectiveNumber(distances: Float64Array, n: number, scale: number): number {
  let sum = n;
  for (const distance of distances) {
    const kernel = 1 / (1 + distance / (8 * scale)) ** 4;
    sum += 2 * kernel * kernel;
  }
  return (n * n) / sum;
}

/** The share of rows to which another one is nearer than a squared distance. */
export function shareWithTwin(distances: Float64Array, n: number, nearer: number): number {
  const has = new Uint8Array(n);
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) if (distances[at++]! < nearer) has[i] = has[j] = 1;
  }
  return has.reduce((a, b) => a + b, 0) / n;
}

/** Every so many numbers there is a look whether a row can still be the nearest. */
const GLANCE = 16;

/** The squared distance of each row to the nearest of `pool`; a row of `pool` itself is no neighbour of its own, but other rows like it are. */
export function nearestDistances(rows: Rows, pool: Rows): Float64Array {
  const nearest = new Float64Array(rows.n).fill(Number.POSITIVE_INFINITY);
  const within = rows.data.buffer === pool.data.buffer && rows.data.byteOffset === pool.data.byteOffset;
  const { d } = rows;
  for (let i = 0; i < rows.n; i++) {
    for (let j = 0; j < pool.n; j++) {
      if (within && i === j) continue;
      let sum = 0;
      for (let k = 0; k < d && sum < nearest[i]!; ) {
        for (const end = Math.min(k + GLANCE, d); k < end; k++) sum += (rows.data[i * d + k]! - pool.data[j * d + k]!) ** 2;
      }
      nearest[i] = Math.min(nearest[i]!, sum);
    }
  }
  return nearest;
}

/** Rows with at most so many of their numbers, evenly chosen. */
export function thinned({ n, d, data }: Rows, most: number): Rows {
  if (d <= most) return { n, d, data };
  const thin = new Float32Array(n * most);
  for (let i = 0; i < n; i++) for (let k = 0; k < most; k++) thin[i * most + k] = data[i * d + Math.floor((k * d) / most)]!;
  return { n, d: most, data: thin };
}
