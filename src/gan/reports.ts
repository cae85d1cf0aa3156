/** What training tells: of each step, and of all of a call. */
import type { Divergence } from "../objective/divergence.ts";
import { REPORTS, type ReportName, type StepSeries, type StepValues } from "../objective/reports.ts";
import type { HealthEvent } from "./health/monitor.ts";
import type { ProbeReport } from "./health/records.ts";
import type { Rollback } from "./health/rollback.ts";

/** What is known after one step of training: one update of the generator, and those of the discriminator before it. */
export interface StepReport extends Omit<StepValues, "divergence"> {
  /** Number of the step since the GAN was created, the first being 1. */
  readonly step: number;
  /** Real images seen in a second, over the steps reported together; undefined where the clock stood still. */
  readonly imagesPerSecond: number | undefined;
  /** How far the generator's images are from the data, before the discriminator's update, and what that means. */
  readonly divergence: Divergence;
  /** What was found wrong, or found to be right again, after this step, or since the one told of before it where a step in between was not finite: as a rule nothing. */
  readonly health: readonly HealthEvent[];
  /** Where training went back to then; undefined where it did not. */
  readonly rollback: Rollback | undefined;
}

/** What a call of `train` did, and the reports of its steps as lists: element i of each belongs to the call's step i. */
export type TrainReport = TrainSummary & StepSeries;

/** What a call of `train` did. */
export interface TrainSummary {
  /** Steps done in this call. */
  readonly steps: number;
  /** Why it ended: all steps done, the time over, the signal, an iterable that had no more batches, or something that was wrong (see {@link TrainOptions.onUnhealthy}). */
  readonly stopped: "steps" | "time" | "signal" | "data" | "unhealthy";
  /** Seconds that the call took. */
  readonly seconds: number;
  /** How far the generator's images are from the data, and what that means: the mean over the last hundred steps, or as many as there were; 0 where there were none. */
  readonly divergence: Divergence;
  /** What was found when both networks were looked at, the first time first. */
  readonly probes: readonly ProbeReport[];
  /** What was found wrong, or found to be right again, in the order in which it was. */
  readonly health: readonly HealthEvent[];
  /** Where training went back to an earlier step. */
  readonly rollbacks: readonly Rollback[];
}

/** The reports of one step after another, as numbers side by side. */
export class Journal {
  readonly #names: readonly ReportName[];
  #values: Float32Array;
  #length = 0;

  /** @param names the reports that each step has */
  constructor(names: readonly ReportName[]) {
    this.#names = names;
    this.#values = new Float32Array(64 * names.length);
  }

  /** Steps noted. */
  get length(): number {
    return this.#length;
  }

  /** Notes step `index`, the first being 0; all from there on that were noted before are forgotten. Steps before the first, done over, are not noted. */
  note(index: number, step: StepValues): void {
    this.cut(index);
    if (index < 0) return;
    const width = this.#names.length;
    if ((index + 1) * width > this.#values.length) {
      const values = new Float32Array(2 * this.#values.length);
      values.set(this.#values);
      this.#values = values;
    }
    for (const [r, name] of this.#names.entries()) this.#values[index * width + r] = step[name]!;
    this.#length = index + 1;
  }

  /** The mean of a report over the last `most` steps, or as many as there are; 0 where there are none. */
  recent(name: ReportName, most: number): number {
    const steps = Math.min(most, this.#length);
    const at = this.#names.indexOf(name);
    let sum = 0;
    for (let step = this.#length - steps; step < this.#length; step++) sum += this.#values[step * this.#names.length + at]! / steps;
    return sum;
  }

  /** Forgets all but the first `length` steps. */
  cut(length: number): void {
    this.#length = Math.max(0, Math.min(this.#length, length));
  }

  /** The values of each report, step by step. */
  series(): StepSeries {
    const lists = this.#names.map((name, r) => [
      REPORTS[name].series,
      Float32Array.from({ length: this.#length }, (_, step) => this.#values[step * this.#names.length + r]!),
    ]);
    return Object.fromEntries(lists) as unknown as StepSeries;
  }
}
