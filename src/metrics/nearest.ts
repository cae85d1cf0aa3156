/** The vectors that are nearest to others. */
import { checkOptions, type Fields, integer, optional } from "../core/check.ts";
import { COURSE, Progress } from "./course.ts";
import type { Course, Features, Rows } from "./features.ts";
import { checkPair, eachBlock } from "./pairwise.ts";

/** How many neighbours are looked for. */
export interface NeighbourOptions extends Course {
  /** Neighbours of each query, from 1 to the number of vectors there are. Default 1. */
  readonly k?: number | undefined;
}

/** The neighbours of all queries: neighbour j of query i is at `i * k + j`, the nearest first. */
export interface Neighbours {
  /** `[n, k]`. */
  readonly shape: readonly [n: number, k: number];
  /** Which rows of the data they are. */
  readonly indices: Uint32Array;
  /** Euclidean distances. */
  readonly distances: Float64Array;
}

/** More neighbours than anybody looks at. */
const MOST = 2 ** 16;
/** How many of anything nearest there may be, with a default. */
export const neighbours = (fallback: number) => optional(integer(1, MOST), fallback);

const NEIGHBOURS: Fields<Course & { k: number }> = { k: neighbours(1), ...COURSE };

/**
 * The nearest vectors of `data` to each query, exactly: Euclidean distances in float64, of which no block but one is ever held. With pictures a GAN made as queries and what it learned from as data this
 * shows whether it copies. A query that is itself among the data is its own first neighbour. Of vectors equally far the first counts as nearer.
 *
 * Time grows as n m d: about 4 seconds for 10,000 × 10,000 vectors of 64.
 *
 * @param queries vectors `[n, d]`
 * @param data vectors `[m, d]`, at least k
 * @throws {@link DataError} for fewer than k vectors, or numbers that are not finite
 * @throws {@link ShapeError} where queries and data have vectors of different sizes
 * @throws {@link SpecError} for options that cannot be
 *
 * @example
 * const corners = { data: Float32Array.of(0, 0, 0, 4, 3, 0, 3, 4), shape: [4, 2] };
 * const { indices, distances } = await nearestNeighbours({ data: [0, 5], shape: [1, 2] }, corners, { k: 2 });
 * Array.from(indices); // [1, 3]
 * distances[0]; // 1
 */
export async function nearestNeighbours(queries: Features, data: Features, options: NeighbourOptions = {}): Promise<Neighbours> {
  const { k, ...course } = checkOptions(NEIGHBOURS, options);
  const [from, to] = checkPair(queries, "queries", data, "data", 1, k);
  const progress = new Progress(course);
  const nearest = new Nearest(from.n, k);
  await eachBlock(
    "squaredDistance",
    from,
    to,
    ({ values, width, row, rows, column, columns }) => {
      for (let i = 0; i < rows; i++) nearest.offerAll(row + i, values.subarray(i * width, i * width + columns), column);
    },
    (done) => progress.at(done),
  );
  return { shape: [from.n, k], indices: nearest.indices, distances: nearest.distances.map(Math.sqrt) };
}

/** The squared distance of each row from its k-th nearest other row: of rows alike each is another. */
export async function squaredRadii(rows: Rows, k: number, reach: (done: number) => Promise<void>): Promise<Float64Array> {
  const nearest = new Nearest(rows.n, k);
  await eachBlock(
    "squaredDistance",
    rows,
    rows,
    ({ values, width, row, rows, column, columns }) => {
      for (let i = 0; i < rows; i++) {
        const first = row === column ? i + 1 : 0;
        const line = values.subarray(i * width + first, i * width + columns);
        nearest.offerAll(row + i, line, column + first);
        nearest.offerToAll(column + first, line, row + i);
      }
    },
    reach,
  );
  return Float64Array.from({ length: rows.n }, (_, i) => nearest.distances[(i + 1) * k - 1]!);
}

/** The k nearest so far of each row, in order. */
class Nearest {
  /** Infinite where there is none yet. */
  readonly distances: Float64Array;
  readonly indices: Uint32Array;
  readonly #k: number;

  constructor(n: number, k: number) {
    this.#k = k;
    this.distances = new Float64Array(n * k).fill(Number.POSITIVE_INFINITY);
    this.indices = new Uint32Array(n * k);
  }

  /** The distances of a row from others, which begin with `index`. */
  offerAll(row: number, distances: Float64Array, index: number): void {
    const last = (row + 1) * this.#k - 1;
    for (let j = 0; j < distances.length; j++) if (distances[j]! < this.distances[last]!) this.#take(row, distances[j]!, index + j);
  }

  /** The distances of other rows, which begin with `row`, from one. */
  offerToAll(row: number, distances: Float64Array, index: number): void {
    for (let j = 0, last = (row + 1) * this.#k - 1; j < distances.length; j++, last += this.#k) {
      if (distances[j]! < this.distances[last]!) this.#take(row + j, distances[j]!, index);
    }
  }

  #take(row: number, distance: number, index: number): void {
    let at = (row + 1) * this.#k - 1;
    for (const first = row * this.#k; at > first && this.distances[at - 1]! > distance; at--) {
      this.distances[at] = this.distances[at - 1]!;
      this.indices[at] = this.indices[at - 1]!;
    }
    this.distances[at] = distance;
    this.indices[at] = index;
  }
}
