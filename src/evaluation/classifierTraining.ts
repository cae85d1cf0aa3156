/** How a classifier learns. */
import { checkOptions, type Fields, integer, optional, positive, that } from "../core/check.ts";
import { DataError, TrainingError } from "../core/errors.ts";
import { fillUniforms, permutation, Stream } from "../core/random.ts";
import { integerPower } from "../core/series.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import { findOutside } from "../core/values.ts";
import { type Batch, type DataFormat, Dataset, type Examples, fitExamples, takeExamples } from "../data/dataset.ts";
import type { Executor, Session } from "../exec/executor.ts";
import type { Tensor } from "../formats/safetensors.ts";
import { COURSE, Progress } from "../metrics/course.ts";
import type { Course } from "../metrics/features.ts";
import { initialValue } from "../nn/init.ts";
import type { ParameterSpec } from "../nn/network.ts";
import { type AdamSpec, OPTIMIZERS } from "../objective/optimizers.ts";
import { Classifier, largest } from "./classifier.ts";
import {
  CLASSES,
  type ClassifierSpec,
  checkClassifierSpec,
  classifierLayers,
  classifierStep,
  classifierTensors,
  classifyGraph,
  FEATURES,
  MOMENTUM,
  slotsOf,
} from "./classifierSpec.ts";
import { COMPUTE, type ComputeOptions, type ComputeRequest, callback, type OpenExecutor, SEED } from "./options.ts";

/** What {@link trainClassifier} tells of a step. */
export interface ClassifierStep {
  /** Its number, the first being 1. */
  readonly step: number;
  /** The mean of -ln P(class | image) over its batch, in nats. */
  readonly loss: number;
}

/** How a classifier is trained and where it computes. Nothing must be given. */
export interface ClassifierOptions extends ComputeOptions, Course {
  /** Numbers of the penultimate layer, 1 to 65536. Default 64. */
  readonly features?: number | undefined;
  /** Number of classes, 2 to 65536. Default: one more than the greatest label. */
  readonly classes?: number | undefined;
  /** Steps to train for, 1 to 2^32. Default 1500. */
  readonly steps?: number | undefined;
  /** Examples of one step, 2 to 65536. Default 64, or all where there are fewer. */
  readonly batchSize?: number | undefined;
  /** The greatest step size of Adam, which falls to 0 by half a wave. Default 2e-3. */
  readonly learningRate?: number | undefined;
  /** The share of the examples that is held out, to tell the accuracy by: above 0, below 1. Default 0.1. */
  readonly validation?: number | undefined;
  /**
   * Images are shown moved by up to so many pixels along each axis, their edges drawn out: 0 to 64. What is said of them should not depend on where it stands. Default: a fourteenth of the
   * shorter side, rounded; vectors stay as they are.
   */
  readonly shift?: number | undefined;
  /** What the first weights, the order of the examples and their shifts follow from, 0 to 2^53 - 1. Default 0. */
  readonly seed?: number | undefined;
  /** A function that is called after each step. What it throws ends training. */
  readonly onStep?: ((step: ClassifierStep) => unknown) | undefined;
}

interface Request extends ComputeRequest, Course {
  readonly features: number;
  readonly classes: number | undefined;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly validation: number;
  readonly shift: number | undefined;
  readonly seed: number;
  readonly onStep: ClassifierOptions["onStep"];
}

const OPTIONS: Fields<Request> = {
  features: optional(FEATURES, 64),
  classes: optional<number | undefined>(CLASSES, undefined),
  steps: optional(integer(1, 2 ** 32), 1500),
  batchSize: optional(integer(2, 65536), 64),
  learningRate: optional(positive, 2e-3),
  validation: optional(
    that<number>("a number above 0 and below 1", (v) => typeof v === "number" && v > 0 && v < 1),
    0.1,
  ),
  shift: optional<number | undefined>(integer(0, 64), undefined),
  seed: SEED,
  onStep: callback<NonNullable<ClassifierOptions["onStep"]>>(),
  ...COURSE,
  ...COMPUTE,
};

/** Examples for a network, and which of them it learns from. */
interface Lesson {
  readonly take: (indices: ArrayLike<number>) => Batch;
  readonly training: Uint32Array;
  readonly heldOut: Uint32Array;
}

