/** What everyone's results are held against. */
import { createReferenceExecutor } from "../src/exec/reference/executor.ts";
import { deviations, type Judge } from "./compare.ts";
import { type Entrant, firstOutputs } from "./contender.ts";
import { FLOAT64, PEERS } from "./entrants.ts";
import { startOurs } from "./ours.ts";
import type { Task, Tensor } from "./task.ts";

const FLOAT32 = PEERS.find(({ name }) => name === "pytorch")!;

/** Work in GFLOP that our reference, which is plain loops, is asked for: a minute or two. */
const PATIENCE = 20;

/**
 * The task in float64, by PyTorch, or where there is none by our reference executor.
 *
 * @returns null where neither can do it
 */
export async function judgeOf(task: Task, tensors: readonly Tensor[], threads: number): Promise<Judge | null> {
  const open = (entrant: Entrant) => entrant.open(task, tensors, threads);
  const exact = await open(FLOAT64).catch(() => null);
  if (!exact) {
    if (task.gflop > PATIENCE) return null;
    return { reference: await firstOutputs(await startOurs(createReferenceExecutor(), task, tensors)), yardstick: null };
  }
  const reference = await firstOutputs(exact);
  return { reference, yardstick: deviations(task, tensors, reference, await firstOutputs(await open(FLOAT32))) };
}
