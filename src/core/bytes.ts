/** Bytes as numbers in [-1, 1], as pictures have them. */
import { typedArrayName } from "./arrays.ts";

export function isBytes(value: unknown): value is Uint8Array | Uint8ClampedArray {
  const name = typedArrayName(value);
  return name === "Uint8Array" || name === "Uint8ClampedArray";
}

/** What each byte stands for, in [-1, 1]. */
export const BYTE_VALUES = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);
