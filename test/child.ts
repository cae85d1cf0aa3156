import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("..", import.meta.url));

export interface ChildResult {
  /** Exit code; null when it had to be killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end, or kills it after `timeout` ms. */
export function run(command: string, args: readonly string[], { cwd = ROOT, timeout = 110_000 } = {}): Promise<ChildResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, timeout, killSignal: "SIGKILL", stdio: ["ignore", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs a module, given as source, in a Node process of its own with the built package as `ganvas`. */
export function runModule(source: string, { flags = [], timeout }: { flags?: readonly string[]; timeout?: number } = {}): Promise<ChildResult> {
  return run(process.execPath, [...flags, "--input-type=module", "--eval", source], timeout === undefined ? {} : { timeout });
}
