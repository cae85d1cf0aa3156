/** Extractors of features: functions of images that give vectors, by which metrics compare them. */
import { typedArrayName } from "../core/arrays.ts";
import { type Check, checkOptions, type Fields, integer, oneOf, optional, pair, real } from "../core/check.ts";
import { DataError, ShapeError, SpecError, show } from "../core/errors.ts";
import { allocateFloats } from "../core/memory.ts";
import type { Floats } from "../core/platform.ts";
import { type Shape, showShape, sizeOf } from "../core/shape.ts";
import { resizeImages } from "../formats/resize.ts";
import { Progress } from "../metrics/course.ts";
import type { Course, Features } from "../metrics/features.ts";
import { type ImageBatch, readImages } from "./rows.ts";

/** A function of images `[N, H, W, C]` (or vectors `[N, d]`) that gives features of theirs, `[N, dimension]`. */
export interface FeatureExtractor {
  (images: ImageBatch, course?: Course): Promise<Features>;
  /** What the features are, in a few words, as tables say it. */
  readonly description: string;
}

/** A classifier, as far as it gives features. */
export interface FeatureSource {
  /** What it is: how many features it has. */
  readonly spec: {
    /** Numbers of one image's features. */
    readonly features: number;
  };
  /** The share of held-out examples that it is right about. */
  readonly accuracy: number;
  /** The features of images, `[N, features]`. */
  features(images: ImageBatch, course?: Course): Promise<Features>;
}

/** What a model is shown at a time. */
export interface ModelInput {
  /** The numbers, in the range and the layout that were asked for. */
  readonly data: Floats;
  /** `[n, H, W, C]`, or `[n, C, H, W]` with layout "NCHW"; `[n, d]` for vectors. */
  readonly shape: number[];
}

/** What a model may give: plain numbers, `[n, dimension]` row by row, or a tensor of TensorFlow.js or of ONNX Runtime, which is disposed of once it is read. */
export type ModelOutput =
  | ArrayLike<number>
  | {
      /** The numbers, or a function that gives them. */
      readonly data: ArrayLike<number> | (() => ArrayLike<number> | PromiseLike<ArrayLike<number>>);
      /** Gives its memory back. */
      dispose?(): void;
    };

/** A model: a function of a few images at a time. */
export type Model = (images: ModelInput) => ModelOutput | PromiseLike<ModelOutput>;

/** What a model is to be shown, and what it gives. Nothing must be given. */
export interface ModelOptions {
  /** The size `[H, W]` that images are brought to, without aliases where they shrink. Default: as they are. */
  readonly size?: readonly [number, number] | undefined;
  /** Channels that the model wants: 3 for grey images shows them as red, green and blue. Default: as many as images have. */
  readonly channels?: number | undefined;
  /** What black and white are to the model: `[0, 1]`, `[0, 255]`. Default `[-1, 1]`. */
  readonly range?: readonly [number, number] | undefined;
  /** Whether channels come last or first. Default "NHWC": last. */
  readonly layout?: "NHWC" | "NCHW" | undefined;
  /** The most images at a time, 1 to 65536. Default 32. */
  readonly batchSize?: number | undefined;
  /** Numbers that it gives for each image, 1 to 2^24. Default: what it gives for the first. */
  readonly dimension?: number | undefined;
}

/** How pixels become features. Nothing must be given. */
export interface PixelOptions {
  /** The size `[H, W]` that images are brought to, without aliases where they shrink. Default: at most 8 pixels a side; vectors stay as they are. */
  readonly size?: readonly [number, number] | undefined;
}

const SIDE = integer(1, 65536);
const SIZE: Check<readonly [number, number] | undefined> = optional<readonly [number, number] | undefined>(pair(SIDE, SIDE), undefined);
const NUMBER = real(-1e6, 1e6);
const ENDS = pair(NUMBER, NUMBER);
const RANGE: Check<readonly [number, number]> = (value, path, faults) => {
  const ends = ENDS(value, path, faults);
  if (!ends || ends[0] !== ends[1]) return ends;
  faults.push({ path, expected: "two different numbers", got: show(ends) });
  return undefined;
};

const MODEL_FIELDS: Fields<ModelOptions> = {
  size: SIZE,
  channels: optional<number | undefined>(integer(1, 65536), undefined),
  range: optional(RANGE, [-1, 1]),
  layout: optional(oneOf("NHWC", "NCHW"), "NHWC"),
  batchSize: optional(SIDE, 32),
  dimension: optional<number | undefined>(integer(1, 2 ** 24), undefined),
};

