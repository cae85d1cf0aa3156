/** Programs that are ended as a whole, with all that they started and left lying. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Groups that may still run; they do not outlive this process. */
const groups = new Set();

function killGroup(pid) {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // it has ended
  }
}

const killAll = () => groups.forEach(killGroup);

/**
 * Starts a program as a group of processes. What it says is kept, and passed to `hear` as it comes.
 *
 * `ended` settles when it has: with its exit code, a signal's name, or the reason why it could not be run. `kill` ends the group and waits for that.
 */
export function start(command, args, { hear = () => {}, ...options } = {}) {
  if (!process.listeners("exit").includes(killAll)) process.on("exit", killAll);
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options, detached: true });
  if (child.pid !== undefined) groups.add(child.pid);
  const said = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text) => {
      said.push(text);
      hear(text);
    });
  }
  const ended = new Promise((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("exit", (code, signal) => resolve(code ?? signal));
  });
  return {
    pid: child.pid,
    stdio: child.stdio,
    ended,
    said: () => said.join(""),
    async kill() {
      if (child.pid === undefined) return;
      killGroup(child.pid);
      groups.delete(child.pid);
      await ended;
    },
  };
}

/** Runs a program to its end, at most for `limit` milliseconds: what it said, and null or why it failed. */
export async function run(command, args, { limit, ...options }) {
  const program = start(command, args, options);
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(`not done after ${limit / 1000} seconds`), limit);
  });
  const outcome = await Promise.race([program.ended, late]);
  clearTimeout(timer);
  await program.kill();
  const fault = outcome === 0 ? null : typeof outcome === "number" ? `exit code ${outcome}` : outcome;
  return { fault, said: program.said() };
}

/** A folder for all that is temporary, of this program and of those that it starts, so that nothing is left by one that is interrupted. */
export function scratchFolder(prefix) {
  for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) process.on(signal, () => process.exit(128 + number));
  const folder = mkdtempSync(join(tmpdir(), prefix));
  process.env.TMPDIR = folder;
  process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}
