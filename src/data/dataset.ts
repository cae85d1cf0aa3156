import { DataError, show } from "../core/errors.ts";
import { type Shape, sameShape, showShape, sizeOf } from "../core/shape.ts";
import { isTensor, readTensor, type TensorLike } from "./tensor.ts";

/** Pixels or coordinates: floats as they are (of images in [-1, 1]), bytes 0 to 255 standing for [-1, 1]. */
export type Values = Float32Array | Uint8Array | Uint8ClampedArray;

/** Images or vectors, with the class or the vector that belongs to each where there are any. */
export interface Examples {
  /** Images `[N, H, W, C]` in [-1, 1] (or bytes), or vectors `[N, d]`, row by row. */
  readonly data: Values;
  /** The shape of `data`, `[N, H, W, C]` or `[N, d]`. Default, where a GAN takes them: examples of the GAN's own shape. */
  readonly shape?: Shape | undefined;
  /** One class an example, `[N]` integers from 0, or one vector an example, `[N, size]`. Default: none. */
  readonly labels?: ArrayLike<number> | null | undefined;
}

/** What a model takes: the shape of one example, `[H, W, C]` or `[d]`, and its condition if it has one. */
export interface DataFormat {
  readonly shape: Shape;
  readonly condition?: { readonly classes: number } | { readonly size: number } | undefined;
}

/** A few examples as floats, ready to be trained on. */
export interface Batch {
  /** Number of examples. */
  readonly count: number;
  /** Images `[count, H, W, C]` in [-1, 1], or vectors `[count, d]`. */
  readonly data: Float32Array;
  /** Classes `[count]` or vectors `[count, size]`; null where the examples have none or the model has no condition. */
  readonly labels: Float32Array | null;
}

/**
 * Examples held in memory, checked once, when made.
 *
 * The numbers are not copied: leave the array as it is while the dataset is in use.
 *
 * @example
 * const digits = new Dataset({ data: pixels, shape: [1000, 28, 28, 1] });
 * digits.count; // 1000
 */
export class Dataset implements Examples {
  /** Images in [-1, 1] (or bytes), or vectors, as they were handed in. */
  readonly data: Values;
  /** The shape of `data`: `[N, H, W, C]` or `[N, d]`. */
  readonly shape: Shape;
  /** Classes `[N]` or vectors `[N, size]`; null where there are none. */
  readonly labels: Float32Array | null;

  /**
   * Examples, checked; `shape` must be given.
   *
   * @param examples images or vectors, with or without labels
   * @param prefix what the paths of errors begin with. Default: nothing
   * @throws {@link DataError} if data, shape and labels do not fit together, a number is not finite, or a number of an image is outside [-1, 1].
   */
  constructor(examples: Examples, prefix = "") {
    this.shape = checkShape(`${prefix}shape`, examples.shape);
    this.data = checkData(`${prefix}data`, examples.data, this.shape);
    this.labels = checkLabels(`${prefix}labels`, examples.labels, this.count);
  }

  /**
   * The examples in a tensor of TensorFlow.js, `[N, H, W, C]` or `[N, d]`: floats (of images in [-1, 1]), or integers that are bytes.
   *
   * @param tensor read once, and left to the caller to dispose of
   * @param labels one class an example, `[N]`, or one vector an example, `[N, size]`. Default: none
   * @throws {@link DataError} unless it is such a tensor, and if its numbers, its shape and the labels do not fit together
   *
   * @example
   * const dataset = await Dataset.fromTensor(tf.tensor4d(values, [8, 28, 28, 1]));
   * dataset.shape; // [8, 28, 28, 1]
   */
  static async fromTensor(tensor: TensorLike, labels?: Examples["labels"]): Promise<Dataset> {
    if (!isTensor(tensor)) throw new DataError({ path: "tensor", expected: "a tensor: { shape, data() }", got: show(tensor) });
    return new Dataset({ data: await readTensor(tensor, "data"), shape: tensor.shape, labels });
  }

  /** Number of examples, the N of `shape`. */
  get count(): number {
    return this.shape[0]!;
  }

  /**
   * The examples at these indices, in this order, as floats.
   *
   * @param indices integers from 0 to `count` - 1; any may come more than once
   * @throws {@link DataError} if there is no such example
   *
   * @example
   * dataset.take([0, 7]).count; // 2
   */
  take(indices: ArrayLike<number>): Batch {
    for (let i = 0; i < indices.length; i++) {
      const index = indices[i]!;
      if (!Number.isInteger(index) || index < 0 || index >= this.count) {
        throw new DataError({ path: `indices[${i}]`, expected: `an integer in 0..${this.count - 1}`, got: show(index) });
      }
    }
    return {
      count: indices.length,
      data: gather(this.data, this.data.length / this.count, indices),
      labels: this.labels && gather(this.labels, this.labels.length / this.count, indices),
    };
  }
}

