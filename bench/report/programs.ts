/** Runtimes that run programs: contenders are processes of theirs, spoken to as `peers/protocol.js` says. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Entrant, type Floats, firstOutputs } from "../contender.ts";
import type { Entry } from "../contest.ts";
import { tensorsOf } from "../data.ts";
import { PEERS } from "../entrants.ts";
import { startPeer } from "../peer.ts";
import { NODE24 } from "../setup.ts";
import type { ReportTask } from "./entries.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const script = (name: string): string => join(ROOT, "bench/peers", name);

/** A runtime of this machine. */
export interface Program {
  /** With its version. */
  readonly name: string;
  readonly command: string;
  /** What comes before the script. */
  readonly args: readonly string[];
}

/** GFLOP of a task that plain JavaScript does in time. */
const PLAIN = 0.3;

/** This Node itself; with it run the peers that are native. */
export const THIS_NODE: Program = { name: `Node ${process.versions.node}`, command: process.execPath, args: [] };

/** @throws Error that says what is not here */
export function findNode24(): Program {
  if (!existsSync(NODE24)) throw new Error(`not here: ${NODE24}; npm ci --prefix bench installs it`);
  const name = `Node ${versionOf(NODE24)}`;
  if (name === THIS_NODE.name) throw new Error("it is the Node that this is run by, which is measured already");
  return { name, command: NODE24, args: [] };
}

/** @throws Error that says what is not here */
export function findDeno(): Program {
  const deno = join(ROOT, "node_modules/.bin/deno");
  if (!existsSync(deno)) throw new Error("not here: npm install deno");
  return { name: `Deno ${versionOf(deno)}`, command: deno, args: ["run", "--allow-all", "--quiet"] };
}

/** @param home where the package `bun` is installed */
export function findBun(home: string): Program {
  const bun = join(home, "node_modules/.bin/bun");
  return { name: `Bun ${versionOf(bun)}`, command: bun, args: ["run"] };
}

function versionOf(program: string): string {
  return /\d+(\.\d+)+/.exec(execFileSync(program, ["--version"], { encoding: "utf8" }))![0];
}

/** The task in float64, by ours, in a process of its own, as it takes seconds in which this one has to listen. @param signal ends it */
export async function referenceOf(task: ReportTask, signal: AbortSignal): Promise<ReadonlyMap<string, Floats>> {
  const command = { program: process.execPath, args: [script("ganvas.js"), "float64"] };
  return firstOutputs(await startPeer(command, task, tensorsOf(task), 1, signal));
}

/** Who takes part in a runtime. The native ones run beside this Node's, once. */
export function fieldOf(program: Program, task: ReportTask): Entry[] {
  const threads = [...new Set([1, availableParallelism()])];
  const inside = (name: string, threaded: boolean, file: string, ...args: string[]): Entrant => ({
    name,
    runtime: program.name,
    threaded,
    open: (task, tensors, threads, signal) =>
      startPeer({ program: program.command, args: [...program.args, script(file), ...args] }, task, tensors, threads, signal),
  });
  const native = program === THIS_NODE ? PEERS.filter(({ name }) => ["ort-node", "pytorch", "pytorch-cuda"].includes(name)) : [];
  const field = [
    inside("ganvas", true, "ganvas.js", "wasm"),
    inside("ganvas-webgpu", false, "ganvas.js", "webgpu"),
    ...(task.gflop < PLAIN ? [inside("tfjs-cpu", false, "tfjs.js", "cpu")] : []),
    inside("tfjs-wasm", false, "tfjs.js", "wasm"),
    inside("tfjs-webgpu", false, "tfjs.js", "webgpu"),
    inside("ort-web", true, "ort.js", "web"),
    ...native,
  ];
  return field.flatMap((entrant) => (entrant.threaded ? threads : [1]).map((n) => ({ entrant, threads: n })));
}
