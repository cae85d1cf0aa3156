/** Timing by the library `benchmark`: short turns of every contender in alternation, so that a machine that slows down slows all of them. */
import { Clock } from "./clock.ts";
import type { Contender } from "./contender.ts";

/** How much time goes into each contender, in milliseconds. */
export interface Effort {
  /** A turn repeats the task until it lasts this long, which makes a peer's messages (0.1 ms), and cores that slept before, not count. */
  readonly turn: number;
  /** All turns of a contender together, if a single one is not longer. */
  readonly total: number;
  /** At least so many turns, however long each is. */
  readonly turns: number;
  /** A contender whose first step takes longer than this is timed by that step alone. */
  readonly patience: number;
}

export const FULL: Effort = { turn: 1_000, total: 12_000, turns: 5, patience: 120_000 };
export const QUICK: Effort = { turn: 100, total: 2_000, turns: 3, patience: 10_000 };

/** Who looks on while contenders are timed, and may end it. */
export interface Watching {
  readonly signal?: AbortSignal | undefined;
  /** Told before each turn whose it is, and which share of all turns is done. */
  readonly onTurn?: ((contender: number, done: number) => void) | undefined;
}

/** Milliseconds of one task, by turn. */
export type Samples = number[];

/** Times `task` once. */
async function once(task: () => Promise<void>): Promise<number> {
  const { promise, resolve, reject } = withResolvers<number>();
  const benchmark = new Clock({
    defer: true,
    minSamples: 1,
    maxTime: 0,
    minTime: 1e-6,
    delay: 0,
    fn: (deferred: { resolve(): void }) => void task().then(() => deferred.resolve(), reject),
    onError: () => reject(benchmark.error),
    onComplete: () => resolve(1_000 * benchmark.stats.sample[0]!),
  });
  benchmark.run({ async: true });
  return promise;
}

/** Runs a contender's first step from the start. @returns its milliseconds, compilation and warming up included */
export async function firstStep(contender: Contender): Promise<number> {
  await contender.reset();
  return once(() => contender.run(1));
}

/**
 * Times contenders in alternation.
 *
 * @param first milliseconds of each contender's first step
 * @returns for each contender its samples, or what went wrong
 * @throws what `signal` gives as its reason
 */
export async function measure(
  contenders: readonly Contender[],
  first: readonly number[],
  effort: Effort,
  { signal, onTurn }: Watching = {},
): Promise<(Samples | Error)[]> {
  const results: (Samples | Error)[] = [];
  const plans: { steps: number; turns: number }[] = [];
  for (const [i, contender] of contenders.entries()) {
    const slow = first[i]! > effort.patience;
    results[i] = slow ? [first[i]!] : [];
    plans[i] = { steps: 0, turns: 0 };
    if (slow) continue;
    signal?.throwIfAborted();
    onTurn?.(i, 0);
    try {
      plans[i] = await plan(contender, first[i]!, effort);
    } catch (error) {
      results[i] = asError(error);
    }
  }
  const rounds = Math.max(...plans.map(({ turns }) => turns));
  for (let round = 0; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      const samples = results[i]!;
      const { steps, turns } = plans[i]!;
      if (round >= turns || samples instanceof Error) continue;
      signal?.throwIfAborted();
      onTurn?.(i, (round + i / contenders.length) / rounds);
      try {
        await contender.reset();
        samples.push((await once(() => contender.run(steps))) / steps);
      } catch (error) {
        results[i] = asError(error);
      }
    }
  }
  return results;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** Warms up and finds how many steps make a turn. */
async function plan(contender: Contender, first: number, effort: Effort): Promise<{ steps: number; turns: number }> {
  let step = first;
  for (let steps = 1, spent = first; spent < 2 * effort.turn; spent += step * steps) {
    steps = Math.max(1, Math.min(4 * steps, Math.ceil(effort.turn / step)));
    step = (await once(() => contender.run(steps))) / steps;
  }
  const steps = Math.max(1, Math.ceil(effort.turn / step));
  return { steps, turns: Math.max(effort.turns, Math.min(25, Math.floor(effort.total / (steps * step)))) };
}

function withResolvers<T>(): { promise: Promise<T>; resolve(value: T): void; reject(error: unknown): void } {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((a, b) => {
    resolve = a;
    reject = b;
  });
  return { promise, resolve, reject };
}
