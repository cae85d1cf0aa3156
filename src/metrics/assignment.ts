/**
 * The cheapest assignment of n rows to n columns: Jonker & Volgenant 1987, "A shortest augmenting path algorithm for dense and sparse linear assignment problems".
 *
 * A price for each column is kept with which every assigned row has the column that costs it least, price taken off. Rows that are not assigned compete for columns first, which raises what columns
 * are worth, and places most of them cheaply; each of those that are left takes the shortest path of reassignments to a free column.
 */

const NONE = -1;

/** How often all free rows compete, as in the paper. */
const ROUNDS = 2;

/**
 * @param costs `[n, n]`, finite
 * @param pause awaited between parts of the work, with how much of it is done
 * @returns the column of each row
 */
export async function assign(costs: Float64Array, n: number, pause: (done: number) => Promise<void>): Promise<Uint32Array> {
  const problem = new Problem(costs, n);
  problem.reduceColumns();
  for (let round = 0; round < ROUNDS; round++) {
    await pause(0);
    problem.compete();
  }
  const free = problem.free();
  for (const [k, row] of free.entries()) {
    await pause(k / free.length);
    problem.augment(row);
  }
  return Uint32Array.from(problem.columnOf);
}

class Problem {
  readonly #costs: Float64Array;
  readonly #n: number;
  readonly #price: Float64Array;
  readonly columnOf: Int32Array;
  readonly #rowOf: Int32Array;
  /** Of the search for a path: its length to each column, the row before it, and the columns: those that are settled, those as near as the nearest, the others. */
  readonly #length: Float64Array;
  readonly #before: Int32Array;
  readonly #columns: Int32Array;

  constructor(costs: Float64Array, n: number) {
    this.#costs = costs;
    this.#n = n;
    this.#price = new Float64Array(n);
    this.columnOf = new Int32Array(n).fill(NONE);
    this.#rowOf = new Int32Array(n).fill(NONE);
    this.#length = new Float64Array(n);
    this.#before = new Int32Array(n);
    this.#columns = new Int32Array(n);
  }

  free(): number[] {
    return Array.from(this.columnOf.keys()).filter((row) => this.columnOf[row] === NONE);
  }

  /** The price of a column is its least cost, and the row of that takes it if it has none yet. */
  reduceColumns(): void {
    const [costs, n, price] = [this.#costs, this.#n, this.#price];
    const cheapest = new Int32Array(n);
    price.set(costs.subarray(0, n));
    for (let row = 1; row < n; row++) {
      for (let column = 0, at = row * n; column < n; column++, at++) {
        if (costs[at]! < price[column]!) {
          price[column] = costs[at]!;
          cheapest[column] = row;
        }
      }
    }
    for (let column = n - 1; column >= 0; column--) {
      const row = cheapest[column]!;
      if (this.columnOf[row] === NONE) this.#give(column, row);
    }
  }

  #give(column: number, row: number): void {
    this.columnOf[row] = column;
    this.#rowOf[column] = row;
  }

  /**
   * Each free row takes the column that costs it least, and lowers its price until the second costs as much; the row that had it is free then, and goes on at once if the price was lowered, else in
   * the next round. How many turns there may be is limited, as rounding can make the lowering very small.
   */
  compete(): void {
    const [costs, n, price, rowOf] = [this.#costs, this.#n, this.#price, this.#rowOf];
    let turns = 4 * n;
    for (const first of this.free()) {
      let row = first;
      while (row !== NONE && turns-- > 0) {
        let [best, second] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
        let [bestColumn, secondColumn] = [0, 0];
        for (let column = 0, at = row * n; column < n; column++, at++) {
          const cost = costs[at]! - price[column]!;
          if (cost >= second) continue;
          if (cost < best) {
            second = best;
            secondColumn = bestColumn;
            best = cost;
            bestColumn = column;
          } else {
            second = cost;
            secondColumn = column;
          }
        }
        const lowered = n === 1 ? price[bestColumn]! : price[bestColumn]! - (second - best);
        const isLower = lowered < price[bestColumn]!;
        const column = isLower || rowOf[bestColumn] === NONE ? bestColumn : secondColumn;
        price[bestColumn] = lowered;
        const ousted = rowOf[column]!;
        this.#give(column, row);
        if (ousted !== NONE) this.columnOf[ousted] = NONE;
        row = isLower ? ousted : NONE;
      }
    }
  }

  /** Assigns a free row by the shortest path to a free column, after Dijkstra, over costs with prices taken off, which are none below 0 along the way. */
  augment(start: number): void {
    const [costs, n, price, rowOf, length, before, columns] = [
      this.#costs,
      this.#n,
      this.#price,
      this.#rowOf,
      this.#length,
      this.#before,
      this.#columns,
    ];
    for (let column = 0; column < n; column++) {
      columns[column] = column;
      length[column] = costs[start * n + column]! - price[column]!;
      before[column] = start;
    }
    // Of `columns`: [0, settled) are settled, [settled, near) are as near as the nearest, whose paths are `least` long.
    let [settled, near] = [0, 0];
    let least = 0;
    let settledBefore = 0;
    let end = NONE;
    while (end === NONE) {
      if (settled === near) {
        settledBefore = settled;
        least = length[columns[near]!]!;
        for (let k = near; k < n; k++) {
          const column = columns[k]!;
          const far = length[column]!;
          if (far > least) continue;
          if (far < least) {
            near = settled;
            least = far;
          }
          columns[k] = columns[near]!;
          columns[near++] = column;
        }
        for (let k = settled; k < near && end === NONE; k++) if (rowOf[columns[k]!] === NONE) end = columns[k]!;
      }
      while (end === NONE && settled < near) {
        const from = columns[settled++]!;
        const row = rowOf[from]!;
        const spent = costs[row * n + from]! - price[from]! - least;
        for (let k = near; k < n; k++) {
          const column = columns[k]!;
          const far = costs[row * n + column]! - price[column]! - spent;
          if (far >= length[column]!) continue;
          length[column] = far;
          before[column] = row;
          if (far > least) continue;
          if (rowOf[column] === NONE) {
            end = column;
            break;
          }
          columns[k] = columns[near]!;
          columns[near++] = column;
        }
      }
    }
    for (let k = 0; k < settledBefore; k++) {
      const column = columns[k]!;
      price[column] = price[column]! + length[column]! - least;
    }
    for (let column = end; ; ) {
      const row = before[column]!;
      const next = this.columnOf[row]!;
      this.#give(column, row);
      if (row === start) return;
      column = next;
    }
  }
}
