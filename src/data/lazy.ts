/** Examples that are not in memory. */
import { DataError } from "../core/errors.ts";
import { type Shape, sameShape, showShape } from "../core/shape.ts";
import { type Batch, checkShape, type DataFormat, type Examples, takeAll } from "./dataset.ts";
import { reading } from "./given.ts";
import { checkLabelFormat, checkLabels } from "./labels.ts";
import type { IndexedExamples } from "./shuffled.ts";
import { checkKind, checkValues, type Values } from "./values.ts";

/**
 * Examples that are read when they are needed, by their indices: pictures in files, rows of a database. Training shuffles them as it does those in memory, holds some out where it is asked to, and goes on with the same ones
 * after a break. It asks for the next batches while it works on one.
 *
 * @example
 * const rows = { shape: [1000, 28, 28, 1], read: async (indices) => dataset.take(indices).data };
 * await gan.train(rows, { steps: 1 });
 */
export interface LazyDataset {
  /** The shape of all of them: `[N, H, W, C]` or `[N, d]`. */
  readonly shape: Shape;
  /** One class an example, `[N]`, or one vector, `[N, size]`, or image, one after another. Default: none. */
  readonly labels?: Examples["labels"];
  /**
   * Gives the examples at these indices, one after another: numbers in [-1, 1] or bytes of images, or numbers of vectors. What it throws ends training, and is thrown by it. Several calls may be under way, so that each is to give an array of its own.
   *
   * @param indices integers from 0 to N - 1, in any order; one may come more than once
   */
  read(indices: Uint32Array): Values | Promise<Values>;
}

/** Whether it is of this kind: it has `read` and no data. @throws DataError for an object that cannot be read */
export const isLazy = (data: object): data is LazyDataset =>
  reading("data", () => !("data" in data) && "read" in data && typeof data.read === "function");

/** Such examples for a model, checked as far as they are there. @throws DataError where shape or labels do not fit it */
export function openLazy(source: LazyDataset, format: DataFormat): IndexedExamples {
  const given = reading("data", () => ({ shape: source.shape, labels: source.labels }));
  const all = checkShape("shape", given.shape);
  const [count, ...shape] = all as [number, ...number[]];
  if (!sameShape(shape, format.shape)) {
    throw new DataError({ path: "shape", expected: showShape([count, ...format.shape]), got: showShape(all) });
  }
  const labels = checkLabels("labels", given.labels, count);
  if (format.condition) checkLabelFormat("labels", labels, count, format.condition);
  const take = async (indices: Uint32Array): Promise<Batch> => {
    const own = indices.slice(); // the reader's, to do with as it likes
    const data: unknown = await source.read(own);
    const values = checkKind("data.read()", data);
    const batch = [indices.length, ...shape];
    checkValues("data.read()", values, batch);
    return takeAll({ data: values, shape: batch, labels: labels && rowsOf(labels, count, indices) }, format);
  };
  return { count, take };
}

/** The labels of these examples, of the kind that all are. */
function rowsOf(labels: Float32Array | Uint8Array, count: number, indices: Uint32Array): Float32Array | Uint8Array {
  const size = labels.length / count;
  const length = indices.length * size;
  const rows = labels instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length);
  for (const [i, index] of indices.entries()) rows.set(labels.subarray(index * size, (index + 1) * size), i * size);
  return rows;
}
