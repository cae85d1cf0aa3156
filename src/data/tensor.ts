/** Tensors of TensorFlow.js as data, known by what they can do: the package itself is not needed for that. */
import { typedArrayName } from "../core/arrays.ts";
import { DataError, show } from "../core/errors.ts";
import type { Shape } from "../core/shape.ts";

/** What is used of a `tf.Tensor` of TensorFlow.js. It is read once, and stays the caller's to dispose of. */
export interface TensorLike {
  /** `[N, H, W, C]` or `[N, d]`. */
  readonly shape: Shape;
  /** Gives the numbers, row by row: a Float32Array, or an Int32Array of bytes (as from `tf.browser.fromPixels`). */
  data(): Promise<unknown>;
}

export function isTensor(value: unknown): value is TensorLike {
  return typeof value === "object" && value !== null && "shape" in value && "data" in value && typeof value.data === "function";
}

/** A tensor's numbers, integers as bytes. @throws DataError, its path in `path`, for numbers that are neither floats nor bytes */
export async function readTensor(tensor: TensorLike, path: string): Promise<Float32Array | Uint8Array> {
  let values: unknown;
  try {
    values = await tensor.data();
  } catch (cause) {
    throw new DataError(
      { path, expected: "a tensor that can be read", got: `an error: ${cause instanceof Error ? cause.message : show(cause)}` },
      { cause },
    );
  }
  const kind = typedArrayName(values);
  if (kind === "Float32Array" || kind === "Uint8Array") return values as Float32Array | Uint8Array;
  if (kind !== "Int32Array") throw new DataError({ path, expected: "a tensor of floats or bytes", got: show(values) });
  const integers = values as Int32Array;
  const fault = integers.findIndex((x) => x < 0 || x > 255);
  if (fault >= 0) throw new DataError({ path: `${path}[${fault}]`, expected: "a byte, as the tensor holds integers", got: show(integers[fault]) });
  return Uint8Array.from(integers);
}
