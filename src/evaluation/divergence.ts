/** How far two sets of samples are from each other, by a discriminator that is trained to tell. */
import { checkOptions, type Fields, integer, real as numberFrom, oneOf, optional } from "../core/check.ts";
import { ShapeError, TrainingError } from "../core/errors.ts";
import { sameShape, showShape } from "../core/shape.ts";
import { COURSE, Progress } from "../metrics/course.ts";
import { type Course, checkFeatures, type Features } from "../metrics/features.ts";
import { type DivergenceName, OBJECTIVES, type Objective, type ObjectiveName } from "../objective/objectives.ts";
import { boundedCritic, freeCritic } from "./critics.ts";
import { CriticTraining } from "./criticTraining.ts";
import { COMPUTE, type ComputeOptions, type ComputeRequest, type OpenExecutor, SEED } from "./options.ts";
import { drawSides, type Parts, splitSets } from "./parts.ts";

/** How a divergence is estimated. Nothing must be given. */
export interface DivergenceOptions extends ComputeOptions, Course {
  /** What is estimated, by its name or by that of an objective of `createGAN` whose discriminator estimates it, such as `gan.spec.objective.name`. Default "jensen-shannon". */
  readonly objective?: DivergenceName | ObjectiveName | undefined;
  /** Steps of the discriminator at most, 1 to 1e6. Default 1000. */
  readonly steps?: number | undefined;
  /** How often the interval is to hold what the estimate would be on all data there is, 0.5 to 0.999. Default 0.95. */
  readonly confidence?: number | undefined;
  /** What the split, the first weights and the batches are drawn by. Default 0. */
  readonly seed?: number | undefined;
}

/** A divergence as a discriminator of its own tells it. */
export interface DivergenceEstimate {
  /** What was estimated. */
  readonly name: DivergenceName;
  /** The estimate, by samples that the discriminator was neither trained on nor selected by. On average it is no greater than the divergence itself: a better discriminator would find more. An estimate below 0 is told as 0, though, which makes the average of very small ones too large. */
  readonly value: number;
  /**
   * Where the divergence is likely to be: percentiles of what samples drawn anew give (the bootstrap), the upper end moved up by about what the discriminator has missed. That is as much as it does
   * better on the samples that it was trained on, as of what it has learned by heart about as much again is yet to be learned, and as much as it has gained in the last half of its steps.
   */
  readonly interval: readonly [low: number, high: number];
  /** The most that it can be, where the sets nowhere overlap; infinite for "wasserstein-1". */
  readonly ceiling: number;
  /** What the same discriminator says of the samples that it was trained on: far above `value`, there are too few of them. */
  readonly training: number;
  /** Steps after which the discriminator was best. */
  readonly steps: number;
  /** Whether training ended before all its steps were taken, as it had been getting no better for long. */
  readonly stopped: boolean;
}

/** The objectives, by the names of what their discriminators estimate; where several estimate the same, their discriminators learn alike. */
const ESTIMATED = new Map<DivergenceName, Objective>(Object.values(OBJECTIVES).map((row) => [row.estimates.name, row as Objective]));

interface Request extends ComputeRequest, Course {
  readonly objective: DivergenceName | ObjectiveName;
  readonly steps: number;
  readonly confidence: number;
  readonly seed: number;
}

const FIELDS: Fields<Request> = {
  objective: optional(oneOf(...ESTIMATED.keys(), ...(Object.keys(OBJECTIVES) as ObjectiveName[])), "jensen-shannon"),
  steps: optional(integer(1, 1_000_000), 1000),
  confidence: optional(numberFrom(0.5, 0.999), 0.95),
  seed: SEED,
  ...COMPUTE,
  ...COURSE,
};

/** Of fewer, a fifth says nothing. */
const LEAST_SAMPLES = 50;
/** Samples of each set in a batch: of images, which take longer, as many as convolutions are at their best with. */
const BATCH = { vectors: 256, images: 64 };
/** How often training is looked at, and after how many of these looks in vain it ends. */
const LOOKS = 25;
const PATIENCE = 8;
/** Times that samples are drawn anew for the interval. */
const RESAMPLES = 1000;
/** Samples of each set that what was learned by heart is measured by. */
const MOST_RECALLED = 8192;