const PIXEL_FIELDS: Fields<PixelOptions> = { size: SIZE };

/** Pixels on the longer side, where nobody says how many. */
const MOST_PIXELS = 8;

/**
 * Makes an extractor of features, which {@link evaluate} and every metric of two sets of images build on.
 *
 * A metric is as good as its features: a classifier trained on the data ({@link trainClassifier}) or a large network trained on others tell what people tell; pixels hardly do.
 *
 * @param source a classifier; or a model, as a function of images, such as a network of TensorFlow.js or ONNX Runtime; or "pixels"
 * @returns a function of images that gives their features, with a `description`. It throws a {@link DataError} where the model gives numbers that are not finite, or not as many as it should, a
 *   {@link ShapeError} for images that the model cannot be shown, and what the model throws
 * @throws {@link SpecError} for options that cannot be
 *
 * @example
 * const features = createFeatures(classifier);
 * const { shape } = await features(images);
 * shape.join(); // "16,64"
 */
export function createFeatures(source: FeatureSource): FeatureExtractor;
/**
 * Makes an extractor of pixels, in a smaller size: what is near then is alike at a glance, and no more.
 *
 * @param options the size
 */
export function createFeatures(source: "pixels", options?: PixelOptions): FeatureExtractor;
/**
 * Makes an extractor of a model, which is shown images as `options` say, a few at a time.
 *
 * @param options what it is to be shown, and what it gives
 *
 * @example
 * const features = createFeatures((images) => images.data.map(Math.abs), { size: [4, 4], range: [0, 1], dimension: 16 });
 * const { shape } = await features(images);
 * shape.join(); // "16,16"
 */
export function createFeatures(source: Model, options?: ModelOptions): FeatureExtractor;
export function createFeatures(source: FeatureSource | Model | "pixels", options: ModelOptions | PixelOptions = {}): FeatureExtractor {
  if (source === "pixels") return ofPixels(checkOptions(PIXEL_FIELDS, options));
  if (typeof source === "function") return ofModel(source, checkOptions(MODEL_FIELDS, options) as ModelRequest);
  if (typeof source === "object" && source !== null && typeof source.features === "function") {
    checkOptions({}, options);
    const { spec, accuracy } = source;
    const description = `${spec.features} features of a classifier that is right about ${(100 * accuracy).toFixed(1)} % of held-out examples`;
    return described(description, (images, course) => source.features(images, course));
  }
  throw new SpecError([{ path: "source", expected: 'a classifier, a function of images or "pixels"', got: show(source) }]);
}

const described = (description: string, extract: (images: ImageBatch, course?: Course) => Promise<Features>): FeatureExtractor =>
  Object.assign(extract, { description });

/** Images brought to a size; vectors, and images of that size, as they are. */
function fitted(
  rows: Float32Array<ArrayBuffer>,
  shape: Shape,
  size: readonly [number, number] | undefined,
): { data: Float32Array<ArrayBuffer>; shape: Shape } {
  if (!size) return { data: rows, shape };
  if (shape.length === 3) return { data: resizeImages(rows, shape, size), shape: [...size, shape[2]!] };
  throw new ShapeError({
    path: "images.shape",
    expected: "images [N, H, W, C], as there is a size that they are brought to",
    got: `vectors of ${shape[0]}`,
  });
}

/** Images that are resized at a time. */
const RESIZED = 64;

function ofPixels({ size }: PixelOptions): FeatureExtractor {
  const description = `pixels, ${size ? `at ${size.join(" × ")}` : `at most ${MOST_PIXELS} a side`}`;
  return described(description, async (images, course = {}) => {
    const rows = readImages(images, "images");
    const to = size ?? smaller(rows.shape);
    const progress = new Progress(course);
    const width = to ? to[0] * to[1] * rows.shape[2]! : sizeOf(rows.shape);
    const result = allocateFloats(rows.count * width, "images");
    for (let first = 0; first < rows.count; first += RESIZED) {
      const end = Math.min(first + RESIZED, rows.count);
      result.set(fitted(rows.take(first, end), rows.shape, to).data, first * width);
      await progress.at(end / rows.count);
    }
    return { data: result, shape: [rows.count, width] };
  });
}

/** The size of images at most MOST_PIXELS long, in their proportions; undefined for what needs none. */
function smaller([height, width, channels]: Shape): readonly [number, number] | undefined {
  if (channels === undefined) return undefined;
  const scale = Math.min(1, MOST_PIXELS / Math.max(height!, width!));
  return [Math.max(1, Math.round(scale * height!)), Math.max(1, Math.round(scale * width!))];
}

