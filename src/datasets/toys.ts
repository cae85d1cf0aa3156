import { checkSeed, fillNormals, Stream } from "../core/random.ts";
import { Dataset } from "../data/dataset.ts";
import { checkCount, checkLength } from "./check.ts";

/** How many points are drawn of a toy distribution, and how. */
export interface ToyOptions {
  /** Number of points, at least 1. Default 10 000. */
  readonly count?: number;
  /** Standard deviation of each normal distribution along each axis, at least 0. Default 0.05. */
  readonly stddev?: number;
  /** What the points follow from, 0 to 2^53 - 1; point i of a seed is the same whatever the count. Default 0. */
  readonly seed?: number;
}

/**
 * Draws points `[count, 2]` of a mixture of normal distributions evenly spaced on a circle; their labels are the modes, counter-clockwise from (radius, 0).
 *
 * The classic test for mode collapse (Metz, Poole, Pfau & Sohl-Dickstein 2017, "Unrolled generative adversarial networks", section 3.1).
 *
 * @param options how many points, of which distributions
 * @throws {@link DataError} if an option is out of range
 *
 * @example
 * const points = ring({ count: 800, modes: 8, seed: 1 });
 * points.shape; // [800, 2]
 */
export function ring({
  modes = 8,
  radius = 1,
  ...options
}: ToyOptions & {
  /** Number of distributions, at least 1. Default 8. */
  readonly modes?: number;
  /** Radius of the circle, at least 0. Default 1. */
  readonly radius?: number;
} = {}): Dataset {
  checkCount(modes, "modes");
  checkLength(radius, "radius");
  const centres = Array.from({ length: modes }, (_, mode): Centre => {
    const [x, y] = onCircle(mode / modes);
    return [radius * x, radius * y];
  });
  return mixture(centres, options);
}

/**
 * Draws points `[count, 2]` of a mixture of normal distributions on a square lattice; their labels are the modes, row by row from (-extent, -extent).
 *
 * @param options how many points, of which distributions
 * @throws {@link DataError} if an option is out of range
 *
 * @example
 * const points = grid({ count: 2500, side: 5 });
 * points.labels[26]; // 1
 */
export function grid({
  side = 5,
  extent = 1,
  ...options
}: ToyOptions & {
  /** Number of distributions along each axis, at least 1. Default 5. */
  readonly side?: number;
  /** Largest coordinate of a centre, at least 0. Default 1. */
  readonly extent?: number;
} = {}): Dataset {
  checkCount(side, "side");
  checkLength(extent, "extent");
  const at = (k: number) => (side === 1 ? 0 : extent * ((2 * k) / (side - 1) - 1));
  const centres = Array.from({ length: side * side }, (_, mode): Centre => [at(mode % side), at(Math.floor(mode / side))]);
  return mixture(centres, options);
}

type Centre = readonly [x: number, y: number];

/** Point i belongs to mode i modulo their number, so that the modes are as equal as can be. */
function mixture(centres: readonly Centre[], { count = 10_000, stddev = 0.05, seed = 0 }: ToyOptions): Dataset {
  checkCount(count);
  checkLength(stddev, "stddev");
  checkSeed("seed", seed);
  const data = new Float32Array(2 * count);
  const labels = new Float32Array(count);
  const normals = new Float32Array(2);
  for (let i = 0; i < count; i++) {
    fillNormals(normals, seed, Stream.data, i);
    const mode = i % centres.length;
    const [x, y] = centres[mode]!;
    data[2 * i] = x + stddev * normals[0]!;
    data[2 * i + 1] = y + stddev * normals[1]!;
    labels[i] = mode;
  }
  return new Dataset({ data, shape: [count, 2], labels });
}

/** Cosine and sine of a fraction of a full turn, by their series, for engines differ in theirs. */
function onCircle(turn: number): Centre {
  // A quarter turn at a time is exact; within it the series' twelfth term is below 1e-16.
  const quarters = Math.floor(4 * turn);
  const angle = (turn - quarters / 4) * 2 * Math.PI;
  let [cosine, sine] = [0, 0];
  for (let n = 22; n >= 0; n -= 2) {
    cosine = 1 - (cosine * angle * angle) / ((n + 1) * (n + 2));
    sine = 1 - (sine * angle * angle) / ((n + 2) * (n + 3));
  }
  sine *= angle;
  return (
    [
      [cosine, sine],
      [-sine, cosine],
      [-cosine, -sine],
      [sine, -cosine],
    ] as const
  )[quarters]!;
}
