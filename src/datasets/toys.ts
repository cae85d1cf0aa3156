import { checkOptions, type Fields, integer, optional, real } from "../core/check.ts";
import { fillNormals, Stream } from "../core/random.ts";
import { onCircle } from "../core/series.ts";
import { Dataset } from "../data/dataset.ts";

/** How many points are drawn of a toy distribution, and how. */
export interface ToyOptions {
  /** Number of points, 1 to 2^24. Default 10 000. */
  readonly count?: number;
  /** Standard deviation of each normal distribution along each axis, 0 to 1e30. Default 0.05. */
  readonly stddev?: number;
  /** What the points follow from, 0 to 2^53 - 1; point i of a seed is the same whatever the count. Default 0. */
  readonly seed?: number;
}

/** As far out as a point may be asked for, so that every point is a finite float. */
const LENGTH = real(0, 1e30);

const TOY: Fields<Required<ToyOptions>> = {
  count: optional(integer(1, 2 ** 24), 10_000),
  stddev: optional(LENGTH, 0.05),
  seed: optional(integer(0, Number.MAX_SAFE_INTEGER), 0),
};

const RING: Fields<Required<ToyOptions> & { modes: number; radius: number }> = {
  modes: optional(integer(1, 65536), 8),
  radius: optional(LENGTH, 1),
  ...TOY,
};

const GRID: Fields<Required<ToyOptions> & { side: number; extent: number }> = {
  side: optional(integer(1, 256), 5),
  extent: optional(LENGTH, 1),
  ...TOY,
};

/**
 * Draws points `[count, 2]` of a mixture of normal distributions evenly spaced on a circle; their labels are the modes, counter-clockwise from (radius, 0).
 *
 * The classic test for mode collapse (Metz, Poole, Pfau & Sohl-Dickstein 2017, "Unrolled generative adversarial networks", section 3.1).
 *
 * @param options how many points, of which distributions
 * @throws {@link SpecError} for options that cannot be
 *
 * @example
 * const points = ring({ count: 800, modes: 8, seed: 1 });
 * points.shape; // [800, 2]
 */
export function ring(
  options: ToyOptions & {
    /** Number of distributions, 1 to 65536. Default 8. */
    readonly modes?: number;
    /** Radius of the circle, 0 to 1e30. Default 1. */
    readonly radius?: number;
  } = {},
): Dataset {
  const { modes, radius, ...toy } = checkOptions(RING, options);
  const centres = Array.from({ length: modes }, (_, mode): Centre => {
    const [x, y] = onCircle(mode / modes);
    return [radius * x, radius * y];
  });
  return mixture(centres, toy);
}

/**
 * Draws points `[count, 2]` of a mixture of normal distributions on a square lattice; their labels are the modes, row by row from (-extent, -extent).
 *
 * @param options how many points, of which distributions
 * @throws {@link SpecError} for options that cannot be
 *
 * @example
 * const points = grid({ count: 2500, side: 5 });
 * points.labels[26]; // 1
 */
export function grid(
  options: ToyOptions & {
    /** Number of distributions along each axis, 1 to 256. Default 5. */
    readonly side?: number;
    /** Largest coordinate of a centre, 0 to 1e30. Default 1. */
    readonly extent?: number;
  } = {},
): Dataset {
  const { side, extent, ...toy } = checkOptions(GRID, options);
  const at = (k: number) => (side === 1 ? 0 : extent * ((2 * k) / (side - 1) - 1));
  const centres = Array.from({ length: side * side }, (_, mode): Centre => [at(mode % side), at(Math.floor(mode / side))]);
  return mixture(centres, toy);
}

type Centre = readonly [x: number, y: number];

/** Point i belongs to mode i modulo their number, so that the modes are as equal as can be. */
function mixture(centres: readonly Centre[], { count, stddev, seed }: Required<ToyOptions>): Dataset {
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
