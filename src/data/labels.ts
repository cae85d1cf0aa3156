/** What belongs to each example: a class, or a vector. */
import { typedArrayName } from "../core/arrays.ts";
import { DataError, show } from "../core/errors.ts";
import { reading } from "./given.ts";
import { isTensor } from "./tensor.ts";

/** What a model asks for with each example. */
export type LabelFormat = { readonly classes: number } | { readonly size: number };

/** A copy of labels `[N]` or `[N, size]`; null where there are none. @throws DataError unless there is a whole number of finite ones for each example */
export function checkLabels(path: string, labels: unknown, count: number): Float32Array | null {
  if (labels === undefined || labels === null) return null;
  const { length, tensor } = reading(path, () => ({
    length: typeof labels === "object" && "length" in labels ? labels.length : undefined,
    tensor: isTensor(labels),
  }));
  if (typeof length !== "number" || length === 0 || length % count !== 0) {
    throw new DataError({
      path,
      expected: `${count} classes, or ${count} vectors one after another${tensor ? " (await labels.data() gives them)" : ""}`,
      got: typeof length === "number" ? `${length} numbers` : show(labels),
    });
  }
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
  labels: Float32Array | null,
  count: number,
  format: LabelFormat,
  indexOf: (i: number) => number = (i) => i,
): void {
  const size = "size" in format ? format.size : 1;
  if (labels?.length !== count * size) {
    const isOneHot = "classes" in format && labels?.length === count * format.classes;
    throw new DataError({
      path,
      expected: "size" in format ? `${count} vectors of ${size} numbers` : `${count} classes${isOneHot ? " (the argmax of each one-hot row)" : ""}`,
      got: labels ? `${labels.length} numbers` : "no labels",
    });
  }
  if ("size" in format) return;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!Number.isInteger(label) || label < 0 || label >= format.classes) {
      throw new DataError({ path: `${path}[${indexOf(i)}]`, expected: `a class, an integer in 0..${format.classes - 1}`, got: show(label) });
    }
  }
}
