/** How far a run goes, and how far it has come. */
import type { Interval } from "../arguments.ts";

const DEFAULT_STEPS = 10_000;

/** Steps, minutes or both of a run: whichever comes first ends it. */
export class Goal {
  /** Steps in all; undefined where time alone ends it. */
  readonly steps: number | undefined;
  /** Seconds in all; undefined where steps alone do. */
  readonly #most: number | undefined;
  #before: number;
  readonly #now: () => number;
  /** Undefined until `begin`. */
  #start: number | undefined;

  /** @param before seconds of training before this call */
  constructor(
    options: { readonly steps?: number | undefined; readonly minutes?: number | undefined },
    before: number,
    now = () => performance.now(),
  ) {
    this.steps = options.steps ?? (options.minutes === undefined ? DEFAULT_STEPS : undefined);
    this.#most = options.minutes === undefined ? undefined : options.minutes * 60;
    this.#before = before;
    this.#now = now;
  }

  /** From now on time counts: what goes before, as the first pictures, takes none of it from the training. */
  begin(): void {
    this.#start = this.#now();
  }

  /** Seconds of training, over all calls. */
  get seconds(): number {
    return this.#start === undefined ? this.#before : this.#before + (this.#now() - this.#start) / 1000;
  }

  /** Notes that the time is over, of which a little may be left: less than a step takes. */
  timeIsOver(): void {
    this.#before += Math.max(0, (this.#most ?? 0) - this.seconds);
  }

  /** What is left, as `train` takes it; null where nothing is. */
  left(step: number): { readonly steps?: number; readonly milliseconds?: number } | null {
    const steps = this.steps === undefined ? undefined : this.steps - step;
    const milliseconds = this.#most === undefined ? undefined : Math.floor((this.#most - this.seconds) * 1000);
    if ((steps ?? 1) <= 0 || (milliseconds ?? 1) <= 0) return null;
    return { ...(steps !== undefined && { steps }), ...(milliseconds !== undefined && { milliseconds }) };
  }

  /** What has come to its end where nothing is left: the steps of the run, or its minutes. */
  limit(step: number): "steps" | "minutes" {
    return this.steps !== undefined && step >= this.steps ? "steps" : "minutes";
  }

  /** How much of the run is done, 0 to 1. */
  share(step: number): number {
    const bySteps = this.steps === undefined ? 0 : step / this.steps;
    const byTime = this.#most === undefined ? 0 : this.seconds / this.#most;
    return Math.min(1, Math.max(bySteps, byTime));
  }

  /** Undefined where nobody knows yet. */
  secondsLeft(step: number, stepsPerSecond: number | undefined): number | undefined {
    const bySteps = this.steps === undefined ? Number.POSITIVE_INFINITY : stepsPerSecond ? (this.steps - step) / stepsPerSecond : undefined;
    if (bySteps === undefined) return undefined;
    const byTime = this.#most === undefined ? Number.POSITIVE_INFINITY : this.#most - this.seconds;
    return Math.max(0, Math.min(bySteps, byTime));
  }
}

/** When there are previews besides those asked for, as shares of the run: early on much changes. */
const MOMENTS = [0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1];

/** When previews are due. */
export class PreviewSchedule {
  readonly #every: Interval;
  readonly #now: () => number;
  #last: number;
  /** Moments that are past. */
  #past: number;

  /** @param share how much of the run is done when it begins */
  constructor(every: Interval, share: number, now = () => performance.now()) {
    this.#every = every;
    this.#now = now;
    this.#last = now();
    this.#past = MOMENTS.filter((moment) => moment <= share).length;
  }

  /** Whether there is to be one after this step. Asked once of each. */
  isDue(step: number, share: number): boolean {
    const past = MOMENTS.filter((moment) => moment <= share).length;
    const isMoment = past > this.#past;
    this.#past = past;
    const isTime = "steps" in this.#every ? step % this.#every.steps === 0 : this.#now() - this.#last >= this.#every.seconds * 1000;
    if (isTime) this.#last = this.#now();
    return isMoment || isTime;
  }
}
