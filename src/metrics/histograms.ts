import { type Check, checkOptions, either, type Fields, integer, list, optional, pair, real } from "../core/check.ts";
import { DataError, ShapeError, show } from "../core/errors.ts";
import { checkFeatures, type Features, type Rows } from "./features.ts";

/** How points are counted. Nothing must be given. */
export interface HistogramOptions {
  /** Number of bins along each axis, or a list of one for each: 1 to 65536, and 2^24 in all at most. Default 32. */
  readonly bins?: number | readonly number[] | undefined;
  /** Where bins begin and end, for each axis; what lies beyond counts in the outermost. Default: from the least to the largest number of both sets. */
  readonly range?: readonly (readonly [low: number, high: number])[] | undefined;
}

/** How many points of two sets lie in each bin. */
export interface Histograms {
  /** How many of `a`, the last axis fastest. */
  readonly p: Float64Array;
  /** How many of `b`, in the same bins. */
  readonly q: Float64Array;
  /** Number of bins along each axis. */
  readonly bins: readonly number[];
  /** Where bins begin and end, for each axis. */
  readonly range: readonly (readonly [low: number, high: number])[];
}

type Interval = readonly [low: number, high: number];

const MOST_BINS = 2 ** 24;
const BINS = integer(1, 65536);
const BOUND = real(-1e150, 1e150);

const INTERVAL: Check<Interval> = (value, path, faults) => {
  const interval = pair(BOUND, BOUND)(value, path, faults);
  if (interval === undefined || interval[0] < interval[1]) return interval;
  faults.push({ path, expected: "two numbers, the first below the second", got: show(value) });
  return undefined;
};

const HISTOGRAM: Fields<{ bins: number | readonly number[]; range: readonly Interval[] | undefined }> = {
  bins: optional(either(BINS, list(BINS, { min: 1 })), 32),
  range: optional<readonly Interval[] | undefined>(list(INTERVAL, { min: 1 }), undefined),
};

/**
 * Counts two sets of points in the same bins, evenly spaced boxes: what {@link jensenShannon}, {@link kullbackLeibler} and {@link totalVariation} compare. For points of one or two dimensions, as nearly
 * all bins of more are empty.
 *
 * What is made of the counts depends on the bins: that of two samples of one distribution is not 0, but falls with the number of points in a bin.
 *
 * @param a points `[n, d]`
 * @param b points `[m, d]`
 * @throws {@link SpecError} for options that cannot be
 * @throws {@link DataError} for numbers that are not finite, or more bins than that in all
 * @throws {@link ShapeError} unless both have the same d, and lists of bins and ranges as many items
 *
 * @example
 * const a = { data: [0, 0.2, 0.9, 1], shape: [4, 1] };
 * const b = { data: [0.1, 0.8], shape: [2, 1] };
 * const { p, q, range } = histograms(a, b, { bins: 2 });
 * Array.from(p); // [2, 2]
 * totalVariation(p, q); // 0
 * range.flat(); // [0, 1]
 */
export function histograms(a: Features, b: Features, options: HistogramOptions = {}): Histograms {
  const { bins: asked, range: given } = checkOptions(HISTOGRAM, options);
  const [x, y] = [checkFeatures(a, "a"), checkFeatures(b, "b")];
  const d = x.d;
  if (y.d !== d) throw new ShapeError({ path: "b.shape", expected: `rows of ${d} numbers, as a has`, got: `rows of ${y.d}` });
  for (const [path, items] of [["bins", asked] as const, ["range", given] as const]) {
    if (typeof items === "object" && items.length !== d)
      throw new ShapeError({ path, expected: `${d} items, one for each axis`, got: `${items.length}` });
  }
  const bins = typeof asked === "number" ? Array.from({ length: d }, () => asked) : asked;
  const all = bins.reduce((product, count) => product * count, 1);
  if (all > MOST_BINS) throw new DataError({ path: "bins", expected: `at most ${MOST_BINS} in all`, got: show(bins) });
  const range = given ?? bins.map((_, axis) => rangeOf([x, y], axis));
  return { p: counted(x, bins, range, all), q: counted(y, bins, range, all), bins, range };
}

/** From the least to the largest number along an axis. Where they are the same, some way around it. */
function rangeOf(sets: readonly Rows[], axis: number): Interval {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { data, d } of sets) {
    for (let at = axis; at < data.length; at += d) {
      low = Math.min(low, data[at]!);
      high = Math.max(high, data[at]!);
    }
  }
  const margin = low < high ? 0 : Math.max(0.5, Math.abs(low) / 2);
  return [low - margin, high + margin];
}

function counted({ n, d, data }: Rows, bins: readonly number[], range: readonly Interval[], all: number): Float64Array {
  const counts = new Float64Array(all);
  for (let i = 0, at = 0; i < n; i++) {
    let bin = 0;
    for (let axis = 0; axis < d; axis++) {
      const [low, high] = range[axis]!;
      const place = Math.floor(((data[at++]! - low) / (high - low)) * bins[axis]!);
      bin = bin * bins[axis]! + Math.min(Math.max(place, 0), bins[axis]! - 1);
    }
    counts[bin]!++;
  }
  return counts;
}
