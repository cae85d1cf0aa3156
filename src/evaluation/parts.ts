/** Two sets of samples as an estimate needs them: each in three parts, all at one scale. */
import { fillUniforms, permutation, Stream } from "../core/random.ts";
import type { Rows } from "../metrics/features.ts";

/** Some samples of each set, row by row. */
export interface Sides {
  readonly real: Float32Array;
  readonly fake: Float32Array;
}

/** What a critic learns from, what tells which of its states is best, and what that one is asked about. */
export interface Parts {
  readonly train: Sides;
  readonly select: Sides;
  readonly estimate: Sides;
  /** Numbers of a sample. */
  readonly width: number;
  /** What the numbers of the first dimension were divided by. */
  readonly scale: number;
}

/** What share of each set selects, and what share estimates. */
const SHARE = 1 / 5;
/** As many as tell enough; the rest of a large set's share is trained on. */
const MOST_SELECTING = 2048;

/**
 * Splits both sets at random and brings them to mean 0 and, together, variance 1 in the mean of both.
 *
 * @param ownScales whether each dimension has a scale of its own: lengths are then no longer what they were
 */
export function splitSets(real: Rows, fake: Rows, seed: number, ownScales: boolean): Parts {
  const { means, scales } = scalesOf(real, fake, ownScales);
  const [ofReal, ofFake] = [split(real, 0), split(fake, 1)];
  const sides = (part: keyof typeof ofReal): Sides => ({ real: ofReal[part], fake: ofFake[part] });
  return { train: sides("train"), select: sides("select"), estimate: sides("estimate"), width: real.d, scale: scales[0]! };

  function split(rows: Rows, item: number): Record<"train" | "select" | "estimate", Float32Array> {
    const order = permutation(rows.n, seed, Stream.shuffle, item);
    const estimating = Math.floor(rows.n * SHARE);
    const selecting = Math.min(estimating, MOST_SELECTING);
    const take = (first: number, end?: number) => standardised(rows, order.subarray(first, end), means, scales);
    return { estimate: take(0, estimating), select: take(estimating, estimating + selecting), train: take(estimating + selecting) };
  }
}

/** Means and standard deviations of each dimension, each set counting for half; one deviation for all unless `own`. What never changes has the deviation 1. */
function scalesOf(real: Rows, fake: Rows, own: boolean): { means: Float64Array; scales: Float64Array } {
  const { d } = real;
  const [means, squares] = [new Float64Array(d), new Float64Array(d)];
  for (const { n, data } of [real, fake]) for (let i = 0; i < data.length; i++) means[i % d]! += data[i]! / (2 * n);
  for (const { n, data } of [real, fake]) for (let i = 0; i < data.length; i++) squares[i % d]! += (data[i]! - means[i % d]!) ** 2 / (2 * n);
  const shared = squares.reduce((a, b) => a + b, 0) / d;
  return { means, scales: squares.map((square) => Math.sqrt(own ? square : shared) || 1) };
}

function standardised({ d, data }: Rows, rows: Uint32Array, means: Float64Array, scales: Float64Array): Float32Array {
  const result = new Float32Array(rows.length * d);
  for (let i = 0; i < rows.length; i++) {
    for (let k = 0; k < d; k++) result[i * d + k] = (data[rows[i]! * d + k]! - means[k]!) / scales[k]!;
  }
  return result;
}

/** What is drawn: for which purpose, and which draw of it this is. */
export interface Draw {
  readonly seed: number;
  readonly purpose: "batch" | "resample";
  readonly index: number;
}

const PURPOSES = ["batch", "resample"];

/** Rows of both sides, of `width` numbers each, drawn independently with replacement: `counts` of the real and of the fake ones. */
export function drawSides({ real, fake }: Sides, width: number, counts: readonly [number, number], { seed, purpose, index }: Draw): Sides {
  const first = 2 * (PURPOSES.length * index + PURPOSES.indexOf(purpose));
  return { real: drawRows(real, width, counts[0], seed, first), fake: drawRows(fake, width, counts[1], seed, first + 1) };
}

function drawRows(rows: Float32Array, width: number, count: number, seed: number, item: number): Float32Array {
  const draws = new Float32Array(count);
  fillUniforms(draws, seed, Stream.noise, item);
  const result = new Float32Array(count * width);
  const all = rows.length / width;
  for (let i = 0; i < count; i++) {
    const from = Math.floor(draws[i]! * all) * width;
    for (let k = 0; k < width; k++) result[i * width + k] = rows[from + k]!;
  }
  return result;
}
