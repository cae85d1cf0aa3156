/** The command line of the report. */
import { parseArgs } from "node:util";

export const RUNTIMES = ["node", "node24", "deno", "bun", "workerd", "chromium", "firefox", "webkit"] as const;
export type RuntimeName = (typeof RUNTIMES)[number];

/** Small enough for everyone to do in seconds. */
export const WORKLOADS = ["TMLP", "L28", "S64-1", "S64"] as const;
const ALL_WORKLOADS: readonly string[] = [...WORKLOADS, "T28", "T64", "TGP", "R32", "S32"];
const QUICK_WORKLOADS = ["TMLP", "S64-1"] as const;

export const USAGE = `npm run report -- [options]
npm run report -- --merge a.json b.json ... [--out folder]

  --runtimes a,b   ${RUNTIMES.join(", ")} (default: all that are here)
  --workloads a,b  files of bench/shapes, each at its first batch size (default: ${WORKLOADS.join(",")})
  --quick          ${QUICK_WORKLOADS.join(" and ")} alone, with few and short turns
  --note text      what readers should know of this run; may be given more than once
  --out folder     where report.html and report.json go (default: bench-output)
  --merge          put the machines of these reports side by side, and measure nothing
  --help           this text`;

export interface Options {
  readonly runtimes: readonly RuntimeName[];
  readonly workloads: readonly string[];
  readonly quick: boolean;
  readonly notes: readonly string[];
  readonly out: string;
  /** Files to be put side by side; null where this machine is to be measured. */
  readonly merge: readonly string[] | null;
}

/** The options; null where help is asked for. @throws Error that says in one line what is wrong */
export function parseOptions(args: readonly string[]): Options | null {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      runtimes: { type: "string" },
      workloads: { type: "string" },
      quick: { type: "boolean", default: false },
      note: { type: "string", multiple: true, default: [] },
      out: { type: "string", default: "bench-output" },
      merge: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return null;
  if (!values.merge && positionals.length > 0) throw new Error(`${positionals[0]}: expected options only; reports are put side by side by --merge`);
  if (values.merge && positionals.length === 0) throw new Error("--merge: expected the files of one or more reports, got none");
  for (const option of ["runtimes", "workloads"] as const)
    if (values.merge && values[option] !== undefined) throw new Error(`--${option}: expected none with --merge, which measures nothing`);
  return {
    runtimes: chosen("--runtimes", values.runtimes, RUNTIMES, RUNTIMES),
    workloads: chosen("--workloads", values.workloads, ALL_WORKLOADS, values.quick ? QUICK_WORKLOADS : WORKLOADS),
    quick: values.quick,
    notes: values.note,
    out: values.out,
    merge: values.merge ? positionals : null,
  };
}

function chosen<T extends string>(path: string, list: string | undefined, known: readonly T[], byDefault: readonly T[]): readonly T[] {
  if (list === undefined) return byDefault;
  return list.split(",").map((name) => {
    const found = known.find((each) => each === name);
    if (found === undefined) throw new Error(`${path}: expected ${known.join(", ")}, got ${name}`);
    return found;
  });
}
