/** What the runtime has: found by looking for it, as names and versions are claimed by others too. */

interface BuiltinModules {
  "node:os": typeof import("node:os");
  "node:worker_threads": typeof import("node:worker_threads");
  "node:module": typeof import("node:module");
}

/** A module of Node's, where the runtime has it (Node from 20.16 on, Bun, Deno); not by an import, which bundlers for the web would follow. */
export function builtinModule<N extends keyof BuiltinModules>(name: N): BuiltinModules[N] | undefined {
  const { process } = globalThis as { process?: { getBuiltinModule?(name: string): unknown } };
  try {
    return process?.getBuiltinModule?.(name) as BuiltinModules[N] | undefined;
  } catch {
    return undefined; // some edge runtimes have one that only throws
  }
}

/** Whether this is a page, or a window of Electron: what blocks it is seen. */
export const isPage = (): boolean => typeof document === "object";

/** The name of a runtime that loads packages from a folder of them; null for a page (though it may have a `process`), an edge runtime, and Deno, which has its own WebGPU. */
export function serverRuntime(): "Node" | "Bun" | null {
  if (isPage() || "Deno" in globalThis || !builtinModule("node:module")) return null;
  return "Bun" in globalThis ? "Bun" : "Node";
}
