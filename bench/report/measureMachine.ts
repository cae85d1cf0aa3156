/** This machine, one runtime after the other. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createReferenceExecutor } from "../../src/exec/reference/executor.ts";
import type { Judge } from "../compare.ts";
import type { Floats } from "../contender.ts";
import { compete, type Entry } from "../contest.ts";
import { tensorsOf } from "../data.ts";
import type { Effort } from "../measure.ts";
import { startOurs } from "../ours.ts";
import { encodeFloats } from "../portable/bytes.ts";
import { installPeers } from "../setup.ts";
import { loadTasks } from "../shapes.ts";
import { type BuiltPage, buildPage, measureInBrowser } from "./browsers.ts";
import { EFFORTS } from "./efforts.ts";
import { contestResult, type ReportTask, wordsOf } from "./entries.ts";
import { thisMachine } from "./machine.ts";
import type { Options, RuntimeName } from "./options.ts";
import { fieldOf, findBun, findDeno, findNode24, type Program, THIS_NODE } from "./programs.ts";
import { type ContestResult, FORMAT, type Report, type RuntimeResult } from "./results.ts";
import { buildWorker, inWorkerd } from "./workerd.ts";

/** A task with what it gives in float64. */
interface Known {
  readonly task: ReportTask;
  readonly judge: Judge;
}

interface Work {
  readonly known: readonly Known[];
  readonly effort: Effort;
  readonly say: (line: string) => void;
}

type Measured = Omit<RuntimeResult, "fault">;

const LABELS = {
  node: THIS_NODE.name,
  node24: "Node 24",
  deno: "Deno",
  bun: "Bun",
  workerd: "workerd",
  chromium: "Chromium",
  firefox: "Firefox",
  webkit: "WebKitGTK",
} as const satisfies Record<RuntimeName, string>;

/** @param say told in lines how far it is */
export async function measureMachine({ runtimes, workloads, quick, notes }: Options, say: (line: string) => void): Promise<Report> {
  installPeers();
  const effort = EFFORTS[quick ? "quick" : "full"];
  const machine = await thisMachine();
  const known: Known[] = [];
  for (const task of workloads.flatMap((name) => loadTasks(name).slice(0, 1)) as ReportTask[]) {
    say(`${task.workload}: computing it in float64`);
    known.push({ task, judge: { reference: await referenceOf(task), yardstick: null } });
  }
  const page = new Lazy(buildPage);
  const results: RuntimeResult[] = [];
  try {
    for (const name of runtimes) results.push(await measureRuntime(name, { known, effort, say }, page));
  } finally {
    await page.value?.then(({ remove }) => remove()).catch(() => {});
  }
  return { ...FORMAT, machines: [{ ...machine, quick, turn: effort.turn, notes, runtimes: results }] };
}

/** What is made when it is first asked for, if it is. */
class Lazy<T> {
  readonly #make: () => Promise<T>;
  value: Promise<T> | undefined;

  constructor(make: () => Promise<T>) {
    this.#make = make;
  }

  get(): Promise<T> {
    this.value ??= this.#make();
    return this.value;
  }
}

async function referenceOf(task: ReportTask): Promise<ReadonlyMap<string, Floats>> {
  const contender = await startOurs(createReferenceExecutor(), task, tensorsOf(task));
  await contender.reset();
  await contender.run(1);
  const outputs = await contender.outputs();
  contender.close();
  return outputs;
}

/** What a runtime has to show; where it is not here, or cannot, why. */
async function measureRuntime(name: RuntimeName, work: Work, page: Lazy<BuiltPage>): Promise<RuntimeResult> {
  try {
    return { ...(await measured(name, work, page)), fault: null };
  } catch (error) {
    work.say(`${LABELS[name]}: ${wordsOf(error)}`);
    return { name: LABELS[name], fault: wordsOf(error), notes: [], contests: [] };
  }
}

async function measured(name: RuntimeName, work: Work, page: Lazy<BuiltPage>): Promise<Measured> {
  switch (name) {
    case "node":
      return inProgram(THIS_NODE, work);
    case "node24":
      return inProgram(findNode24(), work);
    case "deno":
      return inProgram(findDeno(), work);
    case "bun":
      return inProgram(findBun(await bunHome()), work);
    case "workerd":
      return inWorkers(work);
    default:
      return inBrowser(name, work, page);
  }
}

const fromHere = (path: string): Promise<unknown> => import(new URL(path, import.meta.url).href);

/** Where test/runtimes has installed Bun, or does now. */
async function bunHome(): Promise<string> {
  const { tools } = (await fromHere("../test/runtimes/consumers.js")) as { tools(name: string, packages: object): Promise<string> };
  const { BUN } = (await fromHere("../test/runtimes/versions.js")) as { BUN: string };
  return tools("bun", { bun: BUN });
}

const inProgram = async (program: Program, work: Work): Promise<Measured> => ({
  name: program.name,
  notes: [],
  contests: await contests(program.name, work, (task) => fieldOf(program, task)),
});

async function contests(name: string, { known, effort, say }: Work, field: (task: ReportTask) => readonly Entry[]): Promise<ContestResult[]> {
  const results: ContestResult[] = [];
  for (const { task, judge } of known) {
    say(`${name}: ${task.workload}`);
    results.push(contestResult(task, await compete(task, tensorsOf(task), field(task), { judge, effort })));
  }
  return results;
}

async function inWorkers(work: Work): Promise<Measured> {
  const file = fileURLToPath(new URL("../bench/node_modules/workerd/package.json", import.meta.url));
  if (!existsSync(file)) throw new Error(`not here: ${file}; npm ci --prefix bench installs it`);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  const name = `workerd ${version}`;
  const worker = await buildWorker(version);
  const names = ["ganvas", "ganvas-webgpu", "tfjs-cpu", "tfjs-wasm", "tfjs-webgpu", "ort-web"];
  const field = names.map((each) => ({ entrant: inWorkerd(each, worker.config), threads: 1 }));
  try {
    const able = (task: ReportTask) => field.filter(({ entrant }) => entrant.name !== "tfjs-cpu" || task.gflop < 0.3);
    return { name, notes: [], contests: await contests(name, work, able) };
  } finally {
    worker.remove();
  }
}

async function inBrowser(name: "chromium" | "firefox" | "webkit", { known, effort, say }: Work, page: Lazy<BuiltPage>): Promise<Measured> {
  const job = { tasks: known.map(({ task }) => task), effort, references: known.map(({ judge }) => encodeFloats(judge.reference)) };
  let last = "";
  const { version, contests, isolated } = await measureInBrowser(name, await page.get(), job, ({ workload }) => {
    if (workload !== last) say(`${LABELS[name]}: ${workload}`);
    last = workload;
  });
  return { name: `${LABELS[name]} ${version}`, notes: isolated ? [] : ["the page is not cross-origin isolated here: no threads"], contests };
}
