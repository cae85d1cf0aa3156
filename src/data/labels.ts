/** What belongs to each example: a class, a vector, or an image. */
import { isFloat32Array, typedArrayName } from "../core/arrays.ts";
import { isBytes } from "../core/bytes.ts";
import { DataError, show } from "../core/errors.ts";
import { type Shape, showShape, sizeOf } from "../core/shape.ts";
import { reading } from "./given.ts";
import { isTensor } from "./tensor.ts";

/** What a model asks for with each example. */
export type LabelFormat = { readonly classes: number } | { readonly size: number } | { readonly shape: Shape };

/** The shape of `count` labels: [count], [count, size] or [count, height, width, channels]. */
export const labelShape = (format: LabelFormat, count: number): Shape =>
  "classes" in format ? [count] : [count, ...("shape" in format ? format.shape : [format.size])];

/**
 * A copy of labels `[N]`, `[N, size]` or `[N, H, W, C]`; null where there are none. Bytes stay bytes: only a model knows whether they are images, and floats are four times as large.
 *
 * @throws DataError unless there is a whole number of finite ones for each example
 */
export function checkLabels(path: string, labels: unknown, count: number): Float32Array | Uint8Array | null {
  if (labels === undefined || labels === null) return null;
  const { length, tensor } = reading(path, () => ({
    length: typeof labels === "object" && "length" in labels ? labels.length : undefined,
    tensor: isTensor(labels),
  }));
  if (typeof length !== "number" || length === 0 || length % count !== 0) {
    throw new DataError({
      path,
      expected: `${count} classes, or ${count} vectors or images one after another${tensor ? " (await labels.data() gives them)" : ""}`,
      got: typeof length === "number" ? `${length} numbers` : show(labels),
    });
  }
  if (isBytes(labels)) return new Uint8Array(labels);
  const given = typedArrayName(labels) ? (labels as ArrayLike<unknown>) : reading(path, () => Array.from(labels as ArrayLike<unknown>));
  if (given.length !== length) throw new DataError({ path, expected: `the ${length} numbers that it is long`, got: `${given.length} numbers` });
  const checked = new Float32Array(length);
  for (let i = 0; i < given.length; i++) {
    const label = given[i];
    if (typeof label !== "number" || !Number.isFinite(Math.fround(label))) {
      const expected = Array.isArray(label) ? "a finite number (a class as an integer, vectors one after another)" : "a finite number";
      throw new DataError({ path: `${path}[${i}]`, expected, got: show(label) });
    }
    checked[i] = label;
  }
  return checked;
}

/**
 * Sees to it that labels are what a model asks for.
 *
 * @param indexOf where label i stands for the caller. Default: at i
 * @throws DataError if they are too many or too few, or not classes where those are due
 */
export function checkLabelFormat(
  path: string,
  labels: Float32Array | Uint8Array | null,
  count: number,
  format: LabelFormat,
  indexOf: (i: number) => number = (i) => i,
): void {
  const size = sizeOf(labelShape(format, 1));
  if (labels?.length !== count * size) {
    throw new DataError({ path, expected: expectedLabels(labels, count, format), got: labels ? `${labels.length} numbers` : "no labels" });
  }
  if ("shape" in format && isFloat32Array(labels)) {
    const fault = labels.findIndex((x) => !(Math.abs(x) <= 1));
    if (fault >= 0) throw new DataError({ path: `${path}[${fault}]`, expected: "a number in [-1, 1], or bytes", got: show(labels[fault]) });
  }
  if (!("classes" in format)) return;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < 0 || label >= format.classes) {
      throw new DataError({ path: `${path}[${indexOf(i)}]`, expected: `a class, an integer in 0..${format.classes - 1}`, got: show(label) });
    }
  }
}

function expectedLabels(labels: Float32Array | Uint8Array | null, count: number, format: LabelFormat): string {
  if ("shape" in format) return `${count} images of shape ${showShape(format.shape)}`;
  if ("size" in format) return `${count} vectors of ${format.size} numbers`;
  const isOneHot = labels?.length === count * format.classes;
  return `${count} classes${isOneHot ? " (the argmax of each one-hot row)" : ""}`;
}
