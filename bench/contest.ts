/** A contest: everyone starts a task, what each computes is compared with float64, and those that are right are timed in alternation. */
import { type Agreement, agreementOf, deviations, errorOf, faultOf, type Given, type Judge } from "./compare.ts";
import type { Contender, Entrant, Floats } from "./contender.ts";
import { type Bounds, within } from "./limit.ts";
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
  /** Milliseconds that a contender has for anything that it is asked to do, before it is ended; undefined for as long as it takes. */
  readonly limit?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

/** A contender that is right, the milliseconds of its first step, and how far from float64 that was. */
interface Started {
  readonly contender: Contender;
  readonly first: number;
  readonly deviation?: number;
}

/** What came of a contest. */
export interface Outcome {
  /** Of each entry: its samples, or why there are none. */
  readonly results: Result[];
  /** How far those that are right are from each other. */
  readonly agreement: Agreement | null;
}

/**
 * Lets everyone do the task.
 *
 * @throws what `signal` gives as its reason; nobody is left running
 */
export async function compete(task: Task, tensors: readonly Tensor[], field: readonly Entry[], options: ContestOptions): Promise<Outcome> {
  const { effort, signal, onProgress } = options;
  const outcomes: (Error | Started)[] = [];
  const given: Given[] = [];
  const tell = (phase: Progress["phase"], { entrant, threads }: Entry, done: number) =>
    onProgress?.({ phase, implementation: entrant.name, threads, done });
  try {
    for (const [i, entry] of field.entries()) {
      signal?.throwIfAborted();
      tell("check", entry, i / field.length);
      const others = field.filter((other) => other !== entry && other.entrant.name === entry.entrant.name);
      outcomes.push(await start(task, tensors, entry, others, options, (outputs) => given.push({ library: libraryOf(entry.entrant.name), outputs })));
    }
    const agreement = agreementOf(task, tensors, given.splice(0));
    const able = outcomes.filter((o): o is Started => !(o instanceof Error));
    const entriesOfAble = field.filter((_, i) => !(outcomes[i] instanceof Error));
    const measured = await measure(
      able.map((o) => o.contender),
      able.map((o) => o.first),
      effort,
      { signal, onTurn: (i, done) => tell("time", entriesOfAble[i]!, done) },
    );
    // What was cut short may look like a contender's own failure.
    signal?.throwIfAborted();
    const results = field.map(({ entrant, threads }, i) => {
      const outcome = outcomes[i]!;
      const head = { implementation: entrant.name, runtime: entrant.runtime, threads };
      if (outcome instanceof Error) return { ...head, outcome };
      const { info } = outcome.contender;
      const { deviation } = outcome;
      return { ...head, threads: info.threads, info, ...(deviation !== undefined && { deviation }), outcome: measured[able.indexOf(outcome)]! };
    });
    return { results, agreement };
  } finally {
    for (const outcome of outcomes) if (!(outcome instanceof Error)) outcome.contender.close();
  }
}

/** By whose code an entrant computes: "ganvas", "tfjs", "ort", "pytorch". */
const libraryOf = (name: string): string => /^\w+/.exec(name)![0];

/**
 * Starts one and holds its first step against the judge's.
 *
 * @param others the same one with other numbers of threads
 * @param onRight told what the step gave, where it is right
 */
async function start(
  task: Task,
  tensors: readonly Tensor[],
  { entrant, threads }: Entry,
  others: readonly Entry[],
  { judge, limit, signal }: ContestOptions,
  onRight: (outputs: ReadonlyMap<string, Floats>) => void,
): Promise<Error | Started> {
  let contender: Contender | undefined;
  const opening = new AbortController();
  try {
    const opened = entrant.open(task, tensors, threads, opening.signal);
    contender = bounded(await within(opened, { limit, signal }, () => opening.abort()), { limit, signal });
    const { threads: got } = contender.info;
    if (others.some((other) => other.threads === got))
      throw new Error(`asked for ${threads} threads, it has ${got}, with which it takes part already`);
    const first = await firstStep(contender);
    const outputs = await contender.outputs();
    const found = judge && deviations(task, tensors, judge.reference, outputs);
    const fault = found && faultOf(found, judge.yardstick);
    if (fault) throw new Error(`is wrong: ${fault}`);
    if (found) onRight(outputs);
    return { contender, first, ...(found && { deviation: errorOf(task, found) }) };
  } catch (error) {
    contender?.close();
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** A contender that is ended when it takes too long, or when nobody waits for it any more. */
function bounded(contender: Contender, bounds: Bounds): Contender {
  let isOpen = true;
  const close = (): void => {
    if (isOpen) contender.close();
    isOpen = false;
  };
  const asked = <T>(work: Promise<T>): Promise<T> => within(work, bounds, close);
  return {
    info: contender.info,
    reset: () => asked(contender.reset()),
    run: (steps) => asked(contender.run(steps)),
    outputs: () => asked(contender.outputs()),
    close,
  };
}
