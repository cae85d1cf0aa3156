/** Count, mean and covariance of vectors that come batch by batch. */
import { orAborted } from "../core/abort.ts";
import { DataError, ShapeError, show } from "../core/errors.ts";
import { withinGrace } from "../core/time.ts";
import { type Course, checkFeatures, type FeatureBatches, type Features, type Rows } from "./features.ts";
import { products } from "./pairwise.ts";

/** What a normal distribution is described by. */
export interface Moments {
  readonly n: number;
  readonly d: number;
  /** A vector, and how far from it the mean is: apart, so that nothing is lost of a small offset between large numbers. */
  readonly origin: Float64Array;
  readonly mean: Float64Array;
  /** `[d, d]`, unbiased: divided by n - 1. */
  readonly covariance: Float64Array;
}

/** Rows that are added at a time: fewer where there are so many dimensions that others would wait long for their turn. */
const rowsFor = (d: number): number => Math.max(16, Math.min(128, Math.floor(2 ** 27 / d ** 2)));
/** Dimensions of a block of the covariance. */
const SIDE = 64;

/**
 * The moments of vectors in float64.
 *
 * @param d how many numbers a vector must have, if that is known
 * @param reach awaited now and then with the share that is done, which of batches is known at the end only
 * @throws DataError for fewer than two vectors, ShapeError for vectors of several sizes, and what `checkFeatures` throws
 */
export async function momentsOf(
  features: FeatureBatches,
  path: string,
  d: number | undefined,
  signal: Course["signal"],
  reach: (done: number) => Promise<void>,
): Promise<Moments> {
  let sums: Sums | undefined;
  const add = async (rows: Rows, at: string, reach: (done: number) => Promise<void>) => {
    const wanted = sums?.d ?? d;
    if (wanted !== undefined && rows.d !== wanted) {
      throw new ShapeError({ path: `${at}.shape`, expected: `rows of ${wanted} numbers`, got: `rows of ${rows.d}` });
    }
    sums ??= new Sums(rows);
    const { block } = sums;
    for (let row = 0; row < rows.n; row += block) {
      sums.add(rows, row, Math.min(block, rows.n - row));
      await reach(Math.min(1, (row + block) / rows.n));
    }
  };
  if (isWhole(features)) {
    await add(checkFeatures(features, path, 2), path, reach);
  } else {
    let batches = 0;
    for await (const batch of batchesOf(features, path, signal)) {
      const at = `${path}[${batches++}]`;
      await add(checkFeatures(batch, at), at, () => reach(0));
    }
    await reach(1);
  }
  if (sums === undefined || sums.n < 2) throw new DataError({ path, expected: "at least 2 rows", got: `${sums?.n ?? 0}` });
  return sums.moments();
}

const isWhole = (features: FeatureBatches): features is Features => typeof features !== "object" || features === null || "data" in features;

/** The batches of an iterable, which is closed at the end; a signal is heeded while the next one is waited for. */
async function* batchesOf(features: Iterable<Features> | AsyncIterable<Features>, path: string, signal: Course["signal"]): AsyncGenerator<unknown> {
  const iterate = (features as AsyncIterable<Features>)[Symbol.asyncIterator] ?? (features as Iterable<Features>)[Symbol.iterator];
  if (typeof iterate !== "function") throw new DataError({ path, expected: "{ data, shape }, or an iterable of such batches", got: show(features) });
  const iterator = iterate.call(features);
  let ended = false;
  try {
    for (;;) {
      const next = await orAborted(Promise.resolve(iterator.next()), [signal]);
      if (next === null) throw signal!.reason;
      ended = next.done === true;
      if (ended) return;
      yield next.value;
    }
  } finally {
    if (!ended && iterator.return)
      await withinGrace(
        Promise.resolve(iterator.return()).then(
          () => {},
          () => {},
        ),
      );
  }
}

/**
 * Sums that grow by blocks of rows (Chan, Golub & LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample variances"). Numbers count from those of the first row, so that
 * a feature that never changes has no variance at all.
 */
class Sums {
  n = 0;
  readonly d: number;
  /** The most rows that are added at a time. */
  readonly block: number;
  readonly #origin: Float64Array;
  readonly #mean: Float64Array;
  /** Products of deviations from the mean, summed: on and above the diagonal, and somewhat below it. */
  readonly #scatter: Float64Array;
  /** A block of rows, transposed, with whole sides. */
  readonly #columns: Float64Array;
  readonly #side = new Float64Array(SIDE * SIDE);

  constructor({ d, data }: Rows) {
    this.d = d;
    this.block = rowsFor(d);
    this.#origin = Float64Array.from(data.subarray(0, d));
    this.#mean = new Float64Array(d);
    this.#scatter = new Float64Array(d * d);
    this.#columns = new Float64Array(Math.ceil(d / SIDE) * SIDE * this.block);
  }

  add({ d, data }: Rows, row: number, count: number): void {
    const [columns, block] = [this.#columns, this.block];
    const gap = new Float64Array(d);
    for (let j = 0; j < d; j++) {
      const column = columns.subarray(j * block, (j + 1) * block);
      let sum = 0;
      for (let i = 0; i < count; i++) sum += column[i] = data[(row + i) * d + j]! - this.#origin[j]!;
      const mean = sum / count;
      for (let i = 0; i < count; i++) column[i]! -= mean;
      column.fill(0, count);
      gap[j] = mean - this.#mean[j]!;
    }
    const total = this.n + count;
    const weight = (this.n / total) * count;
    for (let i = 0; i < d; i += SIDE) {
      const left = columns.subarray(i * block);
      for (let j = i; j < d; j += SIDE) this.#addSide(i, j, left, columns.subarray(j * block), gap, weight);
    }
    for (let j = 0; j < d; j++) this.#mean[j]! += gap[j]! * (count / total);
    this.n = total;
  }

  #addSide(i: number, j: number, left: Float64Array, right: Float64Array, gap: Float64Array, weight: number): void {
    const [d, side, scatter] = [this.d, this.#side, this.#scatter];
    const [rows, columns] = [Math.min(SIDE, d - i), Math.min(SIDE, d - j)];
    products(left, right, this.block, rows, columns, side, SIDE);
    for (let p = 0; p < rows; p++) {
      const scaled = weight * gap[i + p]!;
      for (let q = 0, at = (i + p) * d + j; q < columns; q++, at++) scatter[at]! += side[p * SIDE + q]! + scaled * gap[j + q]!;
    }
  }

  moments(): Moments {
    const { n, d } = this;
    const covariance = this.#scatter.map((sum) => sum / (n - 1));
    for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) covariance[i * d + j] = covariance[j * d + i]!;
    return { n, d, origin: this.#origin, mean: this.#mean, covariance };
  }
}
