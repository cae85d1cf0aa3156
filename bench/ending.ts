/** What ends with this program, however that ends: the processes that it has started, with all that those have, and the folders that it writes to for a while. */
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";

const children = new Set<ChildProcess>();
const folders = new Set<string>();
let isWatched = false;

function watch(): void {
  if (isWatched) return;
  isWatched = true;
  process.on("exit", () => {
    for (const child of children) endGroup(child);
    for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  // By these a program ends without "exit", unless it listens; groups of their own do not hear of a terminal's.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    if (process.listenerCount(signal) === 0) process.once(signal, () => process.exit(128 + constants.signals[signal]));
}

/** Starts a process as the first of a group. */
export function startGroup(program: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  watch();
  const child = spawn(program, args, { ...options, detached: true });
  if (child.pid !== undefined) children.add(child);
  child.on("close", () => children.delete(child));
  return child;
}

/** Ends a process and what it has started. */
export function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Where there are no groups; or it has ended.
    child.kill("SIGKILL");
  }
}

/** A folder for a while. */
export interface Scratch {
  readonly path: string;
  remove(): void;
}

export function scratch(prefix: string): Scratch {
  watch();
  const path = mkdtempSync(join(tmpdir(), prefix));
  folders.add(path);
  const remove = (): void => {
    rmSync(path, { recursive: true, force: true });
    folders.delete(path);
  };
  return { path, remove };
}
