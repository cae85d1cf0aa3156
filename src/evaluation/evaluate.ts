/** A generator, judged by several metrics at once. */
import { typedArrayName } from "../core/arrays.ts";
import { checkOptions, type Fields, integer, list, oneOf, optional, refuse, that } from "../core/check.ts";
import { DataError, type ErrorDetail, ShapeError, show } from "../core/errors.ts";
import { allocateFloats } from "../core/memory.ts";
import type { AbortSignalLike } from "../core/platform.ts";
import { permutation, Stream } from "../core/random.ts";
import { type Shape, showShape, sizeOf } from "../core/shape.ts";
import { findNotFinite } from "../core/values.ts";
import { COURSE, Progress } from "../metrics/course.ts";
import { type Course, checkFeatures, type Features } from "../metrics/features.ts";
import { Evaluation, type EvaluationRow } from "./evaluation.ts";
import { createFeatures, type FeatureSource } from "./extractors.ts";
import { type EvaluationMetric, type Examined, METRIC_NAMES, metricRow, type Part, type Sets } from "./metrics.ts";
import { SEED } from "./options.ts";
import { type ImageBatch, type ImageRows, readImages } from "./rows.ts";

/** What makes samples: a GAN, a sampler of `ganvas/sample`, or anything that can be asked like them. */
export interface Generator {
  /** Makes `count` samples from `seed`, for these conditions where it has any. */
  sample(request: {
    readonly count: number;
    readonly seed: number;
    readonly condition?: ArrayLike<number> | undefined;
    readonly signal?: AbortSignalLike | undefined;
  }): ImageBatch | PromiseLike<ImageBatch>;
  /** What it is: where it says that it has a `condition`, samples are made for the labels of the examples that they are compared with. */
  readonly spec?:
    | {
        /** What samples are made for; null or undefined for nothing. */
        readonly condition?: unknown;
      }
    | undefined;
}

/** Real examples: a `Dataset`, or what could become one. */
export interface EvaluationData extends ImageBatch {
  /** What samples are made for, an equal part of it for each example. Default: none. */
  readonly labels?: ArrayLike<number> | null | undefined;
}

/** A classifier, as far as it is asked for features and classes. */
export interface ClassSource extends FeatureSource {
  /** What it is: how many features and classes it has. */
  readonly spec: {
    /** Numbers of one image's features. */
    readonly features: number;
    /** Classes that it tells apart. */
    readonly classes: number;
  };
  /** The class of each image. */
  classify(images: ImageBatch, course?: Course): Promise<ArrayLike<number>>;
}

/** By what a generator is judged. Nothing must be given. */
export interface EvaluateOptions extends Course {
  /**
   * What is measured. "nearestNeighbours" looks for copies among all examples, of which it takes the features. Default: all that can be had of such examples; "classes" needs a classifier.
   */
  readonly metrics?: readonly EvaluationMetric[] | undefined;
  /** Samples, and examples in each of two parts of the data, at least 10. Metrics of sets of different sizes cannot be compared. Default: half of the examples, at most 2500. */
  readonly count?: number | undefined;
  /** What features are: a classifier ({@link trainClassifier}), or a function of images ({@link createFeatures}). Default: pixels, at most 8 a side, which tell little of images. */
  readonly features?: ClassSource | ((images: ImageBatch, course?: Course) => Features | PromiseLike<Features>) | undefined;
  /** What the samples, the parts of the data and all else that is random follow from, 0 to 2^53 - 1. Default 0. */
  readonly seed?: number | undefined;
}

type Extractor = Extract<EvaluateOptions["features"], (...args: never[]) => unknown>;

interface Request extends Course {
  readonly metrics: readonly EvaluationMetric[] | undefined;
  readonly count: number | undefined;
  readonly features: EvaluateOptions["features"];
  readonly seed: number;
}

const LEAST = 10;
const MOST = 2500;

const FIELDS: Fields<Request> = {
  metrics: optional<readonly EvaluationMetric[] | undefined>(list(oneOf(...METRIC_NAMES), { min: 1 }), undefined),
  count: optional<number | undefined>(integer(LEAST, 2 ** 24), undefined),
  features: optional(
    that<Request["features"]>("a classifier, or a function of images", (v) => typeof v === "function" || isClassifier(v)),
    undefined,
  ),
  seed: SEED,
  ...COURSE,
};

const isClassifier = (v: unknown): v is ClassSource =>
  typeof v === "object" && v !== null && ["features", "classify"].every((name) => typeof (v as Record<string, unknown>)[name] === "function");

