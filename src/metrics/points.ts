/** Two sets of points, and what it costs to carry one to the other. */
import { ShapeError } from "../core/errors.ts";
import { checkFeatures, type Rows } from "./features.ts";

/** Points `[n, d]` and `[m, d]`, as shares of a length. */
export interface Points {
  readonly n: number;
  readonly m: number;
  readonly d: number;
  readonly a: Float64Array;
  readonly b: Float64Array;
  /** The length: the power of two that is next to the largest number of any point, so that nothing is rounded and no square is lost, nor infinite. */
  readonly unit: number;
}

/** Checks and copies two sets of points. @throws ShapeError unless they have one dimension; what `checkFeatures` throws */
export function checkPoints(a: unknown, b: unknown): Points {
  const [rowsA, rowsB] = [checkFeatures(a, "a"), checkFeatures(b, "b")];
  if (rowsA.d !== rowsB.d) {
    throw new ShapeError({ path: "b.shape", expected: `rows of ${rowsA.d} numbers, as a has`, got: `rows of ${rowsB.d}` });
  }
  const most = Math.max(largest(rowsA.data), largest(rowsB.data));
  const unit = most === 0 ? 1 : 2 ** Math.ceil(Math.log2(most));
  const shares = ({ data }: Rows) => Float64Array.from(data, (x) => x / unit);
  return { n: rowsA.n, m: rowsB.n, d: rowsA.d, a: shares(rowsA), b: shares(rowsB), unit };
}

/** The largest magnitude. */
export function largest(values: Float32Array | Float64Array): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]!));
  return most;
}

/** The exponent of a cost: 1 for the Euclidean distance, 2 for its square. */
export type Power = 1 | 2;

/** `[n, m]`: the Euclidean distances of all pairs of points to the power p. `pause` is awaited between rows. */
export async function pairwiseCosts(
  a: Float64Array,
  b: Float64Array,
  d: number,
  p: Power,
  pause: (done: number) => Promise<void>,
): Promise<Float64Array> {
  const [n, m] = [a.length / d, b.length / d];
  const costs = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    await pause(i / n);
    costRow(a, i * d, b, d, p, costs.subarray(i * m, (i + 1) * m));
  }
  return costs;
}

function costRow(a: Float64Array, at: number, b: Float64Array, d: number, p: Power, row: Float64Array): void {
  for (let j = 0, from = 0; j < row.length; j++, from += d) {
    let sum = 0;
    for (let k = 0; k < d; k++) {
      const gap = a[at + k]! - b[from + k]!;
      sum += gap * gap;
    }
    row[j] = p === 1 ? Math.sqrt(sum) : sum;
  }
}
