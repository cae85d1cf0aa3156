/** The moving average of the generator's weights: how much of it an update keeps. */
import { type Check, type Fields, fieldsOf, optional, positive, real } from "../core/check.ts";
import { powerOfHalf } from "../core/series.ts";
import type { Counters, StepImages } from "./counters.ts";
import { type Schedule, scheduleOf, valueAt } from "./scheduled.ts";

/** A moving average of weights that forgets by the update. */
export interface AveragingByDecay {
  /** Share of the old average that an update keeps, in [0, 1): at update t no more than t / (9 + t), so that the first steps are soon forgotten. */
  readonly decay: number;
}

/**
 * A moving average of weights that forgets by the image, whatever the size of a batch: a step that shows `n` images of the data, after `seen` of them, keeps
 * 0.5^(n / min(halfLife, rampUp seen)) of the old average (Karras et al. 2020, "Training generative adversarial networks with limited data", in the training loop that they published).
 */
export interface AveragingByHalfLife {
  /** Images of the data after which half of the old average is left, above 0, or their schedule. */
  readonly halfLife: Schedule;
  /** The half-life is at most this share of the images seen before the step, so that the first steps are soon forgotten; 0 for no such bound. */
  readonly rampUp: number;
}

/** A moving average of weights. */
export type Averaging = AveragingByDecay | AveragingByHalfLife;

/** A moving average of weights, by the update or by the image. */
export type AveragingOptions =
  | AveragingByDecay
  | (Pick<AveragingByHalfLife, "halfLife"> & {
      /** The half-life is at most this share of the images seen before the step, so that the first steps are soon forgotten; 0 or null for no such bound. Default 0.05. */
      readonly rampUp?: number | null;
    });

const AVERAGING: Fields<{ decay: number | undefined; halfLife: Schedule | undefined; rampUp: number | null | undefined }> = {
  decay: optional<number | undefined>(real(0, 1, { open: true }), undefined),
  halfLife: optional<Schedule | undefined>(scheduleOf(positive, real(0)), undefined),
  rampUp: optional<number | null | undefined>((value, path, faults) => (value === null ? null : real(0)(value, path, faults)), undefined),
};

export const averaging: Check<Averaging> = (value, path, faults) => {
  const before = faults.length;
  const { decay, halfLife, rampUp } = fieldsOf(AVERAGING, value, path, faults);
  if (faults.length > before) return undefined;
  if (halfLife !== undefined && decay === undefined) return { halfLife, rampUp: rampUp === undefined ? 0.05 : (rampUp ?? 0) };
  if (decay !== undefined && halfLife === undefined && rampUp === undefined) return { decay };
  if (decay !== undefined && halfLife === undefined) faults.push({ path: `${path}.rampUp`, expected: "none beside decay", got: `${rampUp}` });
  else faults.push({ path, expected: "either decay or halfLife", got: decay === undefined ? "neither" : "both" });
  return undefined;
};

/**
 * The share of the old average that the generator's next update keeps.
 *
 * @param step the images of the step of that update
 */
export function decayOf(averaging: Averaging, done: Counters, step: StepImages): number {
  if ("decay" in averaging) {
    const t = done.generator + 1;
    return Math.min(averaging.decay, t / (9 + t));
  }
  const halfLife = valueAt(averaging.halfLife, done.images);
  const bound = averaging.rampUp > 0 ? averaging.rampUp * step.before : Number.POSITIVE_INFINITY;
  return powerOfHalf(step.shown / Math.min(halfLife, bound));
}
