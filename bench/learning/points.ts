/** How well generated points cover a mixture of which the centres are known. */
import { modeCounts } from "../../src/metrics.ts";

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
  const count = points.length / 2;
  const modes = { data: centres.flat(), shape: [centres.length, 2] };
  const { share, covered } = modeCounts(
    { data: points, shape: [count, 2] },
    { modes, radius: 3 * stddev, least: Math.max(1, Math.ceil(count / centres.length / 4)) },
  );
  return { good: share, modes: covered };
}
