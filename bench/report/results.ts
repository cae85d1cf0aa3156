/** What a report is made of, as plain data: the one statement of the format, from which the types follow, and by which data that come from elsewhere are checked. */
import * as v from "valibot";
import { FORMAT } from "./format.ts";

/** What no report needs more of. */
const LONGEST = 4_000;

const EARLIEST = "2025-01-01";
const DAY = 24 * 60 * 60_000;

/** A text without line breaks and other signs of control. */
const textOf = (least: number) => {
  const expected = `a text of ${least} to ${LONGEST} characters, on one line`;
  return v.pipe(v.string(expected), v.minLength(least, expected), v.maxLength(LONGEST, expected), v.regex(/^\P{Cc}*$/u, expected));
};
const text = textOf(0);
const name = textOf(1);

const number = (min: number, max: number) => {
  const expected = `a number from ${min} to ${max}`;
  return v.pipe(v.number(expected), v.minValue(min, expected), v.maxValue(max, expected));
};

const integer = (min: number, max: number) => {
  const expected = `an integer from ${min} to ${max}`;
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(min, expected), v.maxValue(max, expected));
};

const oneOf = <const T extends readonly string[]>(...names: T) => v.picklist(names, names.map((each) => JSON.stringify(each)).join(" or "));

function list<S extends v.GenericSchema>(item: S, { min = 0, max = 1_000 } = {}) {
  const expected = `a list of ${min} to ${max}`;
  return v.pipe(v.array(item, expected), v.minLength(min, expected), v.maxLength(max, expected), v.readonly());
}

/** A list without two of the same. @param keyOf what makes them so, in words */
function listOfDifferent<S extends v.GenericSchema>(item: S, keyOf: (value: v.InferOutput<S>) => string, range?: { min?: number; max?: number }) {
  return v.pipe(
    list(item, range),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const values = dataset.value as readonly v.InferOutput<S>[];
      const keys = values.map(keyOf);
      for (const [i, key] of keys.entries()) {
        const earlier = keys.indexOf(key);
        if (earlier === i) continue;
        const path = { type: "array", origin: "value", input: values as unknown[], key: i, value: values[i] } as const;
        addIssue({ message: "each once", received: `${key} again, as at [${earlier}]`, path: [path] });
      }
    }),
  );
}

const texts = list(text, { max: 100 });

const date = v.pipe(
  v.string("a date as 2026-01-31T12:00:00.000Z"),
  v.check((made) => !Number.isNaN(Date.parse(made)) && new Date(made).toISOString() === made, "a date as 2026-01-31T12:00:00.000Z"),
  v.check((made) => made >= EARLIEST && Date.parse(made) <= Date.now() + DAY, `a date from ${EARLIEST} to today`),
);

const entry = v.pipe(
  v.strictObject({
    /** "ganvas", or a peer's name as in bench/README.md. */
    contender: name,
    /** What it computes on. */
    engine: oneOf("wasm", "webgpu", "native", "js"),
    /** Threads it has; where it could not start, those that it was asked to have. */
    threads: integer(1, 4_096),
    version: v.nullable(text),
    notes: texts,
    /** From float64, relative: of the largest update of any tensor, or of the pictures. */
    deviation: v.nullable(number(0, 1e9)),
    /** Milliseconds of one run of the task, by turn. */
    samples: list(number(1e-6, 1e9)),
    /** Its own words where it could not, or was wrong. */
    fault: v.nullable(name),
  }),
  // Where there are no times, there is a reason.
  v.check(({ samples, fault }) => samples.length > 0 === (fault === null), "either samples or a fault"),
  v.readonly(),
);

const agreement = v.pipe(
  v.strictObject({
    libraries: listOfDifferent(name, (library) => library, { min: 2, max: 100 }),
    /** The largest difference of any two of different libraries, relative. */
    deviation: number(0, 1e9),
  }),
  v.readonly(),
);

/** Everyone on one task, timed in alternation. */
const contest = v.pipe(
  v.strictObject({
    workload: name,
    kind: oneOf("train", "critic", "sample"),
    batch: integer(1, 1e6),
    gflop: number(1e-9, 1e6),
    entries: listOfDifferent(entry, ({ contender, engine, threads }) => `${contender} (${engine}, threads: ${threads})`, { max: 100 }),
    /** How far libraries that are right are from each other; null where there are no two. */
    agreement: v.optional(v.nullable(agreement), null),
  }),
  v.readonly(),
);

const runtime = v.pipe(
  v.strictObject({
    /** With its version: "Node 24.21.0". */
    name,
    /** What kept it, or the rest of it, from running; null where nothing did. */
    fault: v.nullable(name),
    /** What a reader should know: whether the page is isolated, who held the clock. */
    notes: texts,
    contests: listOfDifferent(contest, ({ workload }) => workload, { max: 100 }),
  }),
  v.readonly(),
);

/** What was still to be measured when somebody ended it. */
const leftOut = v.pipe(v.strictObject({ runtime: name, workload: name }), v.readonly());

