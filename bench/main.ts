/** The benchmark: `npm run bench -- kernels|sample|train|cold|weights|memory|pictures`. What it measures and how is told in README.md. */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { BackendError } from "../src/core/errors.ts";
import { type Options, parse, USAGE } from "./cli.ts";
import { startCold } from "./cold/main.ts";
import { optionsOf } from "./commandLine.ts";
import { compete, type Entry } from "./contest.ts";
import { tensorsOf } from "./data.ts";
import { findAdapter, NODE, OURS, PEERS, SAMPLER } from "./entrants.ts";
import { judgeOf } from "./judge.ts";
import { FULL, QUICK } from "./measure.ts";
import { tellMemory } from "./memory.ts";
import { simdPeak } from "./peak.ts";
import { readPictures } from "./pictures.ts";
import { type Result, type Row, rowsOf, table } from "./report.ts";
import { installPeers, runInNode24 } from "./setup.ts";
import { distinct, loadLayers, loadTasks } from "./shapes.ts";
import type { Task } from "./task.ts";
import { weigh } from "./weights.ts";

const options = optionsOf(parse, USAGE);
if (options.backend === "webgpu" && !options.node24) await tellAdapter();
if (options.peers.length > 0 || options.node24) installPeers();
if (options.node24) process.exit(runInNode24(options.args));
if (options.suite === "cold") await startCold(options);
else if (options.suite === "weights") await weigh(options);
else if (options.suite === "memory") await tellMemory(options);
else if (options.suite === "pictures") await readPictures(options);
else await main(options);

async function main({ workloads, backend, json }: Options): Promise<void> {
  const peak = backend === "wasm" ? await tellPeak() : null;
  const rows: Row[] = [];
  const told = new Set<string>();
  for (const task of distinct(workloads.flatMap((name) => tasksOf(name, options)))) {
    const results = await run(task, entries(options), options.quick);
    tellNotes(results, told);
    console.log(`${table(task, results, peak)}\n`);
    rows.push(...rowsOf(task, results));
    if (json) writeFileSync(json, `${JSON.stringify(rows, null, 2)}\n`);
  }
}

/** Says what the machine is. @returns the peak of one core, in GFLOP/s */
async function tellPeak(): Promise<number> {
  const { simd128, relaxed } = await simdPeak();
  const rates = `${simd128.toFixed(1)} GFLOP/s (multiply and add)${relaxed === null ? "" : `, ${relaxed.toFixed(1)} (relaxed multiply-add)`}`;
  console.log(`${NODE} on ${cpus()[0]?.model.trim()}, ${cpus().length} cores; 128-bit SIMD peak of one core: ${rates}\n`);
  return Math.max(simd128, relaxed ?? 0);
}

/** Says what the GPU is, or ends the program where there is none. */
async function tellAdapter(): Promise<void> {
  try {
    console.log(`${NODE}, WebGPU ${await findAdapter()}\n`);
  } catch (error) {
    console.error(`--backend webgpu: ${error instanceof BackendError ? error.got : error}`);
    process.exit(1);
  }
}

function tasksOf(name: string, { suite, quick, batch }: Options): Task[] {
  if (suite === "kernels" && name !== "GEMM") return loadLayers(name, batch);
  const tasks = loadTasks(name, batch === undefined ? undefined : [batch]);
  return suite === "kernels" && quick ? tasks.slice(1, 2) : tasks;
}

/** Ours first, then the peers, each with every thread count it can use. */
function entries({ suite, backend, peers, threads }: Options): Entry[] {
  const field = [OURS[backend], ...(suite === "sample" ? [SAMPLER] : []), ...PEERS.filter(({ name }) => peers.includes(name))];
  return field.flatMap((entrant) => (entrant.threaded ? threads : [1]).map((n) => ({ entrant, threads: n })));
}

/** Lets everyone do the task, ours first. @throws Error where ours cannot */
async function run(task: Task, field: readonly Entry[], quick: boolean): Promise<Result[]> {
  const tensors = tensorsOf(task);
  const judge = await judgeOf(task, tensors, Math.max(...field.map(({ threads }) => threads)));
  if (!judge)
    console.log(`${task.workload}, batch ${task.batch}: nobody is judged, as only PyTorch would have so much in float64 in time, and it is not here`);
  const { results } = await compete(task, tensors, field, { judge, effort: quick ? QUICK : FULL });
  const { implementation } = results[0]!;
  for (const { implementation: name, outcome } of results) if (name === implementation && outcome instanceof Error) throw outcome;
  return results;
}

/** Versions, instruction sets and warnings, each once. */
function tellNotes(results: readonly Result[], told: Set<string>): void {
  for (const { implementation, info } of results) {
    if (!info) continue;
    const line = [`${implementation} ${info.version}`, ...(info.notes ?? [])].join("; ");
    if (!told.has(line)) console.log(line);
    told.add(line);
  }
}
