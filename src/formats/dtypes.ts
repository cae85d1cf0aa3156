/**
 * The types that numbers have in files: float32, IEEE 754's binary16, bfloat16 (the upper half of a float32) and integers of 8 bits. All arithmetic is on bits or exact, so that every
 * engine makes the same of a file.
 */
import type { Shape } from "../core/shape.ts";
import { findOutside } from "../core/values.ts";

/** What holds the values of each type in memory; 16-bit numbers as their bits. */
interface Arrays {
  readonly F32: Float32Array;
  readonly F16: Uint16Array;
  readonly BF16: Uint16Array;
  readonly I8: Int8Array;
}

/** A type by its name in safetensors files. */
export type DType = keyof Arrays;

/** A tensor as a file has it. */
export type StoredTensor = { readonly [T in DType]: { readonly dtype: T; readonly shape: Shape; readonly data: Arrays[T] } }[DType];

/** The constructors of what holds each type. */
export const ARRAYS = { F32: Float32Array, F16: Uint16Array, BF16: Uint16Array, I8: Int8Array } as const;

/** A tensor of floating-point numbers as a file has it. */
export type StoredFloats = Exclude<StoredTensor, { readonly dtype: "I8" }>;

/**
 * Writes values of a tensor as the float32 numbers that they are, NaN and infinity too.
 *
 * @param into as many as are wanted, of which the tensor has so many from its value `first` on
 * @returns whether all are within `LIMIT`; to look for that afterwards would take as long again
 */
export function decodeFloats({ dtype, data }: Pick<StoredFloats, "dtype" | "data">, into: Float32Array, first = 0): boolean {
  const part = data.subarray(first, first + into.length);
  if (dtype === "F16") return decodeFloat16(part as Uint16Array, into);
  if (dtype === "BF16") return decodeBfloat16(part as Uint16Array, into);
  into.set(part);
  return findOutside(into) < 0;
}

const bitsOf = (values: Float32Array): Int32Array => new Int32Array(values.buffer, values.byteOffset, values.length);

function decodeFloat16(halves: Uint16Array, into: Float32Array): boolean {
  const words = bitsOf(into);
  let finite = true;
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!;
    const magnitude = half & 0x7fff;
    // Normal numbers: the exponent's bias is 15 in one type and 127 in the other.
    if (magnitude >= 0x400 && magnitude < 0x7c00) words[i] = ((half & 0x8000) << 16) | ((magnitude << 13) + (112 << 23));
    else if (magnitude < 0x400) into[i] = half & 0x8000 ? -magnitude * 2 ** -24 : magnitude * 2 ** -24;
    else {
      words[i] = ((half & 0x8000) << 16) | 0x7f800000 | (magnitude << 13);
      finite = false;
    }
  }
  return finite;
}

function decodeBfloat16(halves: Uint16Array, into: Float32Array): boolean {
  const words = bitsOf(into);
  let carried = 0;
  for (let i = 0; i < halves.length; i++) {
    words[i] = halves[i]! << 16;
    // Reaches the top bit for exponents from that of `LIMIT` on.
    carried |= (halves[i]! & 0x7f80) + 0x100;
  }
  return carried < 0x8000;
}

/** These finite values rounded to the nearest float16 numbers, to the even one of two; from 65520 on that is infinity. */
export function toFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = bitsOf(values);
  const halves = new Uint16Array(values.length);
  const sum = new Float32Array(1);
  const sumBits = bitsOf(sum);
  for (let i = 0; i < halves.length; i++) {
    const word = words[i]!;
    const magnitude = word & 0x7fffffff;
    let rounded = 0x7c00;
    if (magnitude < 0x38800000) {
      // Below 2^-14 there is a number at every 2^-24, as there is a float32 number from 0.5 on.
      sum[0] = 0.5 + Math.abs(values[i]!);
      rounded = sumBits[0]! - 0x3f000000;
    } else if (magnitude < 0x47800000) {
      rounded = (magnitude - (112 << 23) + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
    }
    halves[i] = ((word >>> 16) & 0x8000) | rounded;
  }
  return halves;
}

/** These finite values rounded to the nearest bfloat16 numbers, to the even one of two; the largest become infinity. */
export function toBfloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = bitsOf(values);
  const halves = new Uint16Array(values.length);
  for (let i = 0; i < halves.length; i++) halves[i] = (words[i]! + 0x7fff + ((words[i]! >>> 16) & 1)) >>> 16;
  return halves;
}
