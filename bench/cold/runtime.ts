/** Something that starts programs, each time from nothing. */
import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { endGroup, startGroup } from "../ending.ts";
import type { Program } from "./programs.ts";

/** This folder's, from wherever the benchmark is built to. */
export const FOLDER = fileURLToPath(new URL("../bench/cold/", import.meta.url));

/** One start. */
export interface Start {
  readonly picture: Float32Array;
  /** From before the library is loaded to its first picture; in workerd, which has loaded it by then, from a request to the answer. */
  readonly ms: number;
  /** From before the process was there to after it was gone, or, of workerd, to the picture; undefined where the process is not the program's own. */
  readonly wallMs?: number;
  /** The most bytes that were resident, if that can be told. */
  readonly peak?: number;
}

export interface Runtime {
  readonly name: string;
  /** What of the programs it can run. */
  can(program: Program): boolean;
  /** Threads that a program may ask for: one alone, or any number. */
  readonly threaded: boolean;
  start(program: Program, threads: number): Promise<Start>;
  close(): void;
}

const LIMIT = 120_000;

/** A process under way. */
export interface Running {
  readonly child: ChildProcess;
  /** What it wrote so far, to standard output and standard error. */
  readonly output: Buffer[];
  readonly errors: Buffer[];
  /** Settles when it has ended: its exit code, or a signal's name. */
  readonly ended: Promise<number | string>;
}

/** Starts a process with as many more pipes as wanted. */
export function launch(program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}, pipes = 0): Running {
  const child = startGroup(program, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe", ...new Array<"pipe">(pipes).fill("pipe")],
  });
  const [output, errors]: [Buffer[], Buffer[]] = [[], []];
  child.stdout!.on("data", (chunk: Buffer) => output.push(chunk));
  child.stderr!.on("data", (chunk: Buffer) => errors.push(chunk));
  const ended = new Promise<number | string>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code, signal) => resolve(code ?? signal!));
  });
  return { child, output, errors, ended };
}

/** The line of what it said that tells what went wrong. */
export function lastWords({ errors }: Running): string {
  const lines = Buffer.concat(errors).toString().split("\n");
  return lines.find((line) => /error/i.test(line)) ?? lines.findLast((line) => line.trim()) ?? "it said nothing";
}

/** What `work` gives. @throws Error when that takes too long */
export async function limited<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer after ${LIMIT / 1000} seconds`)), LIMIT);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** What `work` gives, for which the process must be there. @throws Error with its last words when it ends before */
export function alive<T>(running: Running, work: Promise<T>): Promise<T> {
  const over = running.ended.then((code): never => {
    throw new Error(`ended with ${code}: ${lastWords(running)}`);
  });
  return Promise.race([work, over]);
}

/** As `alive`. @throws Error when it takes too long, too */
export const during = <T>(running: Running, work: Promise<T>): Promise<T> => limited(alive(running, work));

/** Ends a process and waits for that. */
export async function end({ child, ended }: Running): Promise<void> {
  endGroup(child);
  await ended;
}

/** The most bytes of a process that were resident; undefined where the system does not tell. */
export function peakOf(pid: number): number | undefined {
  try {
    return 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]);
  } catch {
    return undefined;
  }
}

/** Bytes as they came, as float32. */
export const floats = (bytes: Uint8Array): Float32Array => new Float32Array(bytes.slice().buffer);
