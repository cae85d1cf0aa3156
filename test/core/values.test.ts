import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checksum, findNegative, findNotFinite, findOutside, LIMIT } from "../../src/core/values.ts";

const numbers = fc.array(fc.float({ noNaN: true, min: Math.fround(-1e38), max: Math.fround(1e38) }), { minLength: 1, maxLength: 40 });

describe("findOutside", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, -LIMIT])("finds the first %d", (value) => {
    for (const at of [0, 57, 99]) {
      const values = new Float32Array(100).fill(1.7e38);
      values[at] = value;
      values[99] = Number.NaN;
      expect(findOutside(values)).toBe(at);
    }
  });

  it("finds none among the largest numbers that are kept", () => {
    expect(findOutside(Float32Array.of(1.7e38, -1.7e38, 0))).toBe(-1);
    expect(findOutside(new Float32Array())).toBe(-1);
  });
});

describe("findNotFinite", () => {
  it("finds the first that is NaN or infinite, and no large number", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      expect(findNotFinite(Float32Array.of(0, 3.4e38, -3.4e38, value, Number.NaN))).toBe(3);
    }
    expect(findNotFinite(Float32Array.of(0, 3.4e38, -3.4e38))).toBe(-1);
  });
});

describe("findNegative", () => {
  it("finds the first number below zero; -0 is none", () => {
    expect(findNegative(Float32Array.of(0, -0, 2, -1e-45, -1))).toBe(3);
    expect(findNegative(Float32Array.of(0, -0, 2))).toBe(-1);
  });
});

describe("checksum", () => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, LIMIT, -LIMIT])(
    "is null where %d is among the values, wherever",
    (value) => {
      for (const count of [1, 3, 4, 5, 11]) {
        for (let at = 0; at < count; at++) {
          const values = Float32Array.from({ length: count }, (_, i) => (i % 2 ? -1.7e38 : 1.7e38));
          expect(checksum(values)).not.toBeNull();
          values[at] = value;
          expect(checksum(values)).toBeNull();
        }
      }
    },
  );

  it("differs when one bit does, wherever it is", () => {
    fc.assert(
      fc.property(numbers, fc.nat(), fc.nat(31), (values, place, bit) => {
        const before = Float32Array.from(values);
        const after = before.slice();
        new Uint32Array(after.buffer)[place % values.length]! ^= 1 << bit;
        expect(checksum(after)).not.toBe(checksum(before));
      }),
    );
  });

  it("differs when two numbers change places, or one more zero is there, and is the same for equal values anywhere", () => {
    const values = Float32Array.from({ length: 33 }, (_, i) => i + 0.5);
    for (const [i, j] of [
      [0, 1],
      [0, 4],
      [3, 7],
      [31, 32],
    ] as const) {
      const swapped = values.slice();
      [swapped[i], swapped[j]] = [swapped[j]!, swapped[i]!];
      expect(checksum(swapped), `${i}, ${j}`).not.toBe(checksum(values));
    }
    const longer = new Float32Array(40);
    longer.set(values);
    expect(checksum(longer.subarray(0, 34))).not.toBe(checksum(values));
    expect(checksum(longer.subarray(0, 33))).toBe(checksum(values));
  });
});
