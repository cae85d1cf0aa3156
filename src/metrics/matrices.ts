/** Dense matrices in float64, row by row in one array. What takes long awaits `reach` between its parts, with the share that is done. */

type Reach = (done: number) => Promise<void>;

/** Rows of a factor F: A = FᵀF. */
export interface Factor {
  readonly rank: number;
  /** `[rank, d]`. */
  readonly rows: Float64Array;
}

/**
 * Cholesky's factor of a symmetric matrix without negative eigenvalues, with complete pivoting (Higham 1990, "Analysis of the Cholesky decomposition of a semi-definite matrix"): of a singular one it
 * has as many rows as the rank. Features are compared by what is left of each one's own variance, so that their units do not matter.
 *
 * @param a `[d, d]`
 * @param most the largest rank there can be
 */
export async function choleskyFactor(a: Float64Array, d: number, most: number, reach: Reach): Promise<Factor> {
  const rows = new Float64Array(Math.min(d, most) * d);
  const left = Float64Array.from({ length: d }, (_, j) => a[j * d + j]!);
  const whole = left.slice();
  const rounding = d * Number.EPSILON;
  let rank = 0;
  for (; rank < most && rank < d; rank++) {
    let [pivot, share] = [-1, rounding];
    for (let j = 0; j < d; j++) {
      if (left[j]! > share * whole[j]!) [pivot, share] = [j, left[j]! / whole[j]!];
    }
    if (pivot === -1) break;
    const row = rows.subarray(rank * d, (rank + 1) * d);
    row.set(a.subarray(pivot * d, (pivot + 1) * d));
    for (let s = 0; s < rank; s++) add(row, -rows[s * d + pivot]!, rows, s * d, 0);
    const root = Math.sqrt(left[pivot]!);
    for (let j = 0; j < d; j++) {
      // Those that were pivots before are behind: what is left of them is rounding.
      row[j] = left[j] === 0 ? 0 : row[j]! / root;
      left[j] = Math.max(0, left[j]! - row[j]! * row[j]!);
    }
    row[pivot] = root;
    left[pivot] = 0;
    await reach((rank + 1) / Math.min(d, most));
  }
  return { rank, rows: rows.subarray(0, rank * d) };
}

/** `row[j] += factor * of[at + j]` from `from` on. */
function add(row: Float64Array, factor: number, of: Float64Array, at: number, from: number): void {
  for (let j = from; j < row.length; j++) row[j]! += factor * of[at + j]!;
}

/**
 * The sum of the singular values of an m × n matrix, m ≥ n, which is overwritten.
 *
 * Householder reflections make it bidiagonal (Golub & Kahan 1965); a bidiagonal matrix with diagonal q and superdiagonal e has the singular values ±σ of the symmetric tridiagonal one with nothing on its
 * diagonal and q₁, e₁, q₂, e₂... beside it. No matrix is squared, so that each σ is right to rounding of the largest.
 */
export async function nuclearNorm(a: Float64Array, m: number, n: number, reach: Reach): Promise<number> {
  const beside = new Float64Array(Math.max(0, 2 * n - 1));
  const [v, w, u] = [new Float64Array(m), new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n; k++) {
    for (let i = k; i < m; i++) v[i] = a[i * n + k]!;
    const [diagonal, scale] = reflector(v, k);
    beside[2 * k] = diagonal;
    if (k === n - 1) break;
    // w = scale · vᵀA, then A - v w, of which row k is mirrored in turn.
    w.fill(0, k + 1);
    for (let i = k; i < m; i++) add(w, v[i]!, a, i * n, k + 1);
    for (let j = k + 1; j < n; j++) {
      w[j]! *= scale;
      u[j] = a[k * n + j]! - v[k]! * w[j]!;
    }
    const [above, turn] = reflector(u, k + 1);
    beside[2 * k + 1] = above;
    for (let i = k + 1; i < m; i++) mirrorRow(a, i * n, v[i]!, w, turn, u, k + 1);
    await reach((k + 1) / n);
  }
  const values = await tridiagonalEigenvalues(new Float64Array(2 * n), beside, () => reach(1));
  return values.reduce((sum, value) => sum + Math.abs(value), 0) / 2;
}