/**
 * Trains a classifier.
 *
 * @throws SpecError, DataError, BackendError, TrainingError, and the signal's reason
 */
export async function trainOn(data: Examples, options: ClassifierOptions, open: OpenExecutor): Promise<Classifier> {
  const request = checkOptions(OPTIONS, options);
  const dataset = data instanceof Dataset ? data : new Dataset(data);
  const [count, ...shape] = dataset.shape as [number, ...number[]];
  const classes = request.classes ?? countClasses(dataset.labels, count);
  const format: DataFormat = { shape, condition: { classes } };
  const examples = fitExamples(dataset, format);
  checkTwoClasses(examples.labels!);
  const lesson: Lesson = { take: (indices) => takeExamples(examples, indices, format), ...partsOf(count, request) };
  const spec = checkClassifierSpec({ shape, classes, features: request.features, layers: classifierLayers(shape, request.features) });
  const progress = new Progress(request);
  const executor = await open(request);
  try {
    return await Classifier.open(executor, { spec, ...(await learn(executor, spec, lesson, request, progress)) });
  } catch (error) {
    executor.dispose();
    throw error;
  }
}

/** How many classes there are, by the greatest label. @throws DataError where there are no labels */
function countClasses(labels: ArrayLike<number> | null, count: number): number {
  if (!labels) throw new DataError({ path: "labels", expected: `${count} classes`, got: "no labels" });
  let greatest = 0;
  for (let i = 0; i < labels.length; i++) greatest = Math.max(greatest, labels[i]!);
  if (greatest < 65536) return Math.max(2, Math.floor(greatest) + 1);
  throw new DataError({ path: "labels", expected: "classes, integers in 0..65535", got: `${greatest}` });
}

function checkTwoClasses(labels: ArrayLike<number>): void {
  for (let i = 1; i < labels.length; i++) if (labels[i] !== labels[0]) return;
  throw new DataError({ path: "labels", expected: "examples of two classes at least", got: `class ${labels[0]} alone` });
}

/** A share of the examples, drawn at random, and the others. @throws DataError where there are too few */
function partsOf(count: number, { validation, seed }: Request): Pick<Lesson, "training" | "heldOut"> {
  const order = permutation(count, seed, Stream.data, 0);
  const held = Math.max(1, Math.round(count * validation));
  if (count - held < 2) throw new DataError({ path: "data", expected: `two examples at least beside the ${held} held out`, got: `${count} in all` });
  return { training: order.subarray(held), heldOut: order.subarray(0, held) };
}

/** Trains in a session of its own. */
async function learn(
  executor: Executor,
  spec: ClassifierSpec,
  lesson: Lesson,
  request: Request,
  progress: Progress,
): Promise<{ tensors: Map<string, Tensor>; accuracy: number }> {
  const own = classifierTensors(spec);
  const slots = own.filter(({ role }) => role === "weight").flatMap(({ name, shape }) => slotsOf(name).map((slot) => ({ name: slot, shape })));
  const session = await executor.open([...own, ...slots]);
  try {
    for (const tensor of own) await session.write(tensor.name, initialValue(tensor, request.seed));
    await takeSteps(session, spec, lesson, request, progress);
    const tensors = new Map<string, Tensor>();
    for (const tensor of own) {
      const data = await session.read(tensor.name);
      if (tensor.role === "statistic") {
        unbias(data, tensor, request.steps);
        await session.write(tensor.name, data);
      }
      const fault = findOutside(data);
      if (fault >= 0) throw new TrainingError({ path: `tensor "${tensor.name}"`, expected: "finite numbers", got: `${data[fault]}` });
      tensors.set(tensor.name, { shape: tensor.shape, data });
    }
    return { tensors, accuracy: await accuracyOf(session, spec, lesson, progress) };
  } finally {
    session.dispose();
  }
}

/** Takes what is left of its first value out of a running statistic, so that a few steps suffice: the correction of Kingma & Ba 2015, section 3. */
function unbias(values: Float32Array, { name, init }: ParameterSpec, steps: number): void {
  const left = integerPower(1 - MOMENTUM, steps);
  const first = init.kind === "constant" ? init.value : 0;
  for (let i = 0; i < values.length; i++) values[i] = (values[i]! - left * first) / (1 - left);
  // A variance of next to nothing may have been rounded.
  if (name.endsWith(".runningVariance")) for (let i = 0; i < values.length; i++) values[i] = Math.max(values[i]!, 0);
}

