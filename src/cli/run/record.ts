/** `run.json`: what a run is, so that `--resume` needs nothing else. */
import { readFile } from "node:fs/promises";
import { writeWhole } from "../../node.ts";
import type { TrainArguments } from "../arguments.ts";
import { isSystemError, UsageError } from "../errors.ts";
import { runPaths } from "./paths.ts";

/** The form of `run.json`. It changes where a run of an earlier version could not be gone on with. */
const FORMAT = 1;

/** What a run trains on, as it was when it began. */
export interface RecordedData {
  /** An absolute path, or the name of what is drawn. */
  readonly source: string;
  /** Differs where anything of the data does. */
  readonly fingerprint: string;
  readonly count: number;
  /** The shape of an example. */
  readonly shape: readonly number[];
  /** Names of classes, by their numbers; null where the model has no classes. */
  readonly classes: readonly string[] | null;
  /** Pictures that were left out. */
  readonly skipped: readonly { readonly file: string; readonly reason: string }[];
}

/** What is asked for by the command line, and kept with the run. */
export type RecordedOptions = Omit<TrainArguments, "out" | "overwrite" | "resume" | "allowChangedData" | "json">;

/** What a run is. */
export interface RunRecord {
  readonly data: RecordedData;
  readonly options: RecordedOptions;
  /** Steps done, when this was written. */
  readonly step: number;
  /** Seconds of training until then, over all calls. */
  readonly seconds: number;
}

/** @param version of the package @throws {WriteError} */
export function writeRecord(run: string, record: RunRecord, version: string): Promise<void> {
  return writeWhole(runPaths(run).record, `${JSON.stringify({ format: FORMAT, ganvas: version, ...record }, null, 2)}\n`);
}

/** What a folder says that it is a run of; null where it is none. @throws {UsageError} where it cannot be read, or is of another version */
export async function readRecord(run: string, version: string): Promise<RunRecord | null> {
  const path = runPaths(run).record;
  const text = await readFile(path, "utf8").catch((cause) => {
    if (isSystemError(cause) && ["ENOENT", "ENOTDIR"].includes(cause.code!)) return null;
    throw new UsageError(cause.message, { cause });
  });
  if (text === null) return null;
  const broken = (cause?: unknown) => new UsageError(`${path}: expected the description of a run, got something else`, { cause });
  let record: Partial<RunRecord> & { readonly format?: unknown; readonly ganvas?: unknown };
  try {
    record = JSON.parse(text);
  } catch (cause) {
    throw broken(cause);
  }
  if (typeof record !== "object" || record === null || record.format === undefined) throw broken();
  if (record.format !== FORMAT) {
    throw new UsageError(
      `${path}: expected a run of format ${FORMAT}, as ganvas ${version} has it, got format ${record.format} of ganvas ${record.ganvas}`,
    );
  }
  const { data, options, step, seconds } = record;
  const isWhole =
    typeof data?.source === "string" &&
    typeof data.fingerprint === "string" &&
    Array.isArray(data.shape) &&
    typeof options === "object" &&
    Number.isSafeInteger(step) &&
    Number.isFinite(seconds);
  if (!isWhole) throw broken();
  return { data, options: options!, step: step!, seconds: seconds! };
}
