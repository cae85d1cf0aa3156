/** How alike pictures are to an eye, and how varied a set of them is. */
import { checkOptions, type Fields, integer, optional } from "../core/check.ts";
import { DataError, ShapeError, show } from "../core/errors.ts";
import { permutation, Stream } from "../core/random.ts";
import { sameShape, showShape } from "../core/shape.ts";
import { COURSE, Progress } from "./course.ts";
import { type Course, checkFeatures, type Features, type Rows } from "./features.ts";

/** Which pairs of a set are compared. */
export interface PairOptions extends Course {
  /** Number of pairs of different pictures, 1 to 2^20. Default 100. */
  readonly pairs?: number | undefined;
  /** What the pairs follow from, 0 to 2^53 - 1. Default 0. */
  readonly seed?: number | undefined;
}

/** How alike the pictures of pairs are. */
export interface Similarity {
  /** The mean over all pairs, 0 to 1. */
  readonly value: number;
  /** Its standard error, from how much the pairs differ; 0 for a single pair. */
  readonly standardError: number;
  /** That of each pair, 0 to 1. */
  readonly values: Float64Array;
  /** Number of scales, 1 to 5. */
  readonly scales: number;
}

const PAIRS: Fields<Course & { pairs: number; seed: number }> = {
  pairs: optional(integer(1, 2 ** 20), 100),
  seed: optional(integer(0, Number.MAX_SAFE_INTEGER), 0),
  ...COURSE,
};

/** Weights of the scales, the finest first: Wang et al. 2003, section 4. */
const WEIGHTS = [0.0448, 0.2856, 0.3001, 0.2363, 0.1333] as const;
/** Pixels on each side of the window. */
const WINDOW = 11;
const SIGMA = 1.5;
/** Pixels run from -1 to 1. */
const RANGE = 2;
const C1 = (0.01 * RANGE) ** 2;
const C2 = (0.03 * RANGE) ** 2;

/**
 * Multi-scale structural similarity of pictures (Wang, Simoncelli & Bovik 2003, "Multi-scale structural similarity for image quality assessment", equation 7): picture i of one set with picture i of another.
 * 1 for pictures that are the same, about 0 for those that have nothing in common.
 *
 * As in the paper: a Gaussian window of 11 × 11 pixels with σ = 1.5 inside the picture, K₁ = 0.01, K₂ = 0.03, means of 2 × 2 pixels from scale to scale (an odd row or column is left out), five scales with the
 * paper's exponents. A scale is left out where the picture has become narrower than 11 pixels, and the exponents of the others add up to 1 again: 176 pixels have all five, 64 have three, 28 have two. On a
 * picture narrower than 11 pixels there is one scale, whose window is as wide. Similarity below 0 at a scale counts as 0. Of several channels each is compared by itself, and the mean taken.
 *
 * In float64. About 5 milliseconds for a pair of 64 × 64 × 3.
 *
 * @param a pictures `[n, H, W, C]`, from -1 to 1
 * @param b others of the same shape
 * @param course a signal that ends the call, and who is told how far it is
 * @throws {@link DataError} for numbers that are not finite, or not from -1 to 1
 * @throws {@link ShapeError} for what are no pictures, or not of one shape
 * @throws {@link SpecError} for options that cannot be
 *
 * @example
 * const stripes = { data: Float32Array.from({ length: 256 }, (_, i) => (i % 4 < 2 ? -1 : 1)), shape: [1, 16, 16, 1] };
 * const { value } = await msSSIM(stripes, stripes);
 * Math.abs(value - 1) < 1e-12; // true
 */
export function msSSIM(a: Features, b: Features, course?: Course): Promise<Similarity>;
/**
 * The same of random pairs within one set: the less, the more varied it is (Odena, Olah & Shlens 2017, "Conditional image synthesis with auxiliary classifier GANs", section 4.2, where pairs are of one class).
 * To be held against that of the data: a GAN whose pairs are more alike than theirs has lost modes.
 *
 * @param images pictures `[n, H, W, C]`, from -1 to 1; at least two
 * @param options how many pairs, by which seed. Each picture is in a pair before any is in a second one
 */
export function msSSIM(images: Features, options?: PairOptions): Promise<Similarity>;
export async function msSSIM(a: Features, second: Features | PairOptions = {}, course: Course = {}): Promise<Similarity> {
  if (typeof second === "object" && second !== null && "data" in second) {
    const checked = checkOptions(COURSE, course);
    const [first, other] = [checkImages(a, "a"), checkImages(second, "b")];
    if (!sameShape(first.shape, other.shape))
      throw new ShapeError({ path: "b.shape", expected: showShape(first.shape), got: showShape(other.shape) });
    return similarity(
      first,
      other,
      Array.from({ length: first.n }, (_, i) => [i, i] as const),
      checked,
    );
  }
  const { pairs, seed, ...checked } = checkOptions(PAIRS, second);
  const images = checkImages(a, "images", 2);
  return similarity(images, images, drawPairs(images.n, pairs, seed), checked);
}

interface Pictures extends Rows {
  readonly shape: readonly [n: number, height: number, width: number, channels: number];
}