async function takeSteps(session: Session, spec: ClassifierSpec, { take, training }: Lesson, request: Request, progress: Progress): Promise<void> {
  const { steps, seed, learningRate: from, onStep } = request;
  const batch = Math.min(request.batchSize, training.length);
  const optimizer: AdamSpec = {
    name: "adam",
    learningRate: { curve: "cosine", from, to: 0, images: steps * batch },
    betas: [0.9, 0.999],
    epsilon: 1e-8,
  };
  const shift = request.shift ?? usualShift(spec.shape);
  const program = await session.compile(classifierStep(spec, optimizer, batch));
  const indexAt = shuffled(training, seed);
  for (let step = 0; step < steps; step++) {
    const { data, labels } = take(Uint32Array.from({ length: batch }, (_, i) => indexAt(step * batch + i)));
    const images = shift > 0 && spec.shape.length === 3 ? shifted(data, spec.shape, shift, seed, step) : data;
    const fetches = await program.run({ images, labels: labels!, ...OPTIMIZERS.adam.scalars(optimizer, step + 1, step * batch) });
    const loss = fetches.loss![0]!;
    if (!Number.isFinite(loss)) throw new TrainingError({ path: `step ${step + 1}`, expected: "a finite loss", got: `${loss}` });
    onStep?.({ step: step + 1, loss });
    await progress.at((step + 1) / steps);
  }
}

/** The index at each place of an endless walk through the examples, each round in an order of its own. */
function shuffled(indices: Uint32Array, seed: number): (place: number) => number {
  let round = -1;
  let order: Uint32Array = new Uint32Array();
  return (place) => {
    if (Math.floor(place / indices.length) !== round) {
      round = Math.floor(place / indices.length);
      order = permutation(indices.length, seed, Stream.shuffle, round);
    }
    return indices[order[place % indices.length]!]!;
  };
}

const usualShift = ([height, width]: Shape): number => Math.round(Math.min(height!, width!) / 14);

/** Images [N, H, W, C], each moved along both axes by up to `most` pixels, drawn at random, with the pixels of the edge where there are none. */
function shifted(images: Float32Array, [height, width, channels]: Shape, most: number, seed: number, step: number): Float32Array {
  const [h, w, c] = [height!, width!, channels!];
  const count = images.length / (h * w * c);
  const moves = new Float32Array(2 * count);
  fillUniforms(moves, seed, Stream.noise, step);
  const result = new Float32Array(images.length);
  const within = (place: number, size: number): number => Math.min(Math.max(place, 0), size - 1);
  for (let n = 0; n < count; n++) {
    const [dy, dx] = [0, 1].map((axis) => Math.floor(moves[2 * n + axis]! * (2 * most + 1)) - most) as [number, number];
    for (let y = 0; y < h; y++) {
      const row = (n * h + within(y + dy, h)) * w;
      for (let x = 0; x < w; x++) {
        const [from, to] = [(row + within(x + dx, w)) * c, ((n * h + y) * w + x) * c];
        for (let k = 0; k < c; k++) result[to + k] = images[from + k]!;
      }
    }
  }
  return result;
}

/** Held-out examples of one run. */
const JUDGED = 64;

/** The share of the held-out examples that the network as a session has it is right about. */
async function accuracyOf(session: Session, spec: ClassifierSpec, { take, heldOut }: Lesson, progress: Progress): Promise<number> {
  const program = await session.compile(classifyGraph(spec, JUDGED), { reproducible: true });
  let right = 0;
  for (let first = 0; first < heldOut.length; first += JUDGED) {
    const { count, data, labels } = take(heldOut.subarray(first, first + JUDGED));
    const images = new Float32Array(JUDGED * sizeOf(spec.shape));
    images.set(data);
    const { logits } = await program.run({ images });
    const said = largest(logits!, spec.classes);
    for (let i = 0; i < count; i++) if (said[i] === labels![i]) right++;
    await progress.at(1);
  }
  return right / heldOut.length;
}
