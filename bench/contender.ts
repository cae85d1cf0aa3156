/** Something that can do a task, ours or a peer's, wherever it runs. */
import type { Task, Tensor } from "./task.ts";

/** What ours computes on. */
export type Backend = "wasm" | "webgpu";

export interface Info {
  readonly version: string;
  /** Threads it really computes with. */
  readonly threads: number;
  /** What a reader should know of this run: instruction set, BLAS, warnings. */
  readonly notes?: readonly string[];
}

/** Numbers as they were computed. */
export type Floats = Float32Array | Float64Array;

export interface Contender {
  readonly info: Info;
  /** Puts parameters and optimizer back to where they started. */
  reset(): Promise<void>;
  /** Does the task `steps` times. */
  run(steps: number): Promise<void>;
  /** What the last run gave, by name; pictures as NHWC and filters as [kh, kw, in, out]. */
  outputs(): Promise<Map<string, Floats>>;
  close(): void;
}

/** A contender and how to start it. */
export interface Entrant {
  /** As asked for by `--peers`; "ganvas" is ours. */
  readonly name: string;
  /** What it runs in, as printed. */
  readonly runtime: string;
  /** Whether it can use more than one thread here. */
  readonly threaded: boolean;
  /** @param signal ends what has been started of it, where the opening is waited for no longer */
  open(task: Task, tensors: readonly Tensor[], threads: number, signal?: AbortSignal): Promise<Contender>;
}

/** What one step from the start gives; the contender ends with it. */
export async function firstOutputs(contender: Contender): Promise<ReadonlyMap<string, Floats>> {
  try {
    await contender.reset();
    await contender.run(1);
    return await contender.outputs();
  } finally {
    contender.close();
  }
}
