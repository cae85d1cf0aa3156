import { DataError, show } from "../core/errors.ts";
import { type Shape, sameShape, showShape, sizeOf } from "../core/shape.ts";
import { readExamples, reading } from "./given.ts";
import { checkLabelFormat, checkLabels, type LabelFormat, labelShape } from "./labels.ts";
import { pictureBytes } from "./picture.ts";
import { isTensor, readTensor, type TensorLike } from "./tensor.ts";
import { checkKind, checkValues, gather, PLAIN_BYTES, type Values } from "./values.ts";

/** Images or vectors, with the class, the vector or the image that belongs to each where there are any. One picture may come as an `ImageData`, where nothing of it is lost. */
export interface Examples {
  /** Images `[N, H, W, C]` in [-1, 1] (or bytes), or vectors `[N, d]`, row by row. */
  readonly data: Values;
  /** The shape of `data`, `[N, H, W, C]` or `[N, d]`. Default, where a GAN takes them: examples of the GAN's own shape, as many as there are. */
  readonly shape?: Shape | undefined;
  /** One class an example, `[N]` integers from 0, one vector an example, `[N, size]`, or one image an example, `[N, H, W, C]` in [-1, 1] or bytes, one after another. Default: none. */
  readonly labels?: ArrayLike<number> | null | undefined;
}

/** What a model takes: the shape of one example, `[H, W, C]` or `[d]`, and its condition if it has one. */
export interface DataFormat {
  readonly shape: Shape;
  readonly condition?: LabelFormat | undefined;
}

/** A few examples as floats, ready to be trained on. */
export interface Batch {
  /** Number of examples. */
  readonly count: number;
  /** Images `[count, H, W, C]` in [-1, 1], or vectors `[count, d]`. */
  readonly data: Float32Array;
  /** Classes `[count]`, vectors `[count, size]` or images `[count, H, W, C]`; null where the examples have none or the model has no condition. */
  readonly labels: Float32Array | null;
}

/** Examples that were checked: shape and labels are copies, of which the shape is frozen, and the numbers are the caller's own. */
export interface CheckedExamples {
  readonly data: Values;
  readonly shape: Shape;
  readonly labels: Float32Array | Uint8Array | null;
}

/** Every dataset that was made, and so checked. */
const datasets = new WeakSet<object>();

/**
 * Examples held in memory, checked once, when made.
 *
 * The numbers of `data` are not copied: leave the array as it is while the dataset is in use. Shape and labels are copies, and the fields cannot be set.
 *
 * @example
 * const digits = new Dataset({ data: pixels, shape: [1000, 28, 28, 1] });
 * digits.count; // 1000
 */
export class Dataset implements Examples {
  /** Images in [-1, 1] (or bytes), or vectors, as they were handed in. */
  readonly data: Values;
  /** The shape of `data`: `[N, H, W, C]` or `[N, d]`; frozen. */
  readonly shape: Shape;
  /** Classes `[N]`, vectors `[N, size]` or images `[N, H, W, C]`; null where there are none. Those that were handed in as bytes are bytes here. */
  readonly labels: Float32Array | Uint8Array | null;

  /**
   * Examples, checked; `shape` must be given.
   *
   * @param examples images or vectors, with or without labels
   * @throws {@link DataError} if data, shape and labels do not fit together, a number is not finite, or a number of an image is outside [-1, 1].
   */
  constructor(examples: Examples) {
    const { data, shape, labels } = checkExamples(examples, "");
    this.data = data;
    this.shape = shape;
    this.labels = labels;
    for (const name of ["data", "shape", "labels"]) Object.defineProperty(this, name, { writable: false, configurable: false });
    datasets.add(this);
  }

  /**
   * The examples in a tensor of TensorFlow.js, `[N, H, W, C]` or `[N, d]`: floats (of images in [-1, 1]), or integers that are bytes.
   *
   * @param tensor read once, and left to the caller to dispose of
   * @param labels one class an example, `[N]`, one vector an example, `[N, size]`, or one image, `[N, H, W, C]`, one after another. Default: none
   * @throws {@link DataError} unless it is such a tensor, and if its numbers, its shape and the labels do not fit together
   *
   * @example
   * const dataset = await Dataset.fromTensor(tf.tensor4d(values, [8, 28, 28, 1]));
   * dataset.shape; // [8, 28, 28, 1]
   */
  static async fromTensor(tensor: TensorLike, labels?: Examples["labels"]): Promise<Dataset> {
    if (!reading("tensor", () => isTensor(tensor)))
      throw new DataError({ path: "tensor", expected: "a tensor: { shape, data() }", got: show(tensor) });
    return new Dataset({ data: await readTensor(tensor, "data"), shape: reading("shape", () => tensor.shape), labels });
  }

  /** Number of examples, the N of `shape`. */
  get count(): number {
    return this.shape[0]!;
  }

