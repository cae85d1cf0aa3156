import { describe, expect, it } from "vitest";
import { integerPower, onCircle, powerOfHalf } from "../../src/core/series.ts";

describe("integerPower", () => {
  it("is the power of an integer: error < 1e-14", () => {
    for (const x of [0, 0.5, 0.999, 1]) for (const t of [0, 1, 2, 7, 1000]) expect(Math.abs(integerPower(x, t) - x ** t)).toBeLessThan(1e-14);
  });
});

describe("powerOfHalf", () => {
  it("is exact for integers, and 0 where nothing else is left", () => {
    expect([0, 1, 2, 10, 1074].map(powerOfHalf)).toEqual([1, 0.5, 0.25, 2 ** -10, 2 ** -1074]);
    expect([1075, 1e300, Number.POSITIVE_INFINITY].map(powerOfHalf)).toEqual([0, 0, 0]);
  });

  it("is what Math.pow says in between: relative error < 1e-15", () => {
    const errors = Array.from({ length: 2000 }, (_, i) => (i * 0.618) % 41).map((x) => Math.abs(powerOfHalf(x) / 0.5 ** x - 1));
    expect(Math.max(...errors)).toBeLessThan(1e-15);
    expect(1 - powerOfHalf(1e-9)).toBeCloseTo(1e-9 * Math.LN2, 15);
  });
});

describe("onCircle", () => {
  it("is what Math.cos and Math.sin say: error < 2e-15", () => {
    const turns = Array.from({ length: 1000 }, (_, i) => i / 1000);
    const errors = turns.flatMap((turn) => {
      const [cosine, sine] = onCircle(turn);
      return [cosine - Math.cos(2 * Math.PI * turn), sine - Math.sin(2 * Math.PI * turn)].map(Math.abs);
    });
    expect(Math.max(...errors)).toBeLessThan(2e-15);
    expect([0, 0.25, 0.5, 0.75].map((turn) => onCircle(turn).map((x) => x + 0))).toEqual([
      [1, 0],
      [0, 1],
      [-1, 0],
      [0, -1],
    ]);
  });
});
