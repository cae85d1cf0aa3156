import { checkSeed, fillNormals, Stream } from "../core/random.ts";
import { Dataset } from "../data/dataset.ts";
import { checkCount, checkLength } from "./check.ts";

/** What every toy distribution is told. */
export interface ToyOptions {
  /** Number of points; 10 000 unless given. */
  readonly count?: number;
  /** Standard deviation of each normal distribution along each axis; 0.05 unless given. */
  readonly stddev?: number;
  /** Point i of a seed is the same whatever the count; 0 unless given. */
  readonly seed?: number;
}

/**
 * Points [count, 2] of a mixture of normal distributions evenly spaced on a circle; their labels are the modes, counter-clockwise from (radius, 0).
 *
 * The classic test for mode collapse (Metz, Poole, Pfau & Sohl-Dickstein 2017, "Unrolled generative adversarial networks", section 3.1).
 *
 * @param options.modes number of distributions, 8 unless given.
 * @param options.radius of the circle, 1 unless given.
 * @throws {DataError} if an option is out of range.
 */
export function ring({ modes = 8, radius = 1, ...options }: ToyOptions & { readonly modes?: number; readonly radius?: number } = {}): Dataset {
  checkCount(modes, "modes");
  checkLength(radius, "radius");
  const centres = Array.from({ length: modes }, (_, mode): Centre => {
    const [x, y] = onCircle(mode / modes);
    return [radius * x, radius * y];
  });
  return mixture(centres, options);
}

/**
 * Points [count, 2] of a mixture of normal distributions on a square lattice; their labels are the modes, row by row from (-extent, -extent).
 *
 * @param options.side number of distributions along each axis, 5 unless given.
 * @param options.extent largest coordinate of a centre, 1 unless given.
 * @throws {DataError} if an option is out of range.
 */
export function grid({ side = 5, extent = 1, ...options }: ToyOptions & { readonly side?: number; readonly extent?: number } = {}): Dataset {
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
