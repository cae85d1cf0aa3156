import { DataError } from "./errors.ts";

/** The most numbers of one array, 2^31 bytes: what every runtime may hold. */
export const MOST_FLOATS = 2 ** 29;

/** `length` zeros. @throws DataError where there is no memory for them */
export const allocateBytes = (length: number, path: string): Uint8Array<ArrayBuffer> => allocate(length, path, () => new Uint8Array(length));

/** `length` zeros. @throws DataError where there is no memory for them */
export const allocateFloats = (length: number, path: string): Float32Array<ArrayBuffer> => allocate(4 * length, path, () => new Float32Array(length));

function allocate<T>(bytes: number, path: string, make: () => T): T {
  try {
    return make();
  } catch (cause) {
    throw new DataError({ path, expected: `memory for ${bytes} bytes`, got: "less" }, { cause });
  }
}
