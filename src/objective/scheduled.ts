/** Numbers that follow a schedule: warm-up, decay, burn-in. */
import { type Check, integer, isRecord, object, oneOf, optional } from "../core/check.ts";
import { onCircle } from "../core/series.ts";

/**
 * A number that changes in training, as a curve over the images of the data that the discriminator was shown. Each update takes the number that belongs to the images shown
 * before it, so that a schedule is the same whatever the size of a batch.
 */
export interface Curve {
  /** "linear": by equal steps, as for a warm-up (Goyal et al. 2017, section 2.2). "cosine": half a wave, slow at both ends (Loshchilov & Hutter 2017, equation 5). */
  readonly curve: "linear" | "cosine";
  /** The number at the first image. */
  readonly from: number;
  /** The number after the last image. */
  readonly to: number;
  /** Images of the data from `from` to `to`, 1 to 2^53 - 1. */
  readonly images: number;
  /** What follows, counted from where this curve ends: a warm-up's decay. At most 8 curves follow one another. Default: `to`, for good. */
  readonly next?: Schedule;
}

/** A number that stays, or a curve along which it changes in training. */
export type Schedule = number | Curve;

/** What share of the way from `from` to `to` is behind at a share of the images. */
const CURVES: { readonly [C in Curve["curve"]]: (share: number) => number } = {
  linear: (share) => share,
  cosine: (share) => (1 - onCircle(share / 2)[0]) / 2,
};

/** The number that a schedule gives once the discriminator was shown this many images. It is never beyond the ends of its curve, however that is rounded. */
export function valueAt(schedule: Schedule, images: number): number {
  if (!isScheduled(schedule)) return schedule;
  const { curve, from, to, next = to } = schedule;
  if (images >= schedule.images) return valueAt(next, images - schedule.images);
  const value = from + (to - from) * CURVES[curve](images / schedule.images);
  return Math.min(Math.max(value, Math.min(from, to)), Math.max(from, to));
}

/** Whether a parameter follows a schedule: then a graph reads it as an input, and as a constant otherwise. */
export const isScheduled = (parameter: unknown): parameter is Curve => isRecord(parameter) && "curve" in parameter;

const MOST_CURVES = 8;

/**
 * A schedule of numbers.
 *
 * @param constant what a number must be that stays from first to last
 * @param end what the ends of curves must be, and a number that stays after one. Default: as `constant`
 */
export function scheduleOf(constant: Check<number>, end: Check<number> = constant): Check<Schedule> {
  const number: Check<number> = (value, path, faults) => {
    const before = faults.length;
    const result = constant(value, path, faults);
    for (const fault of faults.splice(before)) faults.push({ ...fault, expected: `${fault.expected}, or a schedule` });
    return result;
  };
  return (value, path, faults) => (isRecord(value) ? curveOf(end, MOST_CURVES)(value, path, faults) : number(value, path, faults));
}

const curveOf = (end: Check<number>, most: number): Check<Curve> =>
  object<Curve>({
    curve: oneOf("linear", "cosine"),
    from: end,
    to: end,
    images: integer(1, Number.MAX_SAFE_INTEGER),
    next: optional<Schedule | undefined>((value, path, faults) => {
      if (!isRecord(value)) return end(value, path, faults);
      if (most > 1) return curveOf(end, most - 1)(value, path, faults);
      faults.push({ path, expected: `a number, as ${MOST_CURVES} curves at most follow one another`, got: "one more" });
      return undefined;
    }, undefined),
  }) as Check<Curve>;
