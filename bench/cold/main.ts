/** `npm run bench -- cold`: how long from nothing to the first picture, and how much memory that takes. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Options } from "../cli.ts";
import { NODE24 } from "../setup.ts";
import { CHROMIUM, chromiumRuntime } from "./chromiumRuntime.ts";
import { type Expected, writeModels } from "./model.ts";
import { nodeRuntime } from "./nodeRuntime.ts";
import { EMPTY, PROGRAMS, type Program } from "./programs.ts";
import { type ColdResult, coldRows, coldTable } from "./report.ts";
import type { Runtime, Start } from "./runtime.ts";
import { workerdRuntime } from "./workerdRuntime.ts";

/** Largest difference from the picture in float64, of values in [-1, 1]. */
const TOLERANCE = 1e-3;

interface Entry extends ColdResult {
  readonly runtime: Runtime;
}

/** Starts every program in every runtime, one after the other and round after round, and prints what it took. */
export async function startCold(options: Pick<Options, "rounds" | "quick" | "peers" | "threads" | "json">): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "ganvas-cold-"));
  process.once("exit", () => rmSync(scratch, { recursive: true, force: true, maxRetries: 10 }));
  process.once("SIGINT", () => process.exit(130));
  console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores. Writing the models ...\n`);
  const expected = await writeModels(scratch);
  const runtimes = await openRuntimes(scratch, scratch, options.quick);
  const results = runtimes.flatMap((runtime) => entries(runtime, options, scratch));
  for (let round = 0; round <= options.rounds; round++) {
    for (const result of results) {
      if (result.fault !== undefined) continue;
      try {
        const start = await result.runtime.start(result.program, result.threads);
        check(start, result.program, expected);
        // The first of all also brings what is read into the system's cache, and is not counted.
        if (round > 0) result.starts.push(start);
      } catch (error) {
        result.fault = (error as Error).message;
      }
    }
  }
  for (const runtime of runtimes) {
    runtime.close();
    console.log(
      `${coldTable(
        runtime.name,
        results.filter((r) => r.runtime === runtime),
      )}\n`,
    );
  }
  if (options.json) writeFileSync(options.json, `${JSON.stringify(coldRows(results), null, 2)}\n`);
}

/** This Node, the Node 24 of package.json if that is another, workerd and Chromium: those that are here. */
async function openRuntimes(models: string, scratch: string, quick: boolean): Promise<Runtime[]> {
  const runtimes = [nodeRuntime(process.versions.node, process.execPath, models)];
  if (quick) return runtimes;
  const missing: string[] = [];
  const versionOf = (program: string) =>
    /\d+(\.\d+)+/.exec(execFileSync(program, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }))![0];
  if (existsSync(NODE24)) {
    const version = versionOf(NODE24);
    if (version !== process.versions.node) runtimes.push(nodeRuntime(version, NODE24, models));
  } else missing.push("Node 24");
  const workerd = fileURLToPath(new URL("../bench/node_modules/workerd/package.json", import.meta.url));
  if (existsSync(workerd)) runtimes.push(workerdRuntime(JSON.parse(readFileSync(workerd, "utf8")).version, models, scratch));
  else missing.push("workerd");
  if (CHROMIUM) runtimes.push(await chromiumRuntime(versionOf(CHROMIUM), models, scratch));
  else missing.push("Chromium");
  if (missing.length > 0) console.log(`Not here: ${missing.join(", ")}\n`);
  return runtimes;
}

function entries(runtime: Runtime, { peers, threads }: Pick<Options, "peers" | "threads">, models: string): Entry[] {
  const able = PROGRAMS.filter((program) => runtime.can(program) && (program.peer === undefined || peers.includes(program.peer)));
  return able.flatMap((program) =>
    (program.threaded && runtime.threaded ? threads : [1]).map((n): Entry => {
      return { runtime, program, threads: n, bytes: program === EMPTY ? 0 : statSync(join(models, program.file)).size, starts: [] };
    }),
  );
}

/** Correctness before speed. @throws Error when it is not the picture that the weights of the file give */
function check({ picture }: Start, { weights, channelsFirst }: Program, expected: Expected): void {
  if (weights === null) return;
  const right = expected[weights];
  if (picture.length !== right.length) throw new Error(`${picture.length} values, not ${right.length}`);
  const pixels = right.length / 3;
  let largest = 0;
  for (let i = 0; i < right.length; i++) {
    const difference = Math.abs(picture[channelsFirst ? (i % 3) * pixels + Math.floor(i / 3) : i]! - right[i]!);
    if (!(difference <= largest)) largest = difference;
  }
  if (!(largest <= TOLERANCE)) throw new Error(`differs from the picture in float64 by ${largest.toPrecision(2)} (at most ${TOLERANCE})`);
}
