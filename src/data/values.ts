import { isFloat32Array } from "../core/arrays.ts";
import { BYTE_VALUES, isBytes } from "../core/bytes.ts";
import { DataError, show } from "../core/errors.ts";
import { allocateFloats } from "../core/memory.ts";
import { type Shape, showShape, sizeOf } from "../core/shape.ts";
import { orWrite } from "./given.ts";

/** Pixels or coordinates: floats as they are (of images in [-1, 1]), bytes 0 to 255 standing for [-1, 1]. */
export type Values = Float32Array | Uint8Array | Uint8ClampedArray;

export function isValues(value: unknown): value is Values {
  return isFloat32Array(value) || isBytes(value);
}

/** @throws DataError unless they are floats or bytes */
export function checkKind(path: string, data: unknown): Values {
  if (isValues(data)) return data;
  throw new DataError({ path, expected: `a Float32Array, Uint8Array or Uint8ClampedArray${orWrite(data, path)}`, got: show(data) });
}

/** @throws DataError unless they fill `shape`, are finite and, for images, in [-1, 1] */
export function checkValues(path: string, data: Values, shape: Shape): void {
  if (data.length !== sizeOf(shape)) {
    throw new DataError({ path, expected: `${sizeOf(shape)} numbers for shape ${showShape(shape)}`, got: `${data.length} numbers` });
  }
  if (isFloat32Array(data)) checkFloats(data, shape.length === 4, (i) => `${path}[${i}]`);
}

function checkFloats(values: Float32Array, isImage: boolean, pathOf: (i: number) => string): void {
  const bound = isImage ? 1 : Number.MAX_VALUE;
  for (let i = 0; i < values.length; i++) {
    // Written so that NaN fails too.
    if (!(Math.abs(values[i]!) <= bound)) {
      throw new DataError({ path: pathOf(i), expected: isImage ? "a number in [-1, 1]" : "a finite number", got: show(values[i]) });
    }
  }
}

/** Each byte as the number that it is. */
export const PLAIN_BYTES = Float32Array.from({ length: 256 }, (_, byte) => byte);

/**
 * The rows of values `[N, ...]` at these indices, as floats.
 *
 * @param ofByte what each byte stands for. Default: a number in [-1, 1]
 * @throws DataError if the values are no longer what they were when they were checked: of another length, or no longer in range
 */
export function gather(path: string, source: Values, shape: Shape, indices: ArrayLike<number>, ofByte = BYTE_VALUES): Float32Array {
  const length = sizeOf(shape);
  if (source.length !== length) {
    throw new DataError({ path, expected: `${length} numbers, as there were when they were checked`, got: `${source.length} numbers` });
  }
  const size = length / shape[0]!;
  const result = allocateFloats(indices.length * size, path);
  const ofBytes = isBytes(source);
  for (let i = 0; i < indices.length; i++) {
    const from = indices[i]! * size;
    if (ofBytes) {
      for (let k = 0; k < size; k++) result[i * size + k] = ofByte[source[from + k]!]!;
    } else {
      result.set(source.subarray(from, from + size), i * size);
    }
  }
  if (!ofBytes) checkFloats(result, shape.length === 4, (i) => `${path}[${indices[Math.floor(i / size)]! * size + (i % size)}]`);
  return result;
}
