/** What was measured, as rows and as a table. */
import type { Info } from "./contender.ts";
import type { Samples } from "./measure.ts";
import { median, quantile } from "./numbers.ts";
import type { Task } from "./task.ts";

/** One line of the report; what could not be measured has `error` in place of numbers. */
export interface Row {
  readonly workload: string;
  readonly batch: number;
  readonly implementation: string;
  readonly runtime: string;
  readonly threads: number;
  /** Of one run of the task: a step, or a batch of samples. */
  readonly medianMs?: number;
  readonly minMs?: number;
  readonly samples?: number;
  readonly gflops?: number;
  /** Median over ours with the same number of threads: above 1, ours is faster. */
  readonly ratioToOurs?: number;
  /** From float64, relative: the largest of any tensor's update, or of the pictures or products. */
  readonly deviation?: number;
  readonly error?: string;
}

export interface Result {
  readonly implementation: string;
  readonly runtime: string;
  readonly threads: number;
  readonly info?: Info;
  readonly deviation?: number;
  readonly outcome: Samples | Error;
}

/** @param results ours among them, under the name "ganvas" */
export function rowsOf(task: Task, results: readonly Result[]): Row[] {
  const ours = results.filter(({ implementation }) => implementation === "ganvas");
  return results.map(({ implementation, runtime, threads, deviation, outcome }) => {
    const head = { workload: task.workload, batch: task.batch, implementation, runtime, threads };
    if (outcome instanceof Error) return { ...head, error: outcome.message };
    const base = (ours.find((r) => r.threads === threads) ?? ours[0])?.outcome;
    const ms = median(outcome);
    return {
      ...head,
      medianMs: ms,
      minMs: Math.min(...outcome),
      samples: outcome.length,
      gflops: task.gflop / (ms / 1e3),
      ...(Array.isArray(base) && { ratioToOurs: ms / median(base) }),
      ...(deviation !== undefined && { deviation }),
    };
  });
}

const COLUMNS = ["", "threads", "median ms", "min ms", "IQR", "n", "GFLOP/s", "of peak", "× ours", "error"] as const;

/** @param peak GFLOP/s of one core, null where that is no measure */
export function table(task: Task, results: readonly Result[], peak: number | null): string {
  const rows = rowsOf(task, results);
  const lines = rows.map((row, i): string[] => {
    const { outcome } = results[i]!;
    const head = [row.implementation, `${row.threads}`];
    if (outcome instanceof Error) return [...head, `cannot: ${row.error}`];
    const spread = (quantile(outcome, 0.75) - quantile(outcome, 0.25)) / row.medianMs!;
    return [
      ...head,
      figure(row.medianMs!),
      figure(row.minMs!),
      percent(spread),
      `${row.samples}`,
      row.gflops!.toFixed(1),
      peak === null ? "" : percent(row.gflops! / (peak * row.threads)),
      row.ratioToOurs === undefined ? "" : row.ratioToOurs.toFixed(2),
      row.deviation === undefined ? "" : row.deviation.toExponential(1),
    ];
  });
  const unit = task.kind === "train" || task.kind === "critic" ? "step" : "run";
  const title = `${task.workload}, batch ${task.batch}, ${task.gflop.toPrecision(3)} GFLOP a ${unit}`;
  return [title, ...aligned([COLUMNS, ...lines]), ...bests(rows)].join("\n");
}

/** Rows of cells as lines of text, the first column to the left and the others to the right. What ends a row that has fewer cells than the first may be of any length. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]!.length;
  const isWhole = (row: readonly string[], i: number) => row.length === columns || i < row.length - 1;
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => (isWhole(row, i) ? row[i]!.length : 0))));
  const cell = (row: readonly string[], i: number) =>
    i === 0 ? row[i]!.padEnd(widths[i]!) : isWhole(row, i) ? row[i]!.padStart(widths[i]!) : row[i]!;
  return rows.map((row) =>
    row
      .map((_, i) => cell(row, i))
      .join("  ")
      .trimEnd(),
  );
}

/** The best thread count of each against the best of ours. */
function bests(rows: readonly Row[]): string[] {
  const best = new Map<string, Row>();
  for (const row of rows) {
    const known = best.get(row.implementation);
    if (row.medianMs !== undefined && !(known && known.medianMs! <= row.medianMs)) best.set(row.implementation, row);
  }
  const ours = best.get("ganvas");
  if (!ours) return [];
  return [...best.values()]
    .filter((row) => row !== ours)
    .map((row) => `  best against best: ours is ${figure(row.medianMs! / ours.medianMs!)}× as fast as ${row.implementation}`);
}

export const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** Three significant digits, thousands in full. */
export const figure = (x: number): string => (x >= 100 ? x.toFixed(0) : x.toPrecision(3));
