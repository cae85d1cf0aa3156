/** In place of `executor.ts` on edge runtimes, so that TensorFlow.js is no part of what is sent there. */
import { BackendError } from "../../core/errors.ts";
import type { Executor } from "../executor.ts";

/** @throws BackendError always, as there is no WebGPU */
export async function createTfjsExecutor(): Promise<Executor> {
  throw new BackendError({ path: "backend", expected: "WebGPU", got: "an edge runtime, which has none" });
}
