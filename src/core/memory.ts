import { DataError } from "./errors.ts";

/** `length` zeros. @throws DataError where there is no memory for them */
export function allocateBytes(length: number, path: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new DataError({ path, expected: `memory for ${length} bytes`, got: "less" }, { cause });
  }
}
