/** Every row of one set beside every row of another, block by block: of the n × m numbers no more than a block is ever there. */
import { ShapeError } from "../core/errors.ts";
import { checkFeatures, type Rows } from "./features.ts";

/** Checks two sets of vectors of one size. @throws ShapeError where they have different sizes, and what {@link checkFeatures} throws */
export function checkPair(a: unknown, pathA: string, b: unknown, pathB: string, leastA = 1, leastB = 1): [Rows, Rows] {
  const [first, second] = [checkFeatures(a, pathA, leastA), checkFeatures(b, pathB, leastB)];
  if (first.d !== second.d) {
    throw new ShapeError({ path: `${pathB}.shape`, expected: `rows of ${first.d} numbers, as ${pathA} has`, got: `rows of ${second.d}` });
  }
  return [first, second];
}

/** What is asked of two rows. */
export type Measure = "squaredDistance" | "product";

/** The numbers of a block of pairs. */
export interface Block {
  /** That of row `row + i` and of row `column + j` is at `i * width + j`. */
  readonly values: Float64Array;
  readonly width: number;
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/** Rows of a tile, whose sums are in registers while the dimensions go by. */
const TILE_ROWS = 4;
const TILE_COLUMNS = 2;
/** Rows of a block at most. */
const MOST_ROWS = 64;
/** Numbers of the rows of a block that stay in a second-level cache. */
const CACHED = 2 ** 15;

/** Rows of a block for vectors of d numbers: a multiple of a tile's. */
const rowsFor = (d: number): number => Math.min(MOST_ROWS, Math.max(2 * TILE_ROWS, TILE_ROWS * Math.floor(CACHED / d / TILE_ROWS)));

/**
 * Goes through the pairs of all rows of `a` and `b` in float64. Of a set beside itself (`a === b`) each pair comes once at least: blocks below the diagonal are left out, those on it are whole.
 *
 * A distance is a sum of squared differences, over the dimensions in their order, whichever block the pair is in: that of (x, y) and of (y, x) have the same bits, and near duplicates are near.
 *
 * @param visit is told of each block, those of one row of blocks from left to right; the numbers are the next block's when it returns
 * @param reach awaited after each block
 */
export async function eachBlock(
  measure: Measure,
  a: Rows,
  b: Rows,
  visit: (block: Block) => void,
  reach: (done: number) => Promise<void>,
): Promise<void> {
  const { d } = a;
  const width = rowsFor(d);
  const [left, right] = [new Float64Array(width * d), new Float64Array(width * d)];
  const values = new Float64Array(width * width);
  const compute = measure === "product" ? products : squaredDistances;
  const all = a === b ? (a.n * (a.n + 1)) / 2 : a.n * b.n;
  let done = 0;
  for (let row = 0; row < a.n; row += width) {
    const rows = take(a, row, width, left);
    for (let column = a === b ? row : 0; column < b.n; column += width) {
      const columns = take(b, column, width, right);
      compute(left, right, d, rows, columns, values, width);
      visit({ values, width, row, rows, column, columns });
      done += a === b && row === column ? (rows * (rows + 1)) / 2 : rows * columns;
      await reach(done / all);
    }
  }
}

/** Copies rows from `row` on, and zeros behind the last. @returns how many there are */
function take({ n, d, data }: Rows, row: number, width: number, out: Float64Array): number {
  const rows = Math.min(width, n - row);
  out.set(data.subarray(row * d, (row + rows) * d));
  return rows;
}

/** `out[i * width + j]` = |a_i - b_j|², for rows of `d` numbers, a multiple of a tile's of them in either array. */
function squaredDistances(a: Float64Array, b: Float64Array, d: number, rows: number, columns: number, out: Float64Array, width: number): void {
  for (let i = 0; i < rows; i += TILE_ROWS) {
    const a0 = i * d;
    const a1 = a0 + d;
    const a2 = a1 + d;
    const a3 = a2 + d;
    for (let j = 0; j < columns; j += TILE_COLUMNS) {
      const b0 = j * d;
      const b1 = b0 + d;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      let s20 = 0;
      let s21 = 0;
      let s30 = 0;
      let s31 = 0;
      for (let k = 0; k < d; k++) {
        const x = b[b0 + k]!;
        const y = b[b1 + k]!;
        const p = a[a0 + k]!;
        s00 += (p - x) * (p - x);
        s01 += (p - y) * (p - y);
        const q = a[a1 + k]!;
        s10 += (q - x) * (q - x);
        s11 += (q - y) * (q - y);
        const r = a[a2 + k]!;
        s20 += (r - x) * (r - x);
        s21 += (r - y) * (r - y);
        const s = a[a3 + k]!;
        s30 += (s - x) * (s - x);
        s31 += (s - y) * (s - y);
      }
      const at = i * width + j;
      out[at] = s00;
      out[at + 1] = s01;
      out[at + width] = s10;
      out[at + width + 1] = s11;
      out[at + 2 * width] = s20;
      out[at + 2 * width + 1] = s21;
      out[at + 3 * width] = s30;
      out[at + 3 * width + 1] = s31;
    }
  }
}

/** `out[i * width + j]` = a_i · b_j, of the same rows. */
export function products(a: Float64Array, b: Float64Array, d: number, rows: number, columns: number, out: Float64Array, width: number): void {
  for (let i = 0; i < rows; i += TILE_ROWS) {
    const a0 = i * d;
    const a1 = a0 + d;
    const a2 = a1 + d;
    const a3 = a2 + d;
    for (let j = 0; j < columns; j += TILE_COLUMNS) {
      const b0 = j * d;
      const b1 = b0 + d;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      let s20 = 0;
      let s21 = 0;
      let s30 = 0;
      let s31 = 0;
      for (let k = 0; k < d; k++) {
        const x = b[b0 + k]!;
        const y = b[b1 + k]!;
        const p = a[a0 + k]!;
        s00 += p * x;
        s01 += p * y;
        const q = a[a1 + k]!;
        s10 += q * x;
        s11 += q * y;
        const r = a[a2 + k]!;
        s20 += r * x;
        s21 += r * y;
        const s = a[a3 + k]!;
        s30 += s * x;
        s31 += s * y;
      }
      const at = i * width + j;
      out[at] = s00;
      out[at + 1] = s01;
      out[at + width] = s10;
      out[at + width + 1] = s11;
      out[at + 2 * width] = s20;
      out[at + 2 * width + 1] = s21;
      out[at + 3 * width] = s30;
      out[at + 3 * width + 1] = s31;
    }
  }
}
