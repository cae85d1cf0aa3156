/** A contest: everyone starts a task, what each computes is compared with float64, and those that are right are timed in alternation. */
import { deviations, errorOf, faultOf, type Judge } from "./compare.ts";
import type { Contender, Entrant } from "./contender.ts";
import { type Effort, firstStep, measure } from "./measure.ts";
import type { Result } from "./report.ts";
import type { Task, Tensor } from "./task.ts";

export interface Entry {
  readonly entrant: Entrant;
  readonly threads: number;
}

/** Where a contest has got to. */
export interface Progress {
  readonly phase: "check" | "time";
  readonly implementation: string;
  readonly threads: number;
  /** The share of the phase that is done before this, from 0. */
  readonly done: number;
}

export interface ContestOptions {
  /** What everyone is held against; null where nobody is judged. */
  readonly judge: Judge | null;
  readonly effort: Effort;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** A contender that is right, the milliseconds of its first step, and how far from float64 that was. */
interface Started {
  readonly contender: Contender;
  readonly first: number;
  readonly deviation?: number;
}

/**
 * Lets everyone do the task.
 *
 * @returns a result for each entry: its samples, or why there are none
 * @throws what `signal` gives as its reason
 */
export async function compete(task: Task, tensors: readonly Tensor[], field: readonly Entry[], options: ContestOptions): Promise<Result[]> {
  const { judge, effort, signal, onProgress } = options;
  const outcomes: (Error | Started)[] = [];
  const tell = (phase: Progress["phase"], { entrant, threads }: Entry, done: number) =>
    onProgress?.({ phase, implementation: entrant.name, threads, done });
  try {
    for (const [i, entry] of field.entries()) {
      signal?.throwIfAborted();
      tell("check", entry, i / field.length);
      outcomes.push(await start(task, tensors, entry, judge));
    }
    const able = outcomes.filter((o): o is Started => !(o instanceof Error));
    const entriesOfAble = field.filter((_, i) => !(outcomes[i] instanceof Error));
    const measured = await measure(
      able.map((o) => o.contender),
      able.map((o) => o.first),
      effort,
      { signal, onTurn: (i, done) => tell("time", entriesOfAble[i]!, done) },
    );
    return field.map(({ entrant, threads }, i) => {
      const outcome = outcomes[i]!;
      const head = { implementation: entrant.name, runtime: entrant.runtime, threads };
      if (outcome instanceof Error) return { ...head, outcome };
      const { info } = outcome.contender;
      const { deviation } = outcome;
      return { ...head, threads: info.threads, info, ...(deviation !== undefined && { deviation }), outcome: measured[able.indexOf(outcome)]! };
    });
  } finally {
    for (const outcome of outcomes) if (!(outcome instanceof Error)) outcome.contender.close();
  }
}

/** Starts one and holds its first step against the judge's. */
async function start(task: Task, tensors: readonly Tensor[], { entrant, threads }: Entry, judge: Judge | null): Promise<Error | Started> {
  let contender: Contender | undefined;
  try {
    contender = await entrant.open(task, tensors, threads);
    const first = await firstStep(contender);
    const outputs = await contender.outputs();
    const found = judge && deviations(task, tensors, judge.reference, outputs);
    const fault = found && faultOf(found, judge.yardstick);
    if (fault) throw new Error(`is wrong: ${fault}`);
    return { contender, first, ...(found && { deviation: errorOf(task, found) }) };
  } catch (error) {
    contender?.close();
    return error instanceof Error ? error : new Error(String(error));
  }
}
