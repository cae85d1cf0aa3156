/** The best way to carry masses along a line, which keeps their order: Villani 2003, "Topics in optimal transportation", theorem 2.18. */

/** Which mass of the first, in order, goes to which of the second, and how much of it. */
export interface Coupling {
  readonly from: Uint32Array;
  readonly to: Uint32Array;
  readonly mass: Float64Array;
  /** The sum of `mass`. */
  readonly total: number;
}

/** Couples the quantiles of masses that have the same sum, but for rounding; where they are whole numbers there is none. */
export function coupleQuantiles(a: ArrayLike<number>, b: ArrayLike<number>): Coupling {
  const most = a.length + b.length;
  const [from, to, mass] = [new Uint32Array(most), new Uint32Array(most), new Float64Array(most)];
  let [count, total] = [0, 0];
  let [i, j] = [0, 0];
  let [left, wanted] = [a[0]!, b[0]!];
  while (i < a.length && j < b.length) {
    const moved = Math.min(left, wanted);
    if (moved > 0) {
      from[count] = i;
      to[count] = j;
      mass[count++] = moved;
      total += moved;
    }
    left -= moved;
    wanted -= moved;
    if (left === 0) left = a[++i] ?? 0;
    else wanted = b[++j] ?? 0;
  }
  return { from: from.subarray(0, count), to: to.subarray(0, count), mass: mass.subarray(0, count), total };
}

/** The coupling of n equal masses with m. */
export const coupleEvenly = (n: number, m: number): Coupling => coupleQuantiles(new Float64Array(n).fill(m), new Float64Array(m).fill(n));

/** (Σ mass |x - y|^p / Σ mass)^(1/p) over a coupling of numbers x and y in ascending order. */
export function coupledDistance(x: Float64Array, y: Float64Array, { from, to, mass, total }: Coupling, p: number): number {
  let most = 0;
  for (let k = 0; k < mass.length; k++) most = Math.max(most, Math.abs(x[from[k]!]! - y[to[k]!]!));
  if (most === 0) return 0;
  let sum = 0;
  // As shares of the largest gap, of which no power is infinite.
  for (let k = 0; k < mass.length; k++) {
    const gap = Math.abs(x[from[k]!]! - y[to[k]!]!);
    sum += mass[k]! * (p === 1 ? gap / most : (gap / most) ** p);
  }
  return most * (sum / total) ** (1 / p);
}
