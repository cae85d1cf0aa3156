/**
 * Tries the package on every runtime and through every bundler, as it would be published.
 *
 *   node test/runtimes/run.js [--all] [--only name,...] [--allow-missing] [--tarball file] [--out file.md]
 *
 * Without `--all`: every runtime, and the bundlers that take seconds. `--only` takes the rows whose names contain one of some texts, of all there are. A row that cannot be set up here, for want of a
 * browser or of a network, is an error unless `--allow-missing` is given. Ends with 1 when a cell is not as it should be.
 */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { run, scratchFolder } from "../processes.js";
import { BUNDLERS } from "./bundlers.js";
import { consumer, environment, Missing, pack, ROOT, scenarioSource, write } from "./consumers.js";
import { filesOf, RUNTIMES } from "./runtimes.js";
import { isFine, table } from "./tables.js";

const { values: options } = parseArgs({
  options: {
    all: { type: "boolean", default: false },
    only: { type: "string" },
    "allow-missing": { type: "boolean", default: false },
    tarball: { type: "string" },
    out: { type: "string" },
  },
});

const TYPES = fileURLToPath(new URL("types.js", import.meta.url));
const TYPES_MS = 10 * 60_000;

const texts = options.only?.toLowerCase().split(",");
const isAsked = ({ name, cheap }) => (texts ? texts.some((text) => name.toLowerCase().includes(text)) : options.all || cheap);
const runtimes = RUNTIMES.filter(isAsked);
const bundlers = BUNDLERS.filter(isAsked);
const types = isAsked({ name: "types", cheap: false });
if (runtimes.length + bundlers.length === 0 && !types) {
  throw new Error(`no row is called ${options.only}; there are ${[...RUNTIMES, ...BUNDLERS].map(({ name }) => name).join("; ")}`);
}

/** How many it got when it asked for two; if there are to be fewer here, why. */
function threadsCell({ threads, reason }, expected) {
  if (threads === undefined) return undefined;
  if (threads === null) return reason;
  return { shown: String(threads), fine: threads === expected, reason: threads === 2 && expected === 2 ? null : reason };
}

/** What the scenario tells of, by step. */
const STEPS = ["trains", "resumes", "samples", "PNG", "hash equal"];

function runtimeCells({ fault, cells, ...threads }, expected) {
  return fault ? { imports: fault } : { imports: true, ...cells, threads: threadsCell(threads, expected) };
}

/** One cell for all steps. */
function bundlerCells({ unbuilt, fault, cells, ...threads }, expected) {
  if (unbuilt) return { builds: unbuilt };
  if (fault) return { builds: true, runs: fault };
  const wrong = STEPS.find((step) => cells[step] !== true);
  return { ...cells, builds: true, runs: wrong ? `${wrong}: ${cells[wrong] ?? "not reached"}` : true, threads: threadsCell(threads, expected) };
}

/** Tries a row. @param first the column for what keeps it from being set up */
async function tryRow({ name, threads, work }, first, cellsOf, ...args) {
  const begin = performance.now();
  const row = { name, cells: {}, missing: false };
  try {
    row.cells = cellsOf(await work(...args), threads);
  } catch (error) {
    row.missing = error instanceof Missing;
    row.cells[first] = row.missing ? { shown: "missing", reason: error.message } : String(error);
  }
  console.log(`${name}: ${Math.round((performance.now() - begin) / 1000)} s`);
  return row;
}

const scratch = scratchFolder("ganvas-runtimes-");

const tarball = options.tarball ? resolve(options.tarball) : await pack(scratch);
const plain = await consumer(tarball);
const scenario = await scenarioSource();
write(plain, filesOf(scenario));

const parts = [
  { title: "Runtimes", columns: ["imports", ...STEPS, "threads", "ganvas/sample"], rows: [] },
  { title: "Bundlers", columns: ["builds", "runs", "threads", "ganvas/sample"], rows: [] },
];
for (const runtime of runtimes) parts[0].rows.push(await tryRow(runtime, "imports", runtimeCells, plain));
for (const bundler of bundlers) parts[1].rows.push(await tryRow(bundler, "builds", bundlerCells, tarball, scenario));

const tables = parts.filter(({ rows }) => rows.length > 0).map(({ title, columns, rows }) => table(title, columns, rows));
console.log(`\n${tables.join("\n")}`);
let failed = parts.some(({ columns, rows }) => rows.some((row) => !isFine(row, columns) && !(row.missing && options["allow-missing"])));
if (types) {
  console.log("## Types\n");
  const hear = (text) => process.stdout.write(text);
  const { fault, said } = await run(process.execPath, [TYPES, "--tarball", tarball], { cwd: ROOT, env: environment, limit: TYPES_MS, hear });
  if (fault) console.log(fault);
  tables.push(`## Types\n\n${said}${fault ?? ""}\n`);
  failed ||= fault !== null;
}
if (options.out) writeFileSync(options.out, tables.join("\n"));
process.exitCode = failed ? 1 : 0;