/** @throws SpecError, DataError, ShapeError, BackendError, TrainingError, or the signal's reason */
export async function estimate(real: Features, fake: Features, options: DivergenceOptions, open: OpenExecutor): Promise<DivergenceEstimate> {
  const request = checkOptions(FIELDS, options);
  const sets = [checkFeatures(real, "real", LEAST_SAMPLES), checkFeatures(fake, "fake", LEAST_SAMPLES)] as const;
  const shape = real.shape.slice(1);
  if (!sameShape(shape, fake.shape.slice(1))) {
    throw new ShapeError({ path: "fake.shape", expected: showShape([sets[1].n, ...shape]), got: showShape([...fake.shape]) });
  }
  const progress = new Progress(request);
  const objective = ESTIMATED.get(request.objective) ?? (OBJECTIVES[request.objective as ObjectiveName] as Objective);
  const { name, ceiling, presumesSlope: isTransport = false } = objective.estimates;
  const isImage = shape.length === 3;
  const critic = isTransport ? boundedCritic(shape) : freeCritic(shape);
  // The distance that mass is moved must stay what it is, and pixels are of one kind.
  const parts = splitSets(...sets, request.seed, !isTransport && !isImage);
  // Vectors make products so small that they are done before another thread has begun.
  const threads = request.threads === "auto" && !isImage ? 1 : request.threads;
  const executor = await open({ ...request, threads });
  try {
    const task = { objective, parameters: checkOptions(objective.fields, {}) };
    const training = await CriticTraining.open(executor, critic, task, shape, request);
    try {
      const { tensors, steps, stopped, gain } = await fit(training, parts, isImage ? BATCH.images : BATCH.vectors, request, progress);
      const told = await tell(training, parts, request, progress);
      const unit = critic.bound ? parts.scale / critic.bound.slope(tensors) : 1;
      const inUnits = (x: number): number => Math.min(Math.max(x * unit, 0), ceiling);
      const interval = [inUnits(told.low), inUnits(told.high + Math.max(0, told.training - told.value) + gain)] as const;
      return { name, value: inUnits(told.value), interval, ceiling, training: inUnits(told.training), steps, stopped };
    } finally {
      training.dispose();
    }
  } finally {
    executor.dispose();
  }
}

/** Share of the work that is training. */
const TRAINING_SHARE = 0.9;

/** The critic that was best. */
interface Best extends Pick<DivergenceEstimate, "steps" | "stopped"> {
  readonly tensors: ReadonlyMap<string, Float32Array>;
  /** By how much it finds more than after half its steps. */
  readonly gain: number;
}

/** Trains on one part, and makes the critic that scores the one that found most in another. @throws TrainingError when none found anything finite */
async function fit(
  training: CriticTraining,
  { train, select, width }: Parts,
  batch: number,
  { steps, seed }: Request,
  progress: Progress,
): Promise<Best> {
  const count = Math.min(batch, train.real.length / width, train.fake.length / width);
  const every = Math.max(1, Math.round(steps / LOOKS));
  const looks: { readonly step: number; readonly found: number }[] = [];
  let [step, inVain, most] = [0, 0, Number.NEGATIVE_INFINITY];
  let best: Omit<Best, "stopped"> | null = null;
  while (step < steps && inVain < PATIENCE) {
    await training.step(drawSides(train, width, [count, count], { seed, index: step, purpose: "batch" }));
    step++;
    const pause = () => progress.at((TRAINING_SHARE * step) / steps);
    await pause();
    if (step % every !== 0 && step !== steps) continue;
    await training.settle();
    const found = await training.divergence(await training.scores(select, pause));
    if (found > most) {
      const halfway = looks.findLast((look) => look.step <= step / 2);
      best = { tensors: await training.read(), steps: step, gain: halfway ? found - halfway.found : 0 };
      [most, inVain] = [found, 0];
    } else inVain++;
    looks.push({ step, found });
  }
  if (!best) throw new TrainingError({ path: `step ${step}`, expected: "finite scores", got: "some that are not" });
  await training.write(best.tensors);
  return { ...best, stopped: step < steps };
}

/** What the critic that scores says of the part that it has not seen, how sure that is, and what it says of the part it was trained on. */
async function tell(training: CriticTraining, { train, estimate, width }: Parts, { seed, confidence }: Request, progress: Progress) {
  const recalled = { real: train.real.subarray(0, MOST_RECALLED * width), fake: train.fake.subarray(0, MOST_RECALLED * width) };
  const pause = () => progress.at(TRAINING_SHARE);
  const ofTraining = await training.divergence(await training.scores(recalled, pause));
  const scores = await training.scores(estimate, pause);
  const value = await training.divergence(scores);
  const again = new Float64Array(RESAMPLES);
  for (let index = 0; index < RESAMPLES; index++) {
    again[index] = await training.divergence(drawSides(scores, 1, [scores.real.length, scores.fake.length], { seed, index, purpose: "resample" }));
    await progress.at(TRAINING_SHARE + ((1 - TRAINING_SHARE) * (index + 1)) / RESAMPLES);
  }
  again.sort();
  const beyond = Math.round(((1 - confidence) / 2) * RESAMPLES);
  return { value, training: ofTraining, low: again[beyond]!, high: again[RESAMPLES - 1 - beyond]! };
}
