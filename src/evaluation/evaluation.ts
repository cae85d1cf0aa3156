/** What came of an evaluation. */

/** One number by which samples are judged, beside the same of real examples. */
export interface EvaluationRow {
  /** What was measured: "frechetDistance". */
  readonly name: string;
  /** The number for the samples. */
  readonly value: number;
  /** Its standard error, where the metric tells one; else null. */
  readonly standardError: number | null;
  /** The same number for as many other real examples in the place of the samples: what a perfect generator would get, on average. */
  readonly floor: number;
  /** Which numbers are better. None better than the floor is to be hoped for. */
  readonly better: "lower" | "higher";
  /** What it is counted in; "" for a plain number. */
  readonly unit: string;
}

/** Metrics of a generator side by side, each beside its floor. As text, a table. */
export class Evaluation {
  /** The metrics, in the order in which they are in the table. */
  readonly rows: readonly EvaluationRow[];
  /** Samples, and as many real examples that they were compared with. */
  readonly count: number;
  /** What the features are that most metrics compare. */
  readonly features: string;
  /** What the samples, the parts of the data and all that is drawn at random followed from. */
  readonly seed: number;

  /** @internal */
  constructor({ rows, count, features, seed }: Pick<Evaluation, "rows" | "count" | "features" | "seed">) {
    this.rows = rows;
    this.count = count;
    this.features = features;
    this.seed = seed;
  }

  /**
   * The row of this name.
   *
   * @returns undefined where that was not measured
   *
   * @example
   * const evaluation = await evaluate(gan, dataset, { metrics: ["frechetDistance"], count: 16 });
   * evaluation.row("frechetDistance").better; // "lower"
   */
  row(name: string): EvaluationRow | undefined {
    return this.rows.find((row) => row.name === name);
  }

  /** The table, for a terminal. */
  toString(): string {
    const head = ["", "samples", "real", "better", ""];
    const lines = [head, ...this.rows.map(cellsOf)];
    const widths = head.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
    const text = lines.map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join("  ")
        .trimEnd(),
    );
    return `${this.count} samples, and as many real examples, against ${this.count} others; by ${this.features} (seed ${this.seed})\n\n${text.join("\n")}`;
  }
}

function cellsOf({ name, value, standardError, floor, better, unit }: EvaluationRow): string[] {
  return [name, standardError === null ? brief(value) : `${brief(value)} ± ${brief(standardError)}`, brief(floor), better, unit];
}

/** A number in three digits, and without an exponent where that is short. */
function brief(x: number): string {
  if (Number.isInteger(x)) return `${x}`;
  const size = Math.abs(x);
  if (size < 1e-4 || size >= 1e6) return x.toExponential(2);
  return size >= 100 ? x.toFixed(0) : x.toFixed(Math.max(0, 2 - Math.floor(Math.log10(size))));
}
