/** How well generated points cover a mixture of which the centres are known. */

/** A mixture of normal distributions of equal shares. */
export interface Mixture {
  readonly centres: readonly (readonly [x: number, y: number])[];
  readonly stddev: number;
}

export interface Coverage {
  /** Share of the points within three standard deviations of a centre. */
  readonly good: number;
  /** Centres that have at least a quarter of their fair share of all points that near. */
  readonly modes: number;
}

/** How points [count, 2] cover a mixture: a shapeless cloud has points near every centre, but few there. */
export function coverage(points: Float32Array, { centres, stddev }: Mixture): Coverage {
  const counts = centres.map(() => 0);
  const count = points.length / 2;
  for (let i = 0; i < count; i++) {
    const distances = centres.map(([x, y]) => Math.hypot(points[2 * i]! - x, points[2 * i + 1]! - y));
    const nearest = distances.indexOf(Math.min(...distances));
    if (distances[nearest]! <= 3 * stddev) counts[nearest]!++;
  }
  return {
    good: counts.reduce((a, b) => a + b) / count,
    modes: counts.filter((n) => n >= count / centres.length / 4).length,
  };
}
