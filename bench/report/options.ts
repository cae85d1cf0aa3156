/** The command line of the report. */
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { LIMIT, LONGEST_LIMIT } from "./efforts.ts";
import { DATA } from "./files.ts";

export const RUNTIMES = ["node", "node24", "deno", "bun", "workerd", "chromium", "firefox", "webkit"] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

/** Small enough for everyone to do in seconds. */
export const WORKLOADS = ["TMLP", "L28", "S64-1", "S64"] as const;
const ALL_WORKLOADS: readonly string[] = [...WORKLOADS, "T28", "T64", "TGP", "R32", "S32"];
const QUICK_WORKLOADS = ["TMLP", "S64-1"] as const;

const OUT = { measured: "bench-output", merged: "bench-output/merged" } as const;

/** Of what is measured: without a meaning where nothing is. */
const MEASURING: readonly string[] = ["runtimes", "workloads", "quick", "limit", "note"];

const LONGEST_NOTE = 1_000;

export const USAGE = `npm run report -- [options]
npm run report -- --merge a.json b.json ... [--out folder]

  --runtimes a,b   ${RUNTIMES.join(", ")} (default: all that are here)
  --workloads a,b  files of bench/shapes, each at its first batch size (default: ${WORKLOADS.join(",")})
  --quick          few and short turns, of ${QUICK_WORKLOADS.join(" and ")} alone where no workloads are named
  --limit seconds  how long a contender has for an answer before it is ended (default: ${LIMIT / 1_000})
  --note text      what readers should know of this run; may be given more than once
  --out folder     where report.html and report.json go (default: ${OUT.measured}; with --merge ${OUT.merged})
  --merge          put the machines of these reports side by side, and measure nothing
  --help           this text

Ctrl-C ends it with a report of what is finished; a second one ends it at once.`;

export interface Options {
  readonly runtimes: readonly RuntimeName[];
  readonly workloads: readonly string[];
  readonly quick: boolean;
  /** Milliseconds. */
  readonly limit: number;
  readonly notes: readonly string[];
  readonly out: string;
  /** Files to be put side by side; null where this machine is to be measured. */
  readonly merge: readonly string[] | null;
}

/** The options; null where help is asked for. @throws Error that says in one line what is wrong */
export function parseOptions(args: readonly string[]): Options | null {
  const { values, positionals, tokens } = parseArgs({
    args: [...args],
    allowPositionals: true,
    tokens: true,
    options: {
      runtimes: { type: "string" },
      workloads: { type: "string" },
      quick: { type: "boolean", default: false },
      limit: { type: "string", default: `${LIMIT / 1_000}` },
      note: { type: "string", multiple: true, default: [] },
      out: { type: "string" },
      merge: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  const given = tokens.flatMap((token) => (token.kind === "option" ? [token.name] : []));
  checkPairs(given, positionals);
  const out = values.out ?? (values.merge ? OUT.merged : OUT.measured);
  if (out === "") throw new Error("--out: expected a folder, got an empty text");
  const lost = values.merge && positionals.find((file) => resolve(file) === resolve(join(out, DATA)));
  if (lost) throw new Error(`--out: expected a folder in which nothing of what is merged is, got ${out}, where ${lost} would be written over`);
  return {
    runtimes: chosen("--runtimes", values.runtimes, RUNTIMES, RUNTIMES),
    workloads: chosen("--workloads", values.workloads, ALL_WORKLOADS, values.quick ? QUICK_WORKLOADS : WORKLOADS),
    quick: values.quick,
    limit: 1_000 * seconds("--limit", values.limit),
    notes: values.note.map(checkNote),
    out,
    merge: values.merge ? positionals : null,
  };
}

/** Refuses what would be ignored. */
function checkPairs(given: readonly string[], files: readonly string[]): void {
  const twice = given.find((option, i) => option !== "note" && given.indexOf(option) !== i);
  if (twice !== undefined) throw new Error(`--${twice}: expected once, got it again`);
  if (!given.includes("merge")) {
    if (files.length > 0) throw new Error(`${files[0]}: expected options only; reports are put side by side by --merge`);
    return;
  }
  const without = given.find((option) => MEASURING.includes(option));
  if (without !== undefined) throw new Error(`--${without}: expected none with --merge, which measures nothing`);
  if (files.length === 0) throw new Error("--merge: expected the files of one or more reports, got none");
  const again = files.find((file, i) => files.findIndex((other) => resolve(other) === resolve(file)) !== i);
  if (again !== undefined) throw new Error(`--merge: expected each file once, got ${again} again`);
}

function chosen<T extends string>(path: string, list: string | undefined, known: readonly T[], byDefault: readonly T[]): readonly T[] {
  if (list === undefined) return byDefault;
  return list.split(",").map((name, i, names) => {
    const found = known.find((each) => each === name);
    if (found === undefined) throw new Error(`${path}: expected ${known.join(", ")}, got ${name || "an empty name"}`);
    if (names.indexOf(name) !== i) throw new Error(`${path}: expected each once, got ${name} again`);
    return found;
  });
}

function seconds(path: string, text: string): number {
  const n = Number(text);
  if (!(text.trim() !== "" && n >= 1 && n <= LONGEST_LIMIT))
    throw new Error(`${path}: expected 1 to ${LONGEST_LIMIT} seconds, got ${text || "an empty text"}`);
  return n;
}

function checkNote(note: string): string {
  if (note.trim() !== "" && note.length <= LONGEST_NOTE && !/\p{Cc}/u.test(note)) return note;
  throw new Error(`--note: expected a text of 1 to ${LONGEST_NOTE} characters on one line, got ${JSON.stringify(note.slice(0, 40))}`);
}
