/** Walks over the shell on which a latent lies: its length stays, its direction turns. */

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** A walk that begins at a latent. */
export interface Walk {
  readonly start: Float32Array;
  /** Two directions across `start` and each other, as long as it is; zeros where there are too few dimensions. */
  readonly across: readonly [Float32Array, Float32Array];
}

/** @param latents three of them, one after another: where it begins, and two that say where to */
export function walkOf(latents: Float32Array): Walk {
  const size = latents.length / 3;
  const [start, first, second] = [0, 1, 2].map((i) => latents.slice(i * size, (i + 1) * size)) as [Float32Array, Float32Array, Float32Array];
  const length = Math.sqrt(dot(start, start));
  const straighten = (direction: Float32Array, ...others: readonly Float32Array[]): Float32Array => {
    const before = Math.sqrt(dot(direction, direction));
    let rest = direction;
    for (const other of others) {
      const share = dot(rest, other) / (dot(other, other) || 1);
      rest = rest.map((value, i) => value - share * other[i]!);
    }
    const left = Math.sqrt(dot(rest, rest));
    // What rounding leaves of a direction that is none is none.
    return rest.map((value) => (left > 1e-4 * before ? (value / left) * length : 0));
  };
  const across = straighten(first, start);
  return { start, across: [across, straighten(second, start, across)] };
}

/** The latent that is reached by turning in both directions, in radians: along a great circle, as far as the two make together. */
export function turned({ start, across: [first, second] }: Walk, x: number, y: number): Float32Array {
  const angle = Math.hypot(x, y);
  if (angle === 0) return start.slice();
  const [along, right, up] = [Math.cos(angle), (Math.sin(angle) * x) / angle, (Math.sin(angle) * y) / angle];
  return start.map((value, i) => along * value + right * first[i]! + up * second[i]!);
}
