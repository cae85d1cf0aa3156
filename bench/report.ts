/** What was measured, as rows and as a table. */
import type { Info } from "./contender.ts";
import { median, quantile, type Samples } from "./measure.ts";
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
  readonly error?: string;
}

export interface Result {
  readonly implementation: string;
  readonly runtime: string;
  readonly threads: number;
  readonly info?: Info;
  readonly outcome: Samples | Error;
}

/** @param results ours among them, under the name "ganvas" */
export function rowsOf(task: Task, results: readonly Result[]): Row[] {
  const ours = results.filter(({ implementation }) => implementation === "ganvas");
  return results.map(({ implementation, runtime, threads, outcome }) => {
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
    };
  });
}

const COLUMNS = ["", "threads", "median ms", "min ms", "IQR", "n", "GFLOP/s", "of peak", "× ours"] as const;

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
    ];
  });
  const widths = COLUMNS.map((title, i) =>
    Math.max(title.length, ...lines.map((cells) => (cells[2]?.startsWith("cannot") && i >= 2 ? 0 : cells[i]!.length))),
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(cells.length === 3 ? 0 : widths[i]!))).join("  ");
  const unit = task.kind === "train" || task.kind === "critic" ? "step" : "run";
  const title = `${task.workload}, batch ${task.batch}, ${task.gflop.toPrecision(3)} GFLOP a ${unit}`;
  return [title, line(COLUMNS), ...lines.map(line), ...bests(rows)].join("\n");
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

const percent = (share: number): string => `${Math.round(100 * share)} %`;

/** Three significant digits, thousands in full. */
const figure = (x: number): string => (x >= 100 ? x.toFixed(0) : x.toPrecision(3));
