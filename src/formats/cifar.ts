import { bytesOf } from "../core/arrays.ts";
import { DataError, show } from "../core/errors.ts";
import { allocateBytes } from "../core/memory.ts";

/** Pixels of a side, and what a record consists of: the class, then all red, all green and all blue, row by row. */
export const SIDE = 32;
const PLANE = SIDE * SIDE;
const RECORD = 1 + 3 * PLANE;
const CLASSES = 10;

/**
 * The pictures `[N, 32, 32, 3]` and classes `[N]` of batches in CIFAR-10's binary format (Krizhevsky 2009), one batch after another.
 *
 * @param path of the batches, for errors
 * @throws DataError unless they are whole records of classes from 0 to 9
 */
export function readCifar10(
  batches: readonly unknown[],
  path: string,
): { readonly data: Uint8Array<ArrayBuffer>; readonly labels: Uint8Array<ArrayBuffer> } {
  const files = batches.map((batch, i) => recordsOf(batch, `${path}[${i}]`));
  const count = files.reduce((sum, { length }) => sum + length / RECORD, 0);
  const data = allocateBytes(count * 3 * PLANE, path);
  const labels = new Uint8Array(count);
  let example = 0;
  for (const [i, file] of files.entries()) {
    for (let start = 0; start < file.length; start += RECORD, example++) {
      const label = file[start]!;
      if (label >= CLASSES)
        throw new DataError({ path: `${path}[${i}]`, expected: `classes from 0 to ${CLASSES - 1}`, got: `${label} in record ${start / RECORD}` });
      labels[example] = label;
      const to = example * 3 * PLANE;
      for (let c = 0; c < 3; c++) for (let p = 0; p < PLANE; p++) data[to + 3 * p + c] = file[start + 1 + c * PLANE + p]!;
    }
  }
  return { data, labels };
}

function recordsOf(batch: unknown, path: string): Uint8Array {
  const bytes = bytesOf(batch);
  if (!bytes) throw new DataError({ path, expected: "a Uint8Array or an ArrayBuffer", got: show(batch) });
  if (bytes.length > 0 && bytes.length % RECORD === 0) return bytes;
  throw new DataError({ path, expected: `records of ${RECORD} bytes each, at least one`, got: `${bytes.length} bytes` });
}
