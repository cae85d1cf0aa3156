import { describe, expect, it } from "vitest";
import { decodeFloats, toBfloat16, toFloat16 } from "../../src/formats/dtypes.ts";
import { expectSameBytes } from "../bytes.ts";

const ALL = Uint16Array.from({ length: 2 ** 16 }, (_, half) => half);

/** What 16 bits mean by IEEE 754, with so many bits of exponent and fraction. */
function meaning(half: number, exponentBits: number): number {
  const fractionBits = 15 - exponentBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const exponent = (half & 0x7fff) >> fractionBits;
  const fraction = (half & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const sign = half & 0x8000 ? -1 : 1;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** (1 - bias) : (1 + fraction) * 2 ** (exponent - bias));
}

describe.each([
  { dtype: "F16", exponentBits: 5, infinity: 0x7c00, encode: toFloat16 },
  { dtype: "BF16", exponentBits: 8, infinity: 0x7f80, encode: toBfloat16 },
] as const)("$dtype", ({ dtype, exponentBits, infinity, encode }) => {
  const decoded = new Float32Array(2 ** 16);
  decodeFloats({ dtype, data: ALL }, decoded);

  it("means what its bits say, each of them", () => {
    const wrong = [...ALL].filter((half) => !Object.is(decoded[half], meaning(half, exponentBits)));
    expect(wrong).toEqual([]);
  });

  it("is the same bits again, each finite number", () => {
    const finite = ALL.filter((half) => (half & 0x7fff) < infinity);
    expectSameBytes(encode(decoded.filter(Number.isFinite)), finite);
  });

  it("is the nearest number on either side of every midpoint, and the even one on it", () => {
    // The number after the largest would be that of infinity's bits.
    const above = (half: number) => (half + 1 < infinity ? decoded[half + 1]! : 2 ** (2 ** (exponentBits - 1)));
    const lower = ALL.subarray(0, infinity);
    const middles = Float32Array.from(lower, (half) => (decoded[half]! + above(half)) / 2);
    const moved = (by: number) => new Float32Array(new Int32Array(middles.buffer).map((word) => word + by).buffer);
    for (const sign of [1, -1]) {
      const signed = (values: Float32Array) => encode(values.map((x) => sign * x));
      const bit = sign < 0 ? 0x8000 : 0;
      expectSameBytes(
        signed(moved(-1)),
        lower.map((half) => half | bit),
      );
      expectSameBytes(
        signed(moved(1)),
        lower.map((half) => (half + 1) | bit),
      );
      expectSameBytes(
        signed(middles),
        lower.map((half) => (half + (half & 1)) | bit),
      );
    }
  });

  it("is decoded from anywhere to anywhere", () => {
    const into = new Float32Array(9).fill(7);
    decodeFloats({ dtype, data: ALL }, into.subarray(2, 6), 0x3bfe);
    expectSameBytes(into, Float32Array.of(7, 7, ...decoded.subarray(0x3bfe, 0x3c02), 7, 7, 7));
  });
});

it("float16 rounds known numbers as IEEE 754 has it", () => {
  const cases: [number, number][] = [
    [0, 0x0000],
    [-0, 0x8000],
    [1, 0x3c00],
    [-2, 0xc000],
    [1 / 3, 0x3555],
    [65504, 0x7bff],
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [-1e30, 0xfc00],
    [2 ** -14, 0x0400],
    [2 ** -14 - 2 ** -25, 0x0400],
    [2 ** -24, 0x0001],
    [2 ** -25, 0x0000],
    [-(2 ** -25) - 2 ** -48, 0x8001],
    [1e-45, 0x0000],
  ];
  expectSameBytes(
    toFloat16(Float32Array.from(cases, ([x]) => x)),
    Uint16Array.from(cases, ([, half]) => half),
  );
});

it("what is decoded says whether all of it is below 2^127", () => {
  const beyond = (dtype: "F16" | "BF16") => ALL.filter((half) => !decodeFloats({ dtype, data: Uint16Array.of(0x3c00, half) }, new Float32Array(2)));
  expectSameBytes(
    beyond("F16"),
    ALL.filter((half) => (half & 0x7fff) >= 0x7c00),
  );
  expectSameBytes(
    beyond("BF16"),
    ALL.filter((half) => (half & 0x7fff) >= 0x7f00),
  );
});
