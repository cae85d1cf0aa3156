/** Symmetric matrices in float64, row by row in one array. */

/** A = V diag(λ) Vᵀ. */
export interface Eigen {
  /** λ, in no order. */
  readonly values: Float64Array;
  /** V, whose columns are the eigenvectors. */
  readonly vectors: Float64Array;
}

/** Below this, relative to the largest element of the matrix, what is off the diagonal is rounding. */
const TOLERANCE = 1e-15;
const MOST_SWEEPS = 60;

/** The eigenvalues and eigenvectors of a symmetric n × n matrix, by Jacobi's rotations in cyclic order (Golub & Van Loan, "Matrix Computations", 8.5). */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  const a = matrix.slice();
  const v = new Float64Array(n * n);
  for (let i = 0; i < n; i++) v[i * n + i] = 1;
  const negligible = TOLERANCE * a.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  for (let sweep = 0, rotations = 1; rotations > 0; sweep++) {
    if (sweep === MOST_SWEEPS) throw new Error(`no eigenvalues after ${MOST_SWEEPS} sweeps: the matrix is not finite or not symmetric`);
    rotations = 0;
    for (let p = 0; p < n - 1; p++) {
      for (let q = p + 1; q < n; q++) {
        const apq = a[p * n + q]!;
        if (Math.abs(apq) <= negligible) continue;
        rotations++;
        const theta = (a[q * n + q]! - a[p * n + p]!) / (2 * apq);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        rotate(a, p * n, q * n, 1, n, c, s);
        rotate(a, p, q, n, n, c, s);
        rotate(v, p, q, n, n, c, s);
      }
    }
  }
  return { values: Float64Array.from({ length: n }, (_, i) => a[i * n + i]!), vectors: v };
}

/** Turns two rows or columns, which begin at `p` and `q`, in their plane. */
function rotate(a: Float64Array, p: number, q: number, stride: number, n: number, c: number, s: number): void {
  for (let k = 0; k < n; k++, p += stride, q += stride) {
    const [x, y] = [a[p]!, a[q]!];
    a[p] = c * x - s * y;
    a[q] = s * x + c * y;
  }
}

/** The square root of a symmetric matrix without negative eigenvalues, but for rounding, which is taken as 0. */
export function squareRoot(matrix: Float64Array, n: number): Float64Array {
  const { values, vectors } = symmetricEigen(matrix, n);
  const scaled = vectors.map((x, i) => x * Math.sqrt(Math.max(0, values[i % n]!)));
  return product(scaled, transposed(vectors, n), n);
}

export function product(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const x = a[i * n + k]!;
      for (let j = 0; j < n; j++) out[i * n + j]! += x * b[k * n + j]!;
    }
  }
  return out;
}

const transposed = (a: Float64Array, n: number): Float64Array => a.map((_, i) => a[(i % n) * n + Math.floor(i / n)]!);
