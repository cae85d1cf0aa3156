import { checkOptions, type Fields, integer, optional } from "../core/check.ts";
import { fillNormals, Stream } from "../core/random.ts";
import { type Coupling, coupledDistance, coupleEvenly } from "./coupling.ts";
import { COURSE, Progress } from "./course.ts";
import type { Course, Features } from "./features.ts";
import { checkPoints } from "./points.ts";
import { EXPONENT } from "./wasserstein.ts";

/** Along which lines points are compared. Nothing must be given. */
export interface SlicedWassersteinOptions extends Course {
  /** Number of lines, 1 to 65536. Default 128. */
  readonly projections?: number | undefined;
  /** The exponent of the cost, from 1 to 1000. Default 1. */
  readonly p?: number | undefined;
  /** What the lines follow from, 0 to 2^53 - 1; line i depends on the seed, on d and i alone. Default 0. */
  readonly seed?: number | undefined;
}

export const PROJECTIONS = optional(integer(1, 65536), 128);
export const SEED = optional(integer(0, Number.MAX_SAFE_INTEGER), 0);

const SLICED: Fields<Course & { projections: number; p: number; seed: number }> = { projections: PROJECTIONS, p: EXPONENT, seed: SEED, ...COURSE };

/**
 * The sliced Wasserstein distance of two sets of points, of any sizes: SW_p = (mean over directions θ of W_p(θ·a, θ·b)^p)^(1/p), the exact distances of the points' shadows on random lines (Bonneel,
 * Rabin, Peyré & Pfister 2015, "Sliced and Radon Wasserstein barycenters of measures", equation 6). Directions are uniform on the sphere: normal draws, normalised.
 *
 * In the unit of the points, at most W_p, and 0 for the same points in any order. A shift by t alone gives about |t| / √d for p = 2; the share of chance in it falls as 1/√projections. Takes
 * d multiplications and a sort for each point and line: no matrix of costs.
 *
 * @param a points `[n, d]`
 * @param b points `[m, d]`
 * @throws {@link SpecError} for options that cannot be
 * @throws {@link DataError} for numbers that are not finite
 * @throws {@link ShapeError} unless both have the same d
 * @throws the signal's reason, once it is aborted
 *
 * @example
 * const { data, shape } = ring({ count: 500, seed: 1 });
 * const moved = { data: data.map((x) => x + 1), shape };
 * // Moved by √2, of which a line sees 2/π on average: about 0.9.
 * console.log(await slicedWasserstein({ data, shape }, moved));
 */
export async function slicedWasserstein(a: Features, b: Features, options: SlicedWassersteinOptions = {}): Promise<number> {
  const { projections, p, seed, ...course } = checkOptions(SLICED, options);
  const points = checkPoints(a, b);
  const progress = new Progress(course);
  const distance = await sliced(points.a, points.b, points.d, { projections, p, seed }, (done) => progress.at(done));
  await progress.at(1);
  return points.unit * distance;
}

/** The sliced distance of points `[n, d]` and `[m, d]`; `pause` is awaited between lines. */
export async function sliced(
  a: Float64Array | Float32Array,
  b: Float64Array | Float32Array,
  d: number,
  { projections, p, seed }: { readonly projections: number; readonly p: number; readonly seed: number },
  pause: (done: number) => Promise<void>,
): Promise<number> {
  const shadows = [a, b].map(({ length }) => new Float64Array(length / d)) as [Float64Array, Float64Array];
  const coupling = coupleEvenly(shadows[0].length, shadows[1].length);
  const distances = new Float64Array(projections);
  for (let k = 0; k < projections; k++) {
    await pause(k / projections);
    distances[k] = shadowDistance([a, b], shadows, direction(d, seed, k), coupling, p);
  }
  return powerMean(distances, p);
}

/** Direction `k` of a seed, of length 1. */
export function direction(d: number, seed: number, k: number): Float64Array {
  const normals = new Float32Array(d);
  fillNormals(normals, seed, Stream.projections, k);
  const length = Math.sqrt(normals.reduce((sum, x) => sum + x * x, 0));
  return Float64Array.from(normals, (x) => x / length);
}

function shadowDistance(
  points: readonly [Float64Array | Float32Array, Float64Array | Float32Array],
  shadows: readonly [Float64Array, Float64Array],
  along: Float64Array,
  coupling: Coupling,
  p: number,
): number {
  for (const [k, shadow] of shadows.entries()) project(points[k]!, along, shadow).sort();
  return coupledDistance(...shadows, coupling, p);
}

function project(points: Float64Array | Float32Array, along: Float64Array, shadow: Float64Array): Float64Array {
  const d = along.length;
  for (let i = 0, at = 0; i < shadow.length; i++) {
    let sum = 0;
    for (let k = 0; k < d; k++) sum += points[at++]! * along[k]!;
    shadow[i] = sum;
  }
  return shadow;
}

/** (mean x^p)^(1/p) of numbers from 0 on, none of whose powers is infinite, or all of them 0. */
function powerMean(values: Float64Array, p: number): number {
  const most = values.reduce((a, b) => Math.max(a, b));
  return most === 0 ? 0 : most * (values.reduce((sum, x) => sum + (x / most) ** p, 0) / values.length) ** (1 / p);
}
