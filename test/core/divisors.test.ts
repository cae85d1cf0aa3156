import { describe, expect, it } from "vitest";
import { greatestDivisor, leastMultiple } from "../../src/core/divisors.ts";

describe("integers", () => {
  it.each([
    [12, 18, 6, 36],
    [1, 7, 1, 7],
    [5, 5, 5, 5],
    [256, 255, 1, 65280],
  ])("%i and %i have the divisor %i and the multiple %i in common", (a, b, divisor, multiple) => {
    expect([greatestDivisor(a, b), greatestDivisor(b, a), leastMultiple(a, b)]).toEqual([divisor, divisor, multiple]);
  });
});
