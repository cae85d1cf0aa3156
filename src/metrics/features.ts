/** What metrics look at: vectors, row by row, given whole or as batches. */
import { BYTE_VALUES, isBytes } from "../core/bytes.ts";
import { DataError, ShapeError, show } from "../core/errors.ts";
import type { AbortSignalLike } from "../core/platform.ts";
import { showShape, sizeOf } from "../core/shape.ts";

/**
 * Vectors `[n, d]`, row by row, the numbers finite. With more dimensions (images `[n, H, W, C]`) all but the first count as one: what `gan.sample` gives, and a `Dataset`, can be handed in as they are.
 * Bytes of a dataset count as what they stand for, -1 to 1.
 */
export interface Features {
  /** The numbers, row by row. */
  readonly data: ArrayLike<number>;
  /** `[n, d]`, or `[n, ...]`. */
  readonly shape: readonly number[];
}

/** Vectors given whole, or batch by batch where they are too many to hold: each batch of any size, all of the same d. */
export type FeatureBatches = Features | Iterable<Features> | AsyncIterable<Features>;

/** What every metric that may take long takes. */
export interface Course {
  /** Ends the work with its reason once it is aborted. */
  readonly signal?: AbortSignalLike | undefined;
  /** Told now and then how much is done, from 0 to 1. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** Vectors that were checked: `n` rows of `d` finite numbers. */
export interface Rows {
  readonly n: number;
  readonly d: number;
  readonly data: Float32Array | Float64Array;
}

/**
 * Checks vectors.
 *
 * @param least the fewest rows that will do
 * @throws {@link DataError} for what is no such record, numbers that are not finite (with the place of the first), or too few rows
 * @throws {@link ShapeError} where the numbers do not fill the shape
 */
export function checkFeatures(value: unknown, path: string, least = 1): Rows {
  if (typeof value !== "object" || value === null || !("data" in value) || !("shape" in value)) {
    throw new DataError({ path, expected: "{ data, shape }: vectors [n, d], row by row", got: show(value) });
  }
  const { data, shape } = value as Features;
  const dimensions = Array.isArray(shape) ? [...shape] : [];
  if (dimensions.length < 2 || !dimensions.every((size) => Number.isInteger(size) && size > 0)) {
    throw new ShapeError({ path: `${path}.shape`, expected: "[n, d], or more dimensions, each a whole number above 0", got: show(shape) });
  }
  if (typeof data !== "object" || data === null || data.length !== sizeOf(dimensions)) {
    throw new ShapeError({
      path: `${path}.data`,
      expected: `${sizeOf(dimensions)} numbers, as the shape ${showShape(dimensions)} says`,
      got: show(data),
    });
  }
  const n = dimensions[0]!;
  if (n < least) throw new DataError({ path, expected: `at least ${least} rows`, got: `${n}` });
  return { n, d: sizeOf(dimensions) / n, data: numbers(data, path) };
}

/** Beyond it, sums of squares would not be finite. */
const MOST = 1e150;

/** The numbers as floats; those of bytes run from -1 to 1. */
const numbers = (data: ArrayLike<number>, path: string): Float32Array | Float64Array =>
  isBytes(data) ? Float32Array.from(data, (byte) => BYTE_VALUES[byte]!) : checkFinite(data, `${path}.data`);

/** The numbers as floats. @throws DataError for one that is not finite, with its place */
export function checkFinite(data: ArrayLike<number>, path: string): Float32Array | Float64Array {
  const floats = data instanceof Float32Array || data instanceof Float64Array ? data : Float64Array.from(data);
  for (let i = 0; i < floats.length; i++) {
    // Written so that NaN fails too.
    if (!(Math.abs(floats[i]!) <= MOST)) {
      throw new DataError({ path: `${path}[${i}]`, expected: `a number from -${MOST} to ${MOST}`, got: show(floats[i]) });
    }
  }
  return floats;
}
