/**
 * Compiles the kernels of `assembly/`, by the targets of asconfig.json.
 *
 *   node build-kernels.js [target ...]
 *
 * Without names, all of them. The compiler takes as long to be compiled itself as it then takes for two targets, so one process does
 * all, in two threads, which share what the engine has compiled.
 */
import { readFileSync } from "node:fs";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import asc from "assemblyscript/asc";

/** What the package exports, what sampling alone needs, or all that the tests reach. */
function entryOf(target) {
  if (target === "sample") return "assembly/sampling.ts";
  return target.startsWith("test") ? "assembly/kernels.ts" : "assembly/index.ts";
}

async function compile(targets) {
  for (const target of targets) {
    const { error, stderr } = await asc.main([entryOf(target), "--target", target]);
    process.stderr.write(stderr.toString());
    if (error) throw new Error(`${target}: ${error.message}`);
  }
}

if (isMainThread) {
  const known = Object.keys(JSON.parse(readFileSync("asconfig.json", "utf8")).targets);
  const targets = process.argv.length > 2 ? process.argv.slice(2) : known;
  const unknown = targets.filter((target) => !known.includes(target));
  if (unknown.length > 0) throw new Error(`asconfig.json has ${known.join(", ")}, not ${unknown.join(", ")}`);
  const share = (ith) => targets.filter((_, i) => i % 2 === ith);
  new Worker(new URL(import.meta.url), { workerData: share(1) }); // an error in it ends the process
  await compile(share(0));
} else await compile(workerData);