/** A machine and what was measured on it. */
const machine = v.pipe(
  v.strictObject({
    cpu: name,
    /** Logical processors; null where they are not told. */
    cores: v.nullable(integer(1, 1e5)),
    /** Bytes; null where they are not told. */
    memory: v.nullable(number(1, 2 ** 50)),
    os: name,
    gpu: v.nullable(name),
    /** When it was measured, as ISO 8601 has it. */
    made: date,
    /** The version of ganvas. */
    ganvas: name,
    quick: v.boolean("true or false"),
    /** Milliseconds of a turn. */
    turn: number(1, 1e6),
    /** What the person who measured has to say. */
    notes: texts,
    runtimes: listOfDifferent(runtime, ({ name }) => name, { max: 100 }),
    leftOut: v.optional(list(leftOut), []),
  }),
  v.readonly(),
);

const report = v.pipe(
  v.strictObject({
    format: v.literal(FORMAT.format, JSON.stringify(FORMAT.format)),
    version: v.literal(FORMAT.version, `${FORMAT.version}`),
    machines: list(machine, { min: 1 }),
  }),
  v.readonly(),
);

export type Entry = v.InferOutput<typeof entry>;
export type ContestResult = v.InferOutput<typeof contest>;
export type RuntimeResult = v.InferOutput<typeof runtime>;
export type LeftOut = v.InferOutput<typeof leftOut>;
export type Machine = v.InferOutput<typeof machine>;
export type Report = v.InferOutput<typeof report>;

/** One fault of data. */
export interface Fault {
  /** "machines[0].cpu"; "" is all of it. */
  readonly path: string;
  readonly expected: string;
  readonly got: string;
}

/** What is wrong with data. */
export class FormatError extends Error {
  readonly faults: readonly Fault[];

  constructor(faults: readonly Fault[]) {
    super(faults.map(({ path, expected, got }) => `${path ? `${path}: ` : ""}expected ${expected}, got ${got}`).join("\n"));
    this.name = "FormatError";
    this.faults = faults;
  }
}

/** Which machine it is, and when. */
const whoIs = ({ cpu, os, made }: Machine): string => `${cpu}, ${os}, ${made}`;

/** A report and what its paths begin with: "a.json: ", or nothing. */
export interface Named {
  readonly from: string;
  readonly report: Report;
}

/** What reports that are shown side by side have to have: no machine twice, and the same work under the same name. Each fault has its path with where it is from. */
export function faultsTogether(reports: readonly Named[]): Fault[] {
  const machines = new Map<string, string>();
  const works = new Map<string, { readonly at: string; readonly work: string }>();
  const faults: Fault[] = [];
  for (const { from, report } of reports) {
    for (const [m, machine] of report.machines.entries()) {
      const at = `${from}machines[${m}]`;
      const known = machines.get(whoIs(machine));
      if (known) faults.push({ path: at, expected: "each machine's measurement once", got: `that of ${known} again (${whoIs(machine)})` });
      machines.set(whoIs(machine), known ?? at);
      for (const [r, { contests }] of machine.runtimes.entries())
        for (const [c, contest] of contests.entries()) faults.push(...otherWork(works, contest, `${at}.runtimes[${r}].contests[${c}]`));
    }
  }
  return faults;
}

function otherWork(
  works: Map<string, { readonly at: string; readonly work: string }>,
  { workload, kind, batch, gflop }: ContestResult,
  at: string,
): Fault[] {
  const work = `${kind}, batch ${batch}, ${Number(gflop.toPrecision(6))} GFLOP`;
  const known = works.get(workload);
  if (!known) works.set(workload, { at, work });
  return !known || known.work === work ? [] : [{ path: at, expected: `${workload} to be what it is at ${known.at} (${known.work})`, got: work }];
}

function parse<S extends v.GenericSchema>(schema: S, data: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, data, { abortPipeEarly: true });
  if (!result.success) throw new FormatError(result.issues.map(faultOf));
  return result.output;
}

/**
 * A report from data of any origin.
 *
 * @throws FormatError with every fault, each by its path
 */
export function checkReport(data: unknown): Report {
  const checked = parse(report, data);
  const faults = faultsTogether([{ from: "", report: checked }]);
  if (faults.length > 0) throw new FormatError(faults);
  return checked;
}

/** @throws FormatError as `checkReport` */
export const checkContest = (data: unknown): ContestResult => parse(contest, data);

const LONGEST_SHOWN = 60;
const cut = (shown: string): string => (shown.length > LONGEST_SHOWN ? `${shown.slice(0, LONGEST_SHOWN)} …` : shown);

function faultOf({ path, type, expected, received, message, input }: v.BaseIssue<unknown>): Fault {
  const keys = path?.map(({ key }) => key) ?? [];
  const at = keys.reduce<string>((so, key) => (typeof key === "number" ? `${so}[${key}]` : `${so}${so ? "." : ""}${key}`), "");
  if (type === "strict_object" && expected === "never") return { path: at, expected: "no such field", got: "one" };
  if (type === "strict_object" && keys.length > 0 && input === undefined) return { path: at, expected: "this field", got: "none" };
  if (type === "strict_object") return { path: at, expected: "an object", got: cut(show(input)) };
  if (type === "raw_check") return { path: at, expected: message, got: received };
  return { path: at, expected: message, got: cut(show(input)) };
}

/** A value in a few words. */
function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "number" ? `${value}` : JSON.stringify(value);
}
