/** This machine, one runtime after the other. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Judge } from "../compare.ts";
import { compete, type Entry } from "../contest.ts";
import { tensorsOf } from "../data.ts";
import type { Scratch } from "../ending.ts";
import { within } from "../limit.ts";
import type { Effort } from "../measure.ts";
import { encodeFloats } from "../portable/bytes.ts";
import { installPeers } from "../setup.ts";
import { loadTasks } from "../shapes.ts";
import { buildPage, measureInBrowser } from "./browsers.ts";
import { EFFORTS } from "./efforts.ts";
import { contestResult, type ReportTask, wordsOf } from "./entries.ts";
import { reportOf } from "./format.ts";
import { thisMachine } from "./machine.ts";
import type { Options, RuntimeName } from "./options.ts";
import { fieldOf, findBun, findDeno, findNode24, type Program, referenceOf, THIS_NODE } from "./programs.ts";
import type { ContestResult, LeftOut, Report, RuntimeResult } from "./results.ts";
import { buildWorker, inWorkerd } from "./workerd.ts";

/** A task with what it gives in float64. */
interface Known {
  readonly task: ReportTask;
  readonly judge: Judge;
}

interface Work {
  readonly known: readonly Known[];
  readonly effort: Effort;
  readonly limit: number;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Told of each task of a runtime when it is done. */
  readonly onContest: (contest: ContestResult) => void;
}

type Measured = Pick<RuntimeResult, "name" | "notes">;

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

/**
 * Measures what is here.
 *
 * @param say told in lines how far it is
 * @param signal ends it with what is finished by then
 */
export async function measureMachine(options: Options, say: (line: string) => void, signal: AbortSignal): Promise<Report> {
  const { runtimes, workloads, quick, limit, notes } = options;
  installPeers();
  const effort = EFFORTS[quick ? "quick" : "full"];
  const machine = await thisMachine();
  const page = new Lazy(buildPage);
  const results: RuntimeResult[] = [];
  try {
    const known = await knownTasks(workloads, say, signal);
    for (const name of runtimes) {
      if (signal.aborted) break;
      results.push(await measureRuntime(name, { known, effort, limit, signal, say }, page));
    }
  } finally {
    await page.value?.then(({ remove }) => remove()).catch(() => {});
  }
  const leftOut = signal.aborted ? missing(runtimes, workloads, results) : [];
  return reportOf([{ ...machine, quick, turn: effort.turn, notes, runtimes: results, leftOut }]);
}

/** The tasks, each with what it gives; less than all where `signal` ends that. */
async function knownTasks(workloads: readonly string[], say: Work["say"], signal: AbortSignal): Promise<Known[]> {
  const known: Known[] = [];
  for (const task of workloads.flatMap((name) => loadTasks(name).slice(0, 1)) as ReportTask[]) {
    say(`${task.workload}: computing it in float64`);
    try {
      known.push({ task, judge: { reference: await referenceOf(task, signal), yardstick: null } });
    } catch (error) {
      if (signal.aborted) break;
      throw error;
    }
  }
  return known;
}

/** What has no result, where nothing but the end of it kept it from having one. */
const missing = (runtimes: readonly RuntimeName[], workloads: readonly string[], results: readonly RuntimeResult[]): LeftOut[] =>
  runtimes.flatMap((name, i) => {
    const result = results[i];
    if (result && result.fault !== null) return [];
    return workloads
      .filter((workload) => !result?.contests.some((contest) => contest.workload === workload))
      .map((workload) => ({ runtime: result?.name ?? LABELS[name], workload }));
  });

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

/** What a runtime has to show; where it is not here, or cannot, or cannot go on, why. */
async function measureRuntime(name: RuntimeName, work: Omit<Work, "onContest">, page: Lazy<Scratch>): Promise<RuntimeResult> {
  const contests: ContestResult[] = [];
  let found: Measured = { name: LABELS[name], notes: [] };
  const onFound = (measured: Measured): void => {
    found = measured;
  };
  let fault: string | null = null;
  try {
    await measured(name, { ...work, onContest: (contest) => contests.push(contest) }, page, onFound);
  } catch (error) {
    if (!work.signal.aborted) {
      fault = wordsOf(error);
      work.say(`${LABELS[name]}: ${fault}`);
    }
  }
  return { ...found, fault, contests };
}

/** @param onFound told what the runtime is, when that is known */
async function measured(name: RuntimeName, work: Work, page: Lazy<Scratch>, onFound: (measured: Measured) => void): Promise<void> {
  const inProgram = (program: Program): Promise<void> => {
    onFound({ name: program.name, notes: [] });
    return contests(program.name, work, (task) => fieldOf(program, task));
  };
  switch (name) {
    case "node":
      return inProgram(THIS_NODE);
    case "node24":
      return inProgram(findNode24());
    case "deno":
      return inProgram(findDeno());
    case "bun":
      return inProgram(findBun(await within(bunHome(), { signal: work.signal }, () => {})));
    case "workerd":
      return inWorkers(work, onFound);
    default:
      return inBrowser(name, work, page, onFound);
  }
}

const fromHere = (path: string): Promise<unknown> => import(new URL(path, import.meta.url).href);

/** Where test/runtimes has installed Bun, or does now. */
async function bunHome(): Promise<string> {
  const { tools } = (await fromHere("../test/runtimes/consumers.js")) as { tools(name: string, packages: object): Promise<string> };
  const { BUN } = (await fromHere("../test/runtimes/versions.js")) as { BUN: string };
  return tools("bun", { bun: BUN });
}

async function contests(
  name: string,
  { known, effort, limit, signal, say, onContest }: Work,
  field: (task: ReportTask) => readonly Entry[],
): Promise<void> {
  for (const { task, judge } of known) {
    signal.throwIfAborted();
    say(`${name}: ${task.workload}`);
    onContest(contestResult(task, await compete(task, tensorsOf(task), field(task), { judge, effort, limit, signal })));
  }
}

async function inWorkers(work: Work, onFound: (measured: Measured) => void): Promise<void> {
  const file = fileURLToPath(new URL("../bench/node_modules/workerd/package.json", import.meta.url));
  if (!existsSync(file)) throw new Error(`not here: ${file}; npm ci --prefix bench installs it`);
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  const name = `workerd ${version}`;
  onFound({ name, notes: [] });
  const worker = await buildWorker(version);
  const names = ["ganvas", "ganvas-webgpu", "tfjs-cpu", "tfjs-wasm", "tfjs-webgpu", "ort-web"];
  const field = names.map((each) => ({ entrant: inWorkerd(each, worker.config), threads: 1 }));
  try {
    await contests(name, work, (task) => field.filter(({ entrant }) => entrant.name !== "tfjs-cpu" || task.gflop < 0.3));
  } finally {
    worker.remove();
  }
}

async function inBrowser(
  name: "chromium" | "firefox" | "webkit",
  { known, effort, limit, signal, say, onContest }: Work,
  page: Lazy<Scratch>,
  onFound: (measured: Measured) => void,
): Promise<void> {
  const job = { tasks: known.map(({ task }) => task), effort, limit, references: known.map(({ judge }) => encodeFloats(judge.reference)) };
  let last = "";
  await measureInBrowser(name, await page.get(), job, {
    signal,
    onContest,
    onName: (version, isolated) =>
      onFound({ name: `${LABELS[name]} ${version}`, notes: isolated ? [] : ["the page is not cross-origin isolated here: no threads"] }),
    onProgress({ workload }) {
      if (workload !== last) say(`${LABELS[name]}: ${workload}`);
      last = workload;
    },
  });
}