  /**
   * The examples at these indices, in this order, as floats. Bytes of labels are the numbers that they are, as only a model knows whether they are images.
   *
   * @param indices integers from 0 to `count` - 1; any may come more than once
   * @throws {@link DataError} if there is no such example, or the array was changed since it was checked: in length, or to numbers that cannot be
   *
   * @example
   * dataset.take([0, 7]).count; // 2
   */
  take(indices: ArrayLike<number>): Batch {
    const isList = reading("indices", () => typeof indices === "object" && indices !== null && Number.isSafeInteger(indices.length));
    if (!isList) throw new DataError({ path: "indices", expected: "an array of integers", got: show(indices) });
    const checked = reading("indices", () => Array.from(indices));
    for (const [i, index] of checked.entries()) {
      if (!Number.isInteger(index) || index < 0 || index >= this.count) {
        throw new DataError({ path: `indices[${i}]`, expected: `an integer in 0..${this.count - 1}`, got: show(index) });
      }
    }
    return gatherExamples(this, checked);
  }
}

/**
 * These examples for a model, checked.
 *
 * @param source what the caller handed in, which may be anything
 * @param prefix leads the paths of errors
 * @throws DataError if the examples are faulty, have another shape than the model's, or lack labels that its condition needs
 */
export function fitExamples(source: unknown, format: DataFormat, prefix = ""): CheckedExamples {
  const examples = datasets.has(source as object) ? (source as Dataset) : checkExamples(source, prefix, format.shape);
  const [count, ...shape] = examples.shape as [number, ...number[]];
  if (!sameShape(shape, format.shape)) {
    throw new DataError({ path: `${prefix}shape`, expected: showShape([count, ...format.shape]), got: showShape(examples.shape) });
  }
  if (format.condition) checkLabelFormat(`${prefix}labels`, examples.labels, count, format.condition);
  return examples;
}

/**
 * The examples at these indices as floats, with labels where the model has a condition.
 *
 * @throws DataError if the caller changed them, since they were checked, to what cannot be
 */
export function takeExamples(examples: CheckedExamples, indices: ArrayLike<number>, { condition }: DataFormat): Batch {
  const batch = gatherExamples(examples, indices, condition);
  if (condition) checkLabelFormat("labels", batch.labels, batch.count, condition, (i) => indices[i]!);
  return condition ? batch : { ...batch, labels: null };
}

/** All examples, likewise. */
export function takeAll(examples: CheckedExamples, format: DataFormat): Batch {
  return takeExamples(
    examples,
    Uint32Array.from({ length: examples.shape[0]! }, (_, i) => i),
    format,
  );
}

function gatherExamples({ data, shape, labels }: CheckedExamples, indices: ArrayLike<number>, condition?: LabelFormat): Batch {
  const count = shape[0]!;
  const areImages = condition && "shape" in condition;
  // Labels whose buffer was transferred have no length left.
  const own = areImages ? labelShape(condition, count) : [count, (labels?.length ?? 0) / count || 1];
  return {
    count: indices.length,
    data: gather("data", data, shape, indices),
    labels: labels && gather("labels", labels, own, indices, areImages ? undefined : PLAIN_BYTES),
  };
}

/** @param shape of the model's examples, for those that do not tell their own. */
function checkExamples(source: unknown, prefix: string, shape?: Shape): CheckedExamples {
  const path = `${prefix}data`;
  const expected = "a Dataset, { data, shape, labels } or numbers";
  if (typeof source !== "object" || source === null) throw new DataError({ path, expected, got: show(source) });
  if (reading(path, () => isTensor(source))) throw tensorFault(path, source);
  const isBare = ArrayBuffer.isView(source) || reading(path, () => Array.isArray(source));
  const given = isBare ? { data: source, shape: undefined, labels: undefined, picture: null } : readExamples(source, prefix);
  if (given.data === undefined) throw new DataError({ path, expected, got: show(source) });
  if (reading(path, () => isTensor(given.data))) throw tensorFault(path, given.data);
  const isPicture = shape !== undefined && given.picture !== null;
  const data = isPicture ? pictureBytes(path, given, shape) : checkKind(path, given.data);
  const found = isPicture ? [1, ...shape] : given.shape === undefined && shape ? shapeOf(path, data, shape) : given.shape;
  const checked = checkShape(`${prefix}shape`, found);
  checkValues(path, data, checked);
  return { data, shape: checked, labels: checkLabels(`${prefix}labels`, given.labels, checked[0]!) };
}

function tensorFault(path: string, tensor: unknown): DataError {
  return new DataError({ path, expected: "a tensor as a dataset, by await Dataset.fromTensor(tensor, labels)", got: show(tensor) });
}

/** The shape of values that are whole examples of this shape. */
function shapeOf(path: string, data: Values, shape: Shape): Shape {
  const size = sizeOf(shape);
  if (data.length === 0 || data.length % size !== 0) {
    const expected = `at least one example of shape ${showShape(shape)}, ${size} numbers each`;
    throw new DataError({ path, expected, got: `${data.length} numbers` });
  }
  return [data.length / size, ...shape];
}

/** A copy of the shape of examples, frozen. @throws DataError unless it is one */
export function checkShape(path: string, given: unknown): Shape {
  const shape = reading(path, () => (Array.isArray(given) && (given.length === 2 || given.length === 4) ? Object.freeze(Array.from(given)) : null));
  if (shape?.every((size) => Number.isSafeInteger(size) && size > 0)) return shape;
  throw new DataError({ path, expected: "[N, H, W, C] or [N, d], all at least 1", got: show(given) });
}
