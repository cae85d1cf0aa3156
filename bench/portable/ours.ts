/** Ours on a task, by the name of what it computes on. Built as a module of its own, which pages, workers and programs of other runtimes import. */
import { createReferenceExecutor } from "../../src/exec/reference/executor.ts";
import { createTfjsExecutor } from "../../src/exec/tfjs/executor.ts";
import { createWasmExecutor } from "../../src/exec/wasm/executor.ts";
import type { Contender } from "../contender.ts";
import { startOurs } from "../ours.ts";
import type { Task, Tensor } from "../task.ts";

/** "float64" is the reference, by which everyone is judged. */
export type Engine = "wasm" | "webgpu" | "float64";

/**
 * Starts ours.
 *
 * @throws Error where threads were asked for and the runtime has one alone
 */
export async function openOurs(engine: Engine, task: Task, tensors: readonly Tensor[], threads: number): Promise<Contender> {
  if (engine === "float64") return startOurs(createReferenceExecutor(), task, tensors);
  if (engine === "webgpu") return startOurs(await createTfjsExecutor(), task, tensors);
  // One thread is the one that calls: on a page, that of the worker that this runs in.
  const executor = await createWasmExecutor(threads === 1 ? { threads, place: "here" } : { threads });
  if (executor.backend.threads === threads) return startOurs(executor, task, tensors);
  const { reason } = executor.backend;
  executor.dispose();
  throw new Error(reason.replace(/^asked for; /, ""));
}