/**
 * These examples as a dataset that fits a model.
 *
 * @param prefix leads the paths of errors.
 * @throws {@link DataError} if the examples are faulty, have another shape than the model's, or lack labels that its condition needs.
 */
export function fitDataset(source: Values | Examples, format: DataFormat, prefix = ""): Dataset {
  const dataset = source instanceof Dataset ? source : new Dataset(withShape(source, format.shape, prefix), prefix);
  if (!sameShape(dataset.shape.slice(1), format.shape)) {
    throw new DataError({ path: `${prefix}shape`, expected: showShape([dataset.count, ...format.shape]), got: showShape(dataset.shape) });
  }
  if (format.condition) checkCondition(`${prefix}labels`, dataset, format.condition);
  return dataset;
}

export function isValues(value: unknown): value is Values {
  return value instanceof Float32Array || value instanceof Uint8Array || value instanceof Uint8ClampedArray;
}

/** Fills in the shape, from the model's, where the examples have none. */
function withShape(source: Values | Examples, shape: Shape, prefix: string): Examples {
  const examples = isValues(source) ? { data: source } : source;
  if (typeof examples !== "object" || examples === null) {
    throw new DataError({ path: `${prefix}data`, expected: "examples: { data, shape } or numbers", got: show(examples) });
  }
  if (examples.shape !== undefined || !isValues(examples.data)) return examples;
  const size = sizeOf(shape);
  const length = examples.data.length;
  if (length === 0 || length % size !== 0) {
    throw new DataError({
      path: `${prefix}data`,
      expected: `at least one example of shape ${showShape(shape)}, ${size} numbers each`,
      got: `${length} numbers`,
    });
  }
  return { data: examples.data, shape: [length / size, ...shape], labels: examples.labels };
}

function checkShape(path: string, shape: unknown): Shape {
  const isShape = Array.isArray(shape) && (shape.length === 2 || shape.length === 4) && shape.every((size) => Number.isSafeInteger(size) && size > 0);
  if (!isShape) throw new DataError({ path, expected: "[N, H, W, C] or [N, d], all at least 1", got: show(shape) });
  return [...shape];
}

function checkData(path: string, data: unknown, shape: Shape): Values {
  if (!isValues(data)) throw new DataError({ path, expected: "a Float32Array, Uint8Array or Uint8ClampedArray", got: show(data) });
  if (data.length !== sizeOf(shape)) {
    throw new DataError({ path, expected: `${sizeOf(shape)} numbers for shape ${showShape(shape)}`, got: `${data.length} numbers` });
  }
  if (data instanceof Float32Array) {
    const isImage = shape.length === 4;
    const bound = isImage ? 1 : Number.MAX_VALUE;
    for (let i = 0; i < data.length; i++) {
      // Written so that NaN fails too.
      if (!(Math.abs(data[i]!) <= bound)) {
        throw new DataError({ path: `${path}[${i}]`, expected: isImage ? "a number in [-1, 1]" : "a finite number", got: show(data[i]) });
      }
    }
  }
  return data;
}

function checkLabels(path: string, labels: unknown, count: number): Float32Array | null {
  if (labels === undefined || labels === null) return null;
  const length = typeof labels === "object" && "length" in labels ? labels.length : undefined;
  if (typeof length !== "number" || length === 0 || length % count !== 0) {
    throw new DataError({
      path,
      expected: `${count} classes, or ${count} vectors one after another`,
      got: typeof length === "number" ? `${length} numbers` : show(labels),
    });
  }
  const checked = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const label = (labels as ArrayLike<unknown>)[i];
    if (typeof label !== "number" || !Number.isFinite(Math.fround(label))) {
      throw new DataError({ path: `${path}[${i}]`, expected: "a finite number", got: show(label) });
    }
    checked[i] = label;
  }
  return checked;
}

function checkCondition(path: string, { labels, count }: Dataset, condition: { readonly classes: number } | { readonly size: number }): void {
  const size = "size" in condition ? condition.size : 1;
  if (labels?.length !== count * size) {
    throw new DataError({
      path,
      expected: "size" in condition ? `${count} vectors of ${size} numbers` : `${count} classes`,
      got: labels ? `${labels.length} numbers` : "no labels",
    });
  }
  if ("size" in condition) return;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < 0 || label >= condition.classes) {
      throw new DataError({ path: `${path}[${i}]`, expected: `a class, an integer in 0..${condition.classes - 1}`, got: show(label) });
    }
  }
}

/** What each byte stands for, in [-1, 1]. */
const byteValues = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);

function gather(source: Values, size: number, indices: ArrayLike<number>): Float32Array {
  const result = new Float32Array(indices.length * size);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * size;
    if (source instanceof Float32Array) {
      result.set(source.subarray(from, from + size), i * size);
    } else {
      for (let k = 0; k < size; k++) result[i * size + k] = byteValues[source[from + k]!]!;
    }
  }
  return result;
}
