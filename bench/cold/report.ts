/** What starts took, as rows and as a table. */
import { median, quantile } from "../numbers.ts";
import { aligned, figure } from "../report.ts";
import { BASE, EMPTY, type Program } from "./programs.ts";
import type { Runtime, Start } from "./runtime.ts";

export interface ColdResult {
  readonly runtime: Pick<Runtime, "name">;
  readonly program: Program;
  readonly threads: number;
  /** Of the file it reads. */
  readonly bytes: number;
  readonly starts: Start[];
  /** Why there are no more starts. */
  fault?: string;
}

/** Medians over starts. */
export interface ColdRow {
  readonly runtime: string;
  readonly implementation: string;
  readonly threads: number;
  readonly bytes: number;
  readonly starts?: number;
  /** From the first statement to the picture, with its quartiles. */
  readonly pictureMs?: number;
  readonly quartiles?: readonly [number, number];
  /** With the process before and after it. */
  readonly wallMs?: number;
  /** The most bytes that were resident. */
  readonly peak?: number;
  /** The same over those of an empty process in the same runtime. */
  readonly peakOverEmpty?: number;
  /** Picture over that of `ganvas/sample` from float32 in the same runtime: above 1, the latter is faster. */
  readonly ratioToOurs?: number;
  readonly error?: string;
}

/** @param results in any number of runtimes */
export function coldRows(results: readonly ColdResult[]): ColdRow[] {
  return results.map((result) => {
    const { runtime, program, threads, bytes, starts, fault } = result;
    const head = { runtime: runtime.name, implementation: program.name, threads, bytes };
    if (fault !== undefined || starts.length === 0) return { ...head, error: fault ?? "not started" };
    const other = (wanted: Program) => results.find((r) => r.runtime === runtime && r.program === wanted && r.fault === undefined);
    const [ms, wallMs, peak] = [picture(result), medianOf(result, "wallMs"), medianOf(result, "peak")];
    const [base, empty] = [other(BASE), other(EMPTY)];
    const emptyPeak = empty && medianOf(empty, "peak");
    const times = starts.map((start) => start.ms);
    return {
      ...head,
      starts: starts.length,
      pictureMs: ms,
      quartiles: [quantile(times, 0.25), quantile(times, 0.75)] as const,
      ...(wallMs !== undefined && { wallMs }),
      ...(peak !== undefined && { peak }),
      ...(program !== EMPTY && {
        ...(peak !== undefined && emptyPeak !== undefined && { peakOverEmpty: peak - emptyPeak }),
        ...(base && { ratioToOurs: ms / picture(base) }),
      }),
    };
  });
}

const picture = ({ starts }: ColdResult): number => median(starts.map(({ ms }) => ms));

/** Undefined where the runtime does not tell. */
function medianOf({ starts }: ColdResult, what: "peak" | "wallMs"): number | undefined {
  const values = starts.flatMap((start) => start[what] ?? []);
  return values.length > 0 ? median(values) : undefined;
}

const COLUMNS = ["", "threads", "file, MB", "picture, ms", "quartiles", "whole, ms", "peak, MB", "n", "× ours"] as const;

/** @param results of one runtime */
export function coldTable(title: string, results: readonly ColdResult[]): string {
  const lines = coldRows(results).map((row): string[] => {
    const { implementation, threads, bytes, starts, pictureMs, quartiles, wallMs, peak, peakOverEmpty, ratioToOurs, error } = row;
    const head = [implementation, `${threads}`, bytes > 0 ? megabytes(bytes) : ""];
    if (error !== undefined) return [...head, `cannot: ${error}`];
    return [
      ...head,
      figure(pictureMs!),
      quartiles!.map(figure).join("–"),
      wallMs === undefined ? "" : figure(wallMs),
      peakOverEmpty !== undefined ? `+ ${megabytes(peakOverEmpty)}` : peak !== undefined ? megabytes(peak) : "",
      `${starts}`,
      ratioToOurs === undefined ? "" : ratioToOurs.toFixed(2),
    ];
  });
  return [title, ...aligned([COLUMNS, ...lines])].join("\n");
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