/**
 * Judges a generator by several metrics at once, each beside what real examples get in the place of the samples.
 *
 * The data are split at random: `count` examples are what samples are compared with, and as many others are compared with them likewise. That is the floor: a number as near to it as numbers of other
 * seeds are to each other cannot be told from that of a perfect generator. Where the generator takes a condition, samples are made for the labels of those others. Samples of images are taken within [-1, 1], as pictures show them.
 *
 * Metrics compare features, and are worth what those are: with `trainClassifier`'s on data with classes, or those of a large network ({@link createFeatures}), they tell what people tell. Examples that
 * the classifier, or the generator, learned from are among both parts alike.
 *
 * @param gan what makes samples
 * @param data what it learned from, or more of the same: twice `count` examples at least
 * @param options what is measured, on how many samples, by which features
 * @returns a row for each number; as text, a table
 * @throws {@link SpecError} with every fault of the options at once, metrics among them that cannot be had of such examples
 * @throws {@link DataError} for examples that are faulty or too few, and features that are not finite numbers
 * @throws {@link ShapeError} for samples of another shape than the examples have
 * @throws the signal's reason, once it is aborted, and what `gan` and `features` throw
 *
 * @example
 * const evaluation = await evaluate(gan, dataset, { features: classifier, metrics: ["precisionRecall", "classes"], count: 16, seed: 1 });
 * evaluation.rows.map(({ name }) => name).join(); // "precision,recall,classDivergence,classesCovered"
 * console.log(`${evaluation}`);
 */
export async function evaluate(gan: Generator, data: EvaluationData, options: EvaluateOptions = {}): Promise<Evaluation> {
  const request = checkOptions(FIELDS, options);
  if (typeof gan?.sample !== "function") refuse([{ path: "gan", expected: "a GAN, or another object with sample()", got: show(gan) }]);
  const rows = readImages(data, "data");
  const { features = createFeatures("pixels"), seed } = request;
  const [classifier, extract]: [ClassSource | null, Extractor] =
    typeof features === "function" ? [null, features] : [features, (images, course) => features.features(images, course)];
  const metrics = metricsOf(request.metrics, rows.shape, classifier !== null);
  const count = countOf(request.count, rows.count);
  const order = permutation(rows.count, seed, Stream.data, 0);
  const [real, others, rest] = [order.subarray(0, count), order.subarray(count, 2 * count), order.subarray(2 * count)];

  const { part, tell } = tasks(request, 4 + metrics.length);
  const { signal } = request;
  tell(0);
  const conditional = gan.spec?.condition !== undefined && gan.spec.condition !== null;
  // Not those of what they are compared with: that the same classes are as often on both sides would bring both nearer to each other than real examples are.
  const condition = conditional ? labelsAt(data.labels, others, rows.count) : undefined;
  const made = readSamples(await gan.sample({ count, seed, ...(condition && { condition }), ...(signal && { signal }) }), count, rows.shape);

  const examine = async (own: ImageRows, indices: Uint32Array, task: Part): Promise<Examined> => {
    const images = { data: within(own.at(indices), rows.shape), shape: [indices.length, ...rows.shape] };
    return {
      images,
      features: await featuresOf(extract, images, task(0, classifier ? 0.5 : 1)),
      classes: classifier && (await classifier.classify(images, task(0.5, 1))),
    };
  };
  const ofReal = await examine(rows, real, part(0));
  const ofAll = metrics.some((name) => metricRow(name).ofAll);
  const sets: Sets = {
    real: ofReal,
    others: await examine(rows, others, part(1)),
    samples: await examine(
      made,
      Uint32Array.from({ length: count }, (_, i) => i),
      part(2),
    ),
    known: ofAll ? await withRest(ofReal.features, rest, rows, extract, part(3)) : null,
    classes: classifier?.spec.classes ?? 0,
    seed,
  };
  for (const { features } of [sets.others, sets.samples]) checkWidth(features.shape[1]!, ofReal.features.shape[1]!);
  const measured: EvaluationRow[] = [];
  for (const [i, name] of metrics.entries()) measured.push(...(await metricRow(name).measure(sets, part(4 + i))));
  tell(1);
  return new Evaluation({ rows: measured, count, features: descriptionOf(features), seed });
}

/** The metrics that were asked for, or all that can be had. @throws SpecError for those that cannot be */
function metricsOf(asked: readonly EvaluationMetric[] | undefined, shape: Shape, hasClasses: boolean): readonly EvaluationMetric[] {
  const obstacle = (name: EvaluationMetric): string | null => {
    const { takes, byClass } = metricRow(name);
    if (byClass && !hasClasses) return "a metric that needs no classifier, as features are not those of one";
    return takes && !takes(shape) ? `a metric of examples of shape ${showShape(shape)}` : null;
  };
  if (!asked) return METRIC_NAMES.filter((name) => obstacle(name) === null);
  const faults: ErrorDetail[] = asked.flatMap((name, i) => {
    const expected = obstacle(name);
    return expected === null ? [] : [{ path: `metrics[${i}]`, expected, got: show(name) }];
  });
  refuse(faults);
  return METRIC_NAMES.filter((name) => asked.includes(name));
}

