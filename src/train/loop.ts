import type { BatchSource } from "./batches.ts";
import type { Batch } from "./data.ts";
import type { StepLosses, StepResult } from "./model.ts";

/** What is known after one step: one update of the generator and the discriminator's before it. */
export interface StepReport extends StepLosses {
  /** Number of the step since the GAN was created, the first being 1. */
  readonly step: number;
  /** Real images seen in a second, over this step alone. */
  readonly imagesPerSecond: number;
}

/** What a call of `train` did. Of each list, element i belongs to the call's step i. */
export interface TrainReport {
  /** Steps done in this call. */
  readonly steps: number;
  /** Why it ended: all steps done, the signal, or an iterable that had no more batches. */
  readonly stopped: "steps" | "signal" | "data";
  readonly seconds: number;
  readonly discriminatorLosses: Float32Array;
  readonly generatorLosses: Float32Array;
  readonly divergences: Float32Array;
}

export interface LoopOptions {
  /** Steps done before this call. */
  readonly begin: number;
  readonly steps: number;
  readonly batchSize: number;
  /** Updates of the discriminator in a step, each with a batch of its own. */
  readonly batchesPerStep: number;
  readonly onStep?: ((report: StepReport) => unknown) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How long computing may go on before timers, signals and I/O get their turn. */
const BREATH_MS = 50;

/**
 * Takes batches, steps and reports until there is a reason to stop.
 *
 * @param step does one step and says its number and its losses, or gives null where it first wants other batches, `source` having gone back to them.
 * A number that came before stands for a step done over, and all after it with it.
 */
export async function trainLoop(
  source: BatchSource,
  step: (batches: readonly Batch[]) => Promise<StepResult | null>,
  { begin, steps, batchSize, batchesPerStep, onStep, signal }: LoopOptions,
): Promise<TrainReport> {
  const begun = performance.now();
  const losses: StepLosses[] = []; // of step begin + 1 and on
  let stopped: TrainReport["stopped"] = "steps";
  let breathed = begun;
  let abort = (): void => {};
  const aborted = new Promise<null>((resolve) => {
    abort = () => resolve(null);
  });
  signal?.addEventListener("abort", abort, { once: true });
  while (losses.length < steps) {
    if (signal?.aborted) {
      stopped = "signal";
      break;
    }
    const start = performance.now();
    const batches = await Promise.race([take(source, batchSize, batchesPerStep), aborted]);
    if (batches === null) continue; // aborted while waiting for data
    if (batches.length === 0) {
      stopped = "data";
      break;
    }
    const result = await step(batches);
    if (!result) {
      await nextTask();
      continue;
    }
    losses.length = result.step - begin - 1;
    losses.push(result);
    const images = batches.reduce((sum, { count }) => sum + count, 0);
    await onStep?.({ ...result, imagesPerSecond: (1000 * images) / (performance.now() - start) });
    if (performance.now() - breathed > BREATH_MS) {
      await nextTask();
      breathed = performance.now();
    }
  }
  signal?.removeEventListener("abort", abort);
  return {
    steps: losses.length,
    stopped,
    seconds: (performance.now() - begun) / 1000,
    discriminatorLosses: Float32Array.from(losses, (l) => l.discriminatorLoss),
    generatorLosses: Float32Array.from(losses, (l) => l.generatorLoss),
    divergences: Float32Array.from(losses, (l) => l.divergence),
  };
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