interface ModelRequest extends ModelOptions {
  readonly range: readonly [number, number];
  readonly layout: "NHWC" | "NCHW";
  readonly batchSize: number;
}

function ofModel(model: Model, request: ModelRequest): FeatureExtractor {
  return described(`features of a model${request.dimension === undefined ? "" : `, ${request.dimension} numbers`}`, async (images, course = {}) => {
    const rows = readImages(images, "images");
    const progress = new Progress(course);
    let { dimension } = request;
    let result: Float32Array<ArrayBuffer> | undefined;
    for (let first = 0; first < rows.count; first += request.batchSize) {
      const end = Math.min(first + request.batchSize, rows.count);
      const output = await numbersOf(await model(inputOf(rows.take(first, end), rows.shape, request)));
      dimension ??= output.length / (end - first);
      checkOutput(output, end - first, dimension);
      result ??= allocateFloats(rows.count * dimension, "images");
      for (let i = 0; i < output.length; i++) {
        const x = Math.fround(output[i]!);
        if (!Number.isFinite(x)) {
          const path = `features[${first + Math.floor(i / dimension)}][${i % dimension}]`;
          throw new DataError({ path, expected: "a finite number from the model", got: show(output[i]) });
        }
        result[first * dimension + i] = x;
      }
      await progress.at(end / rows.count);
    }
    return { data: result!, shape: [rows.count, dimension!] };
  });
}

/** @throws DataError unless there is a whole number of numbers for each image, and as many as was said */
function checkOutput(output: ArrayLike<number>, count: number, dimension: number): void {
  if (Number.isInteger(dimension) && dimension > 0 && output.length === count * dimension) return;
  const expected =
    Number.isInteger(dimension) && dimension > 0 ? `${dimension} numbers for each of ${count} images` : `as many numbers for each of ${count} images`;
  throw new DataError({ path: "features", expected, got: `${output.length} numbers` });
}

/** The numbers that a model gave. A tensor is disposed of, however that ends. @throws DataError for anything else */
async function numbersOf(output: ModelOutput): Promise<ArrayLike<number>> {
  if (isNumbers(output)) return output;
  if (typeof output !== "object" || output === null || !("data" in output)) throw noNumbers(output);
  try {
    const numbers = typeof output.data === "function" ? await output.data() : output.data;
    if (!isNumbers(numbers)) throw noNumbers(numbers);
    return numbers;
  } finally {
    output.dispose?.();
  }
}

const isNumbers = (value: unknown): value is ArrayLike<number> => Array.isArray(value) || typedArrayName(value) !== undefined;

const noNumbers = (got: unknown): DataError =>
  new DataError({ path: "features", expected: "an array of numbers, or a tensor, from the model", got: show(got) });

/** Images as a model is to be shown them. */
function inputOf(rows: Float32Array<ArrayBuffer>, shape: Shape, request: ModelRequest): ModelInput {
  const { data, shape: own } = fitted(rows, shape, request.size);
  const [low, high] = request.range;
  const [scale, middle] = [(high - low) / 2, (high + low) / 2];
  const ranged = scale === 1 && middle === 0 ? data : data.map((x) => x * scale + middle);
  const count = data.length / sizeOf(own);
  if (own.length === 1) {
    if (request.channels === undefined) return { data: ranged, shape: [count, ...own] };
    throw new ShapeError({ path: "images.shape", expected: `images of ${request.channels} channels`, got: showShape([count, ...shape]) });
  }
  const channels = request.channels ?? own[2]!;
  if (own[2] !== channels && own[2] !== 1) {
    throw new ShapeError({ path: "images.shape", expected: `images of ${channels} channels, or of one`, got: showShape([count, ...shape]) });
  }
  if (own[2] === channels && request.layout === "NHWC") return { data: ranged, shape: [count, ...own] };
  const [area, given] = [own[0]! * own[1]!, own[2]!];
  const laidOut = new Float32Array(count * area * channels);
  for (let n = 0; n < count; n++) {
    for (let i = 0; i < area; i++) {
      for (let c = 0; c < channels; c++) {
        const to = request.layout === "NHWC" ? (n * area + i) * channels + c : (n * channels + c) * area + i;
        laidOut[to] = ranged[(n * area + i) * given + (given === 1 ? 0 : c)]!;
      }
    }
  }
  const [height, width] = own as [number, number];
  return { data: laidOut, shape: request.layout === "NHWC" ? [count, height, width, channels] : [count, channels, height, width] };
}
