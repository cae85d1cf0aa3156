import { AssertionError } from "node:assert";
import { expect } from "vitest";

type TypedArray = Exclude<NodeJS.TypedArray, BigInt64Array | BigUint64Array>;

const isTypedArray = (value: unknown): value is TypedArray => ArrayBuffer.isView(value) && !(value instanceof DataView);
const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

const bytesOf = (array: TypedArray): Buffer => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
/** `Float32Array of 12`; a Buffer, which a file is read as, is the Uint8Array that it extends. */
const describe = (array: TypedArray): string => `${array[Symbol.toStringTag]} of ${array.length}`;

/** Whether two arrays are of one type and length and hold the same bits, those of NaN and of the sign of 0 included. */
export function sameBytes(actual: TypedArray, expected: TypedArray): boolean {
  return describe(actual) === describe(expected) && bytesOf(actual).equals(bytesOf(expected));
}

/** Where two arrays differ first, and how many of the elements that both have differ. */
function difference(actual: TypedArray, expected: TypedArray): string {
  const kinds = `got ${describe(actual)}, expected ${describe(expected)}`;
  const size = expected.BYTES_PER_ELEMENT;
  if (actual[Symbol.toStringTag] !== expected[Symbol.toStringTag]) return kinds;
  const [a, b] = [bytesOf(actual), bytesOf(expected)];
  const element = (bytes: Buffer, i: number): Buffer => bytes.subarray(i * size, (i + 1) * size);
  const both = Math.min(actual.length, expected.length);
  const places = Array.from({ length: both }, (_, i) => i).filter((i) => !element(a, i).equals(element(b, i)));
  if (places.length === 0) return `${kinds}; those that both have are the same`;
  const first = places[0]!;
  const show = (array: TypedArray, bytes: Buffer): string => `${array[first]} (bytes ${element(bytes, first).toString("hex")})`;
  return `${kinds}; ${places.length} differ, first [${first}]: got ${show(actual, a)}, expected ${show(expected, b)}`;
}

function expectSame(actual: unknown, expected: unknown, path: string): void {
  if (isTypedArray(actual) && isTypedArray(expected)) {
    if (sameBytes(actual, expected)) return;
    throw new AssertionError({ message: `${path}: ${difference(actual, expected)}`, stackStartFn: expectSameBytes });
  }
  if (Array.isArray(actual) && Array.isArray(expected)) {
    expect(actual.length, `${path}: length`).toBe(expected.length);
    for (const [i, value] of expected.entries()) expectSame(actual[i], value, `${path}[${i}]`);
  } else if (isPlain(actual) && isPlain(expected)) {
    expect(Object.keys(actual).sort(), `${path}: keys`).toEqual(Object.keys(expected).sort());
    for (const [key, value] of Object.entries(expected)) expectSame(actual[key], value, `${path}.${key}`);
  } else expect(actual, path).toEqual(expected);
}

/**
 * Fails unless arrays, or lists and records that hold some, are the same, bit for bit, and says where they are not.
 * Takes a thousandth of the time of `toEqual`, which looks at arrays number by number.
 */
export function expectSameBytes(actual: unknown, expected: unknown, what = "value"): void {
  expectSame(actual, expected, what);
}