/** Takes factor · w from the row of `a` that begins at `at`, and mirrors it by 1 - turn u uᵀ, both from column `from` on. */
function mirrorRow(a: Float64Array, at: number, factor: number, w: Float64Array, turn: number, u: Float64Array, from: number): void {
  let dot = 0;
  for (let j = from; j < w.length; j++) {
    const x = a[at + j]! - factor * w[j]!;
    a[at + j] = x;
    dot += x * u[j]!;
  }
  dot *= turn;
  for (let j = from; j < u.length; j++) a[at + j]! -= dot * u[j]!;
}

/**
 * Householder's reflection 1 - scale v vᵀ that leaves of a vector x only its first number; x is overwritten by v.
 *
 * @param from where x begins
 * @returns that number, and the scale; 0 where there is nothing to be mirrored
 */
function reflector(x: Float64Array, from: number): [first: number, scale: number] {
  let squares = 0;
  for (let i = from + 1; i < x.length; i++) squares += x[i]! * x[i]!;
  const head = x[from]!;
  if (squares === 0) return [head, 0];
  const norm = Math.sqrt(head * head + squares);
  const first = head > 0 ? -norm : norm;
  x[from] = head - first;
  return [first, 2 / (x[from]! * x[from]! + squares)];
}

/** Steps for one eigenvalue at most: two or three are usual. */
const MOST_STEPS = 60;

/**
 * The eigenvalues of a symmetric tridiagonal matrix in no order, each right to rounding of the largest: implicit QL with Wilkinson's shift (Golub & Van Loan, "Matrix Computations", 8.3).
 *
 * @param diagonal is overwritten by them
 * @param beside what is beside the diagonal, overwritten
 */
export async function tridiagonalEigenvalues(diagonal: Float64Array, beside: Float64Array, pause: () => Promise<void>): Promise<Float64Array> {
  const n = diagonal.length;
  let norm = 0;
  for (let i = 0; i < n; i++) norm = Math.max(norm, Math.abs(diagonal[i]!) + Math.abs(beside[i] ?? 0));
  const negligible = norm * Number.EPSILON;
  for (let first = 0; first < n; first++) {
    for (let step = 0; step < MOST_STEPS; step++) {
      let last = first;
      while (last < n - 1 && Math.abs(beside[last]!) > negligible) last++;
      if (last === first) break;
      sweep(diagonal, beside, first, last);
    }
    await pause();
  }
  return diagonal;
}

/** One step of QL on rows `first` to `last`. */
function sweep(diagonal: Float64Array, beside: Float64Array, first: number, last: number): void {
  const half = (diagonal[first + 1]! - diagonal[first]!) / 2;
  const edge = beside[first]!;
  const shift = diagonal[first]! - (edge * edge) / (half + (half < 0 ? -1 : 1) * Math.sqrt(half * half + edge * edge));
  let [sine, cosine, carried] = [1, 1, 0];
  let bulge = diagonal[last]! - shift;
  for (let i = last - 1; i >= first; i--) {
    const above = sine * beside[i]!;
    const kept = cosine * beside[i]!;
    const radius = Math.sqrt(above * above + bulge * bulge);
    if (i + 1 < last) beside[i + 1] = radius;
    if (radius === 0) {
      // The matrix falls apart here.
      diagonal[i + 1]! -= carried;
      return;
    }
    sine = above / radius;
    cosine = bulge / radius;
    bulge = diagonal[i + 1]! - carried;
    const turned = (diagonal[i]! - bulge) * sine + 2 * cosine * kept;
    carried = sine * turned;
    diagonal[i + 1] = bulge + carried;
    bulge = cosine * turned - kept;
  }
  diagonal[first]! -= carried;
  beside[first] = bulge;
}