function checkImages(value: Features, path: string, least = 1): Pictures {
  const rows = checkFeatures(value, path, least);
  const shape = [...value.shape];
  if (shape.length !== 4) throw new ShapeError({ path: `${path}.shape`, expected: "[n, height, width, channels]", got: showShape(shape) });
  const beyond = rows.data.findIndex((x: number) => Math.abs(x) > 1);
  if (beyond !== -1) throw new DataError({ path: `${path}.data[${beyond}]`, expected: "a number from -1 to 1", got: show(rows.data[beyond]) });
  return { ...rows, shape: shape as unknown as Pictures["shape"] };
}

type Pair = readonly [number, number];

/** Neighbours in one random order after the other. */
function drawPairs(n: number, count: number, seed: number): Pair[] {
  const pairs: Pair[] = [];
  for (let item = 0; pairs.length < count; item++) {
    const order = permutation(n, seed, Stream.shuffle, item);
    for (let i = 0; i + 1 < n && pairs.length < count; i += 2) pairs.push([order[i]!, order[i + 1]!]);
  }
  return pairs;
}

async function similarity(a: Pictures, b: Pictures, pairs: readonly Pair[], course: Course): Promise<Similarity> {
  const progress = new Progress(course);
  const [, height, width, channels] = a.shape;
  const scales = scalesOf(Math.min(height, width));
  const values = new Float64Array(pairs.length);
  for (const [p, [i, j]] of pairs.entries()) {
    for (let c = 0; c < channels; c++) {
      values[p]! += compare(channel(a, i, c), channel(b, j, c), height, width, scales) / channels;
      await progress.at((p + (c + 1) / channels) / pairs.length);
    }
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / Math.max(1, values.length - 1);
  return { value: mean, standardError: Math.sqrt(variance / values.length), values, scales };
}

/** Scales at which a window fits into the picture. */
function scalesOf(side: number): number {
  let scales = 1;
  while (scales < WEIGHTS.length && side >> scales >= WINDOW) scales++;
  return scales;
}

function channel({ d, data, shape: [, , , channels] }: Pictures, image: number, c: number): Float64Array {
  const plane = new Float64Array(d / channels);
  for (let i = 0; i < plane.length; i++) plane[i] = data[image * d + i * channels + c]!;
  return plane;
}

/** The similarity of two planes. */
function compare(a: Float64Array, b: Float64Array, height: number, width: number, scales: number): number {
  const weights = WEIGHTS.slice(0, scales);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  let value = 1;
  for (const [scale, weight] of weights.entries()) {
    const { luminance, structure } = atScale(a, b, height, width);
    value *= Math.max(0, scale === scales - 1 ? luminance : structure) ** (weight / sum);
    if (scale === scales - 1) break;
    [a, b] = [halved(a, height, width), halved(b, height, width)];
    [height, width] = [height >> 1, width >> 1];
  }
  return Math.min(1, value); // rounding may have it above
}

/** Means over a plane: of contrast times structure, and of that times luminance. */
function atScale(a: Float64Array, b: Float64Array, height: number, width: number): { luminance: number; structure: number } {
  const window = gaussian(Math.min(WINDOW, height, width));
  const blurred = (plane: Float64Array) => blur(plane, height, width, window);
  const [meanA, meanB] = [blurred(a), blurred(b)];
  const [squareA, squareB] = [blurred(a.map((x) => x * x)), blurred(b.map((x) => x * x))];
  const product = blurred(a.map((x, i) => x * b[i]!));
  let [luminance, structure] = [0, 0];
  for (let i = 0; i < product.length; i++) {
    const [p, q] = [meanA[i]!, meanB[i]!];
    const contrast = (2 * (product[i]! - p * q) + C2) / (squareA[i]! - p * p + squareB[i]! - q * q + C2);
    structure += contrast;
    luminance += (contrast * (2 * p * q + C1)) / (p * p + q * q + C1);
  }
  return { luminance: luminance / product.length, structure: structure / product.length };
}

/** Weights of a window, which add up to 1. */
function gaussian(size: number): Float64Array {
  const weights = Float64Array.from({ length: size }, (_, i) => Math.exp(-((i - (size - 1) / 2) ** 2) / (2 * SIGMA ** 2)));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Weighted means over the windows that lie inside a plane. */
function blur(plane: Float64Array, height: number, width: number, window: Float64Array): Float64Array {
  const size = window.length;
  const columns = width - size + 1;
  const across = new Float64Array(height * columns);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < columns; x++, at++) {
      let sum = 0;
      for (let k = 0; k < size; k++) sum += window[k]! * plane[y * width + x + k]!;
      across[at] = sum;
    }
  }
  const out = new Float64Array((height - size + 1) * columns);
  for (let at = 0; at < out.length; at++) {
    let sum = 0;
    for (let k = 0; k < size; k++) sum += window[k]! * across[at + k * columns]!;
    out[at] = sum;
  }
  return out;
}

/** Means of 2 × 2 pixels. */
function halved(plane: Float64Array, height: number, width: number): Float64Array {
  const [rows, columns] = [height >> 1, width >> 1];
  const out = new Float64Array(rows * columns);
  for (let y = 0, at = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, at++) {
      const from = 2 * y * width + 2 * x;
      out[at] = (plane[from]! + plane[from + 1]! + plane[from + width]! + plane[from + width + 1]!) / 4;
    }
  }
  return out;
}
