import type { Task, Tensor } from "../task.ts";

/** A task's contender as peers have it, spoken to by the names of its tensors. */
export interface PeerContender {
  readonly info: { readonly version: string; readonly threads: number };
  reset(): void;
  run(steps: number): Promise<void> | void;
  outputs(): Promise<Record<string, Float32Array>> | Record<string, Float32Array>;
}

/** @param tf TensorFlow.js, with a backend that is ready, and by default of one thread */
export function tfjsContender(tf: object, task: Task, tensors: ReadonlyMap<string, Tensor>, threads?: number): PeerContender;
