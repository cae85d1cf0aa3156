/** What training tells: of each step, and of all of a call. */
import { REPORT_NAMES, REPORTS, type StepSeries, type StepValues } from "../objective/reports.ts";

/** What is known after one step of training: one update of the generator, and those of the discriminator before it. */
export interface StepReport extends StepValues {
  /** Number of the step since the GAN was created, the first being 1. */
  readonly step: number;
  /** Real images seen in a second, over the steps reported together; undefined where the clock stood still. */
  readonly imagesPerSecond: number | undefined;
}

/** What a call of `train` did, and the reports of its steps as lists: element i of each belongs to the call's step i. */
export type TrainReport = TrainSummary & StepSeries;

/** What a call of `train` did. */
export interface TrainSummary {
  /** Steps done in this call. */
  readonly steps: number;
  /** Why it ended: all steps done, the signal, or an iterable that had no more batches. */
  readonly stopped: "steps" | "signal" | "data";
  /** Seconds that the call took. */
  readonly seconds: number;
}

/** The reports of one step after another, as numbers side by side. */
export class Journal {
  #values = new Float32Array(64 * REPORT_NAMES.length);
  #length = 0;

  /** Steps noted. */
  get length(): number {
    return this.#length;
  }

  /** Notes step `index`, the first being 0; all from there on that were noted before are forgotten. Steps before the first, done over, are not noted. */
  note(index: number, step: StepValues): void {
    this.cut(index);
    if (index < 0) return;
    const width = REPORT_NAMES.length;
    if ((index + 1) * width > this.#values.length) {
      const values = new Float32Array(2 * this.#values.length);
      values.set(this.#values);
      this.#values = values;
    }
    for (const [r, name] of REPORT_NAMES.entries()) this.#values[index * width + r] = step[name];
    this.#length = index + 1;
  }

  /** Forgets all but the first `length` steps. */
  cut(length: number): void {
    this.#length = Math.max(0, Math.min(this.#length, length));
  }

  /** The values of each report, step by step. */
  series(): StepSeries {
    const lists = REPORT_NAMES.map((name, r) => [
      REPORTS[name].series,
      Float32Array.from({ length: this.#length }, (_, step) => this.#values[step * REPORT_NAMES.length + r]!),
    ]);
    return Object.fromEntries(lists) as unknown as StepSeries;
  }
}
