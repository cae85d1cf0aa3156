/** Images or vectors of any origin, a few at a time. */
import { typedArrayName } from "../core/arrays.ts";
import { BYTE_VALUES, isBytes } from "../core/bytes.ts";
import { DataError, ShapeError, show } from "../core/errors.ts";
import { type Shape, sameShape, showShape, sizeOf } from "../core/shape.ts";

/** Images `[N, H, W, C]`, with -1 for black and 1 for white, or bytes; or vectors `[N, d]`. A `Dataset` is such a record, and so is what `gan.sample` gives. */
export interface ImageBatch {
  /** The numbers, row by row. */
  readonly data: ArrayLike<number>;
  /** `[N, H, W, C]` or `[N, d]`. */
  readonly shape: Shape;
}

/** Examples whose shape was looked at; their numbers are looked at when they are taken. */
export interface ImageRows {
  readonly count: number;
  /** The shape of one: `[H, W, C]` or `[d]`. */
  readonly shape: Shape;
  /** Those from `first` to before `end`, as floats. @throws DataError for a number that is not finite */
  take(first: number, end: number): Float32Array<ArrayBuffer>;
  /** Those at these indices, as floats. @throws DataError for a number that is not finite */
  at(indices: ArrayLike<number>): Float32Array<ArrayBuffer>;
}

/**
 * Examples as rows.
 *
 * @param shape what one of them must be. Default: anything
 * @throws DataError for what is no such record
 * @throws ShapeError where the numbers do not fill the shape, or it is another than was asked for
 */
export function readImages(value: unknown, path: string, shape?: Shape): ImageRows {
  if (typeof value !== "object" || value === null || !("data" in value) || !("shape" in value)) {
    throw new DataError({ path, expected: "{ data, shape }: images [N, H, W, C] or vectors [N, d]", got: show(value) });
  }
  const { data, shape: given } = value as ImageBatch;
  const sizes = Array.isArray(given) ? [...given] : [];
  if (![2, 4].includes(sizes.length) || !sizes.every((size) => Number.isSafeInteger(size) && size > 0)) {
    throw new ShapeError({ path: `${path}.shape`, expected: "[N, H, W, C] or [N, d], all at least 1", got: show(given) });
  }
  const [count, ...own] = sizes as [number, ...number[]];
  if (shape && !sameShape(own, shape)) {
    throw new ShapeError({ path: `${path}.shape`, expected: showShape([count, ...shape]), got: showShape(sizes) });
  }
  const isList = Array.isArray(data) || typedArrayName(data) !== undefined;
  if (!isList || data.length !== sizeOf(sizes)) {
    throw new ShapeError({ path: `${path}.data`, expected: `${sizeOf(sizes)} numbers, as the shape ${showShape(sizes)} says`, got: show(data) });
  }
  const size = sizeOf(own);
  const ofByte = isBytes(data);
  const copy = (row: number, into: Float32Array, to: number): void => {
    for (let k = 0; k < size; k++) {
      const x = data[row * size + k]!;
      const number = ofByte ? BYTE_VALUES[x]! : Math.fround(x);
      if (!Number.isFinite(number)) throw new DataError({ path: `${path}.data[${row * size + k}]`, expected: "a finite number", got: show(x) });
      into[to + k] = number;
    }
  };
  const at = (indices: ArrayLike<number>): Float32Array<ArrayBuffer> => {
    const rows = new Float32Array(indices.length * size);
    for (let i = 0; i < indices.length; i++) copy(indices[i]!, rows, i * size);
    return rows;
  };
  return { count, shape: own, at, take: (first, end) => at(Uint32Array.from({ length: end - first }, (_, i) => first + i)) };
}
