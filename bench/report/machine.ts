/** The machine that this runs on. */
import { readFileSync } from "node:fs";
import { cpus, release, type as systemType, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { findAdapter } from "../entrants.ts";
import type { Machine } from "./results.ts";

export async function thisMachine(): Promise<Omit<Machine, "quick" | "turn" | "notes" | "runtimes" | "leftOut">> {
  const { version } = JSON.parse(readFileSync(fileURLToPath(new URL("../package.json", import.meta.url)), "utf8"));
  return {
    cpu: cpus()[0]?.model.trim() || "not told",
    cores: cpus().length || null,
    memory: totalmem(),
    os: systemName(),
    gpu: await findAdapter().catch(() => null),
    made: new Date().toISOString(),
    ganvas: version,
  };
}

/** As Linux distributions call themselves, else by the kernel. */
function systemName(): string {
  try {
    const pretty = /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1];
    if (pretty) return `${pretty}, ${systemType()} ${release()}`;
  } catch {
    // No such file elsewhere.
  }
  return `${systemType()} ${release()}`;
}
