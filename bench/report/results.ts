/** What a report is made of, as plain data, and the check of data that come from elsewhere. Pages use it too: nothing here is Node's. */
import { boolean, type Check, checkOptions, type Fields, integer, list, object, oneOf, positive, real, that } from "../../src/core/check.ts";

/** Milliseconds of one run of the task, by turn, or what kept it from having any. */
export interface Entry {
  /** "ganvas", or a peer's name as in bench/README.md. */
  readonly contender: string;
  /** What it computes on. */
  readonly engine: "wasm" | "webgpu" | "native" | "js";
  /** Threads it has; where it could not start, those that it was asked to have. */
  readonly threads: number;
  readonly version: string | null;
  readonly notes: readonly string[];
  /** From float64, relative: of the largest update of any tensor, or of the pictures. */
  readonly deviation: number | null;
  readonly samples: readonly number[];
  /** Its own words where it could not, or was wrong. */
  readonly fault: string | null;
}

/** Everyone on one task, timed in alternation. */
export interface ContestResult {
  readonly workload: string;
  readonly kind: "train" | "critic" | "sample";
  readonly batch: number;
  readonly gflop: number;
  readonly entries: readonly Entry[];
}

export interface RuntimeResult {
  /** With its version: "Node 24.21.0". */
  readonly name: string;
  /** What kept all of it from running; null where nothing did. */
  readonly fault: string | null;
  /** What a reader should know: whether the page is isolated, who held the clock. */
  readonly notes: readonly string[];
  readonly contests: readonly ContestResult[];
}

/** A machine and what was measured on it. */
export interface Machine {
  readonly cpu: string;
  /** Logical processors; null where they are not told. */
  readonly cores: number | null;
  /** Bytes; null where they are not told. */
  readonly memory: number | null;
  readonly os: string;
  readonly gpu: string | null;
  /** When it was measured, as ISO 8601 has it. */
  readonly made: string;
  /** The version of ganvas. */
  readonly ganvas: string;
  readonly quick: boolean;
  /** Milliseconds of a turn. */
  readonly turn: number;
  /** What the person who measured has to say. */
  readonly notes: readonly string[];
  readonly runtimes: readonly RuntimeResult[];
}

export interface Report {
  readonly format: "ganvas-report";
  readonly version: 1;
  readonly machines: readonly Machine[];
}

export const FORMAT = { format: "ganvas-report", version: 1 } as const;

/** What no report needs more of. */
const LONGEST = 4_000;

const text: Check<string> = that(`a text of at most ${LONGEST} characters`, (v) => typeof v === "string" && v.length <= LONGEST);
const texts = list(text, { max: 100 });
const date: Check<string> = that("a date as ISO 8601 has it", (v) => typeof v === "string" && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(v));

const orNull =
  <T>(check: Check<T>): Check<T | null> =>
  (value, path, faults) =>
    value === null ? null : check(value, path, faults);

const entry = object<Entry>({
  contender: text,
  engine: oneOf("wasm", "webgpu", "native", "js"),
  threads: integer(1, 4096),
  version: orNull(text),
  notes: texts,
  deviation: orNull(real(0)),
  samples: list(positive),
  fault: orNull(text),
});

/** Where there are no times, there is a reason. */
const told: Check<Entry> = (value, path, faults) => {
  const checked = entry(value, path, faults);
  if (!checked || checked.samples.length > 0 !== (checked.fault !== null)) return checked;
  const got = checked.fault === null ? "neither" : "both";
  faults.push({ path, expected: "either samples or a fault", got });
  return undefined;
};

const contest = object<ContestResult>({
  workload: text,
  kind: oneOf("train", "critic", "sample"),
  batch: integer(1, 1e6),
  gflop: positive,
  entries: list(told),
});

const runtime = object<RuntimeResult>({ name: text, fault: orNull(text), notes: texts, contests: list(contest) });

const machine = object<Machine>({
  cpu: text,
  cores: orNull(integer(1, 1e5)),
  memory: orNull(positive),
  os: text,
  gpu: orNull(text),
  made: date,
  ganvas: text,
  quick: boolean,
  turn: positive,
  notes: texts,
  runtimes: list(runtime),
});

const FIELDS: Fields<Report> = {
  format: oneOf("ganvas-report"),
  version: that("1", (v) => v === 1),
  machines: list(machine, { min: 1 }),
};

/**
 * A report from data of any origin.
 *
 * @throws SpecError with every fault, each by its path
 */
export const checkReport = (data: unknown): Report => checkOptions(FIELDS, data);

/** @throws SpecError as `checkReport` */
export const checkContests = (contests: unknown): readonly ContestResult[] =>
  checkOptions<Pick<RuntimeResult, "contests">>({ contests: list(contest) }, { contests }).contests;

/** Reports as one, machines in order. */
export const mergeReports = (reports: readonly Report[]): Report => ({ ...FORMAT, machines: reports.flatMap(({ machines }) => machines) });