/** How many samples there are to be. @throws DataError where the examples are too few */
function countOf(asked: number | undefined, examples: number): number {
  const count = asked ?? Math.min(MOST, Math.floor(examples / 2));
  if (count >= LEAST && 2 * count <= examples) return count;
  const needed = 2 * Math.max(count, LEAST);
  throw new DataError({ path: "data", expected: `${needed} examples at least, for two parts of ${needed / 2}`, got: `${examples}` });
}

/** The labels of these examples. @throws DataError unless each example has an equal part of them */
function labelsAt(labels: EvaluationData["labels"], indices: Uint32Array, count: number): ArrayLike<number> | undefined {
  if (labels === undefined || labels === null) return undefined;
  const isList = Array.isArray(labels) || typedArrayName(labels) !== undefined;
  if (!isList || labels.length === 0 || labels.length % count !== 0) {
    throw new DataError({ path: "data.labels", expected: `${count} labels`, got: isList ? `${labels.length} numbers` : show(labels) });
  }
  const size = labels.length / count;
  const own = typedArrayName(labels) === "Uint8Array" ? new Uint8Array(indices.length * size) : new Float32Array(indices.length * size);
  for (const [i, index] of indices.entries()) for (let k = 0; k < size; k++) own[i * size + k] = labels[index * size + k]!;
  return own;
}

/** @throws ShapeError, DataError for what are not so many samples of this shape */
function readSamples(samples: unknown, count: number, shape: Shape): ImageRows {
  const rows = readImages(samples, "gan.sample()", shape);
  if (rows.count === count) return rows;
  throw new ShapeError({ path: "gan.sample()", expected: `${count} samples`, got: `${rows.count}` });
}

/** Pixels as pictures show them; vectors as they are. */
const within = (data: Float32Array<ArrayBuffer>, shape: Shape): Float32Array<ArrayBuffer> =>
  shape.length === 3 ? data.map((x) => Math.min(Math.max(x, -1), 1)) : data;

/** Images that an extractor is given at a time. */
const EXTRACTED = 256;

/** What an extractor gives, which may be the caller's. @throws DataError, ShapeError for what are no features of these images */
async function featuresOf(extract: Extractor, images: { readonly data: Float32Array; readonly shape: Shape }, course: Course): Promise<Features> {
  const [count, ...shape] = images.shape as [number, ...number[]];
  const size = sizeOf(shape);
  const progress = new Progress(course);
  let [all, width] = [new Float32Array(), 0];
  for (let first = 0; first < count; first += EXTRACTED) {
    const end = Math.min(first + EXTRACTED, count);
    const part = { data: images.data.slice(first * size, end * size), shape: [end - first, ...shape] };
    const { n, d, data } = checkFeatures(await extract(part, { signal: course.signal }), "features");
    if (n !== end - first) throw new ShapeError({ path: "features.shape", expected: `[${end - first}, d]`, got: showShape([n, d]) });
    if (first > 0) checkWidth(d, width);
    else [all, width] = [allocateFloats(count * d, "features"), d];
    all.set(data, first * width);
    const fault = findNotFinite(all.subarray(first * width, end * width));
    if (fault >= 0) throw new DataError({ path: `features.data[${fault}]`, expected: "a number that a float32 can be", got: show(data[fault]) });
    await progress.at(end / count);
  }
  return { data: all, shape: [count, width] };
}

/** These features, and behind them those of other examples. */
async function withRest(own: Features, rest: Uint32Array, rows: ImageRows, extract: Extractor, part: Part): Promise<Features> {
  const [n, d] = own.shape as [number, number];
  const all = allocateFloats((n + rest.length) * d, "features");
  all.set(own.data);
  // Not all images at once: they may be many more than are compared.
  for (let first = 0; first < rest.length; first += EXTRACTED) {
    const indices = rest.subarray(first, first + EXTRACTED);
    const images = { data: within(rows.at(indices), rows.shape), shape: [indices.length, ...rows.shape] };
    const { data, shape } = await featuresOf(extract, images, part(first / rest.length, (first + indices.length) / rest.length));
    checkWidth(shape[1]!, d);
    all.set(data, (n + first) * d);
  }
  return { data: all, shape: [n + rest.length, d] };
}

/** @throws ShapeError for features of another size than those before */
function checkWidth(width: number, expected: number): void {
  if (width !== expected) throw new ShapeError({ path: "features.shape", expected: `${expected} numbers for every image`, got: `${width}` });
}

/** Equal parts of the work, each with the course of a share of it. */
function tasks({ signal, onProgress }: Course, count: number): { part(index: number): Part; tell(done: number): void } {
  const tell = (done: number): void => {
    if (signal?.aborted) throw signal.reason;
    onProgress?.(done);
  };
  const part = (index: number): Part => {
    return (from, to) => ({ signal, onProgress: onProgress && ((done) => onProgress((index + from + (to - from) * done) / count)) });
  };
  return { part, tell };
}

function descriptionOf(features: NonNullable<EvaluateOptions["features"]>): string {
  if (typeof features !== "function") return createFeatures(features).description;
  return "description" in features ? `${features.description}` : "features that were handed in";
}
