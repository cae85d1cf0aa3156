import type { BatchSource } from "../data/batches.ts";
import type { Batch } from "../data/dataset.ts";
import { REPORTS, type ReportName, type StepSeries, type StepValues } from "../objective/reports.ts";
import type { Outcome } from "./model.ts";

/** What is known after one step: one update of the generator and the discriminator's before it. */
export interface StepReport extends StepValues {
  /** Number of the step since the GAN was created, the first being 1. */
  readonly step: number;
  /** Real images seen in a second, over the steps reported together. */
  readonly imagesPerSecond: number;
}

/** What a call of `train` did. Of each list, element i belongs to the call's step i. */
export interface TrainReport extends StepSeries {
  /** Steps done in this call. */
  readonly steps: number;
  /** Why it ended: all steps done, the signal, or an iterable that had no more batches. */
  readonly stopped: "steps" | "signal" | "data";
  readonly seconds: number;
}

/** How steps are done: begun one behind the other, then waited for. */
export interface Stepper {
  /** Begins a step. Gives false where it first wants other batches, as steps under way came to nothing: the source has gone back to them. */
  begin(batches: readonly Batch[]): Promise<boolean>;
  /** Waits for the steps under way. A number that came before stands for a step done over, and all after it with it. */
  outcome(): Promise<Outcome>;
  /** Sees to it that no step done so far can be lost. @returns how many there are, since the GAN was created: some may just have been */
  secure(): Promise<number>;
}

export interface LoopOptions {
  /** Steps done before this call. */
  readonly done: number;
  readonly steps: number;
  readonly batchSize: number;
  /** Updates of the discriminator in a step, each with a batch of its own. */
  readonly batchesPerStep: number;
  /** How many steps may be begun before they are waited for, as things stand. */
  readonly reportEvery: () => number;
  readonly onStep?: ((report: StepReport) => unknown) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How long computing may go on before timers, signals and I/O get their turn. */
const BREATH_MS = 50;

/** Steps wait with their batches: no more are begun together when these come to so many bytes. */
const MOST_BYTES = 2 ** 28;

/** Steps begun together, and what kept them from being more. */
interface Begun {
  readonly steps: number;
  readonly images: number;
  readonly bytes: number;
  readonly stopped?: "signal" | "data";
  /** Of the source, or of a step that could not be begun. */
  readonly error?: unknown;
}

/**
 * Takes batches, steps and reports until there is a reason to stop.
 *
 * @throws what the source throws, and what went wrong in a step, once all steps before are reported
 */
export async function trainLoop(source: BatchSource, stepper: Stepper, options: LoopOptions): Promise<TrainReport> {
  const { done, steps, batchSize, batchesPerStep, reportEvery, onStep, signal } = options;
  const start = performance.now();
  let breathed = start;
  let abort = (): void => {};
  const aborted = new Promise<null>((resolve) => {
    abort = () => resolve(null);
  });
  signal?.addEventListener("abort", abort, { once: true });

  const beginSome = async (most: number): Promise<Begun> => {
    let begun: Begun = { steps: 0, images: 0, bytes: 0 };
    while (begun.steps < Math.min(most, reportEvery()) && begun.bytes < MOST_BYTES) {
      if (signal?.aborted) return { ...begun, stopped: "signal" };
      try {
        const batches = await Promise.race([take(source, batchSize, batchesPerStep), aborted]);
        if (batches === null) continue; // aborted while waiting for data
        if (batches.length === 0) return { ...begun, stopped: "data" };
        if (!(await stepper.begin(batches))) {
          await nextTask();
          return begun; // what became of the others comes first
        }
        const sum = (of: (batch: Batch) => number): number => batches.reduce((total, batch) => total + of(batch), 0);
        begun = { steps: begun.steps + 1, images: begun.images + sum((b) => b.count), bytes: begun.bytes + sum((b) => b.data.byteLength) };
      } catch (error) {
        return { ...begun, error };
      }
      if (performance.now() - breathed > BREATH_MS) {
        await nextTask();
        breathed = performance.now();
      }
    }
    return begun;
  };

  const losses: StepValues[] = []; // of step done + 1 and on
  let stopped: TrainReport["stopped"] | undefined;
  try {
    while (!stopped) {
      const since = performance.now();
      const begun = await beginSome(steps - losses.length);
      const { results, fault } = await stepper.outcome();
      const imagesPerSecond = (1000 * begun.images) / (performance.now() - since);
      for (const result of results) {
        losses.length = result.step - done - 1;
        losses.push(result);
        await onStep?.({ ...result, imagesPerSecond });
      }
      if (fault) throw fault;
      if ("error" in begun) throw begun.error;
      stopped = begun.stopped ?? (losses.length >= steps ? "steps" : undefined);
      if (!stopped) continue;
      losses.length = Math.min(losses.length, (await stepper.secure()) - done);
      if (stopped === "steps" && losses.length < steps) stopped = undefined;
    }
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  return {
    steps: losses.length,
    stopped,
    seconds: (performance.now() - start) / 1000,
    ...seriesOf(losses),
  };
}

function seriesOf(steps: readonly StepValues[]): StepSeries {
  const names = Object.keys(REPORTS) as ReportName[];
  return Object.fromEntries(names.map((name) => [REPORTS[name].series, Float32Array.from(steps, (step) => step[name])])) as unknown as StepSeries;
}

/** The batches of one step; fewer where the data end, so that none is lost. */
async function take(source: BatchSource, size: number, count: number): Promise<Batch[]> {
  const batches: Batch[] = [];
  while (batches.length < count) {
    const batch = await source.next(size);
    if (!batch) break;
    batches.push(batch);
  }
  return batches;
}

/** Goes on after timers, messages and I/O that are due. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => (typeof setImmediate === "function" ? setImmediate(resolve) : setTimeout(resolve)));
}
