import { describe, expect, it } from "vitest";
import { DataError, ShapeError, SpecError } from "../../src/core/errors.ts";
import { jensenShannon, kullbackLeibler, totalVariation } from "../../src/metrics/divergences.ts";
import { histograms } from "../../src/metrics/histograms.ts";
import { points } from "./samples.ts";

const DIVERGENCES = { jensenShannon, kullbackLeibler, totalVariation };

describe.each(Object.entries(DIVERGENCES))("%s", (name, divergence) => {
  it("is 0 between the same distributions, as counts or probabilities, large or small", () => {
    expect(divergence([3, 0, 1], [3, 0, 1])).toBe(0);
    expect(divergence([3, 0, 1], [0.75, 0, 0.25])).toBe(0);
    expect(divergence([3e149, 0, 1e149], Float32Array.of(6, 0, 2))).toBeCloseTo(0, 14);
    expect(divergence([5], [7])).toBe(0);
  });

  it("is no matter of order", () => {
    expect(divergence([1, 2, 3, 4], [4, 4, 1, 1])).toBeCloseTo(divergence([4, 3, 1, 2], [1, 1, 4, 4]), 14);
  });

  it.each([
    [[], [], "p: expected an array of at least one number, got []"],
    [[0, 0], [1, 1], "p: expected a number above 0, got none"],
    [[1, 1], [1, -1], "q[1]: expected a number of at least 0, got -1"],
    [[1, Number.NaN], [1, 1], "p[1]: expected a number from -1e+150 to 1e+150, got NaN"],
    [[1, 1], [1, 1, 1], "q: expected 2 numbers, got 3"],
  ])("of %j and %j is refused", (p, q, message) => expect(() => divergence(p, q)).toThrow(message));

  it("is finite for shares that differ as much as floats can", () => {
    for (const [p, q] of [
      [
        [1, 5e-324],
        [1, 1],
      ] as const,
      [
        [1, 1e-290],
        [1e-290, 1],
      ] as const,
    ]) {
      expect(divergence(p, q), name).toBeLessThan(1000);
      expect(divergence(p, q)).toBeGreaterThan(0);
    }
  });
});

it("Jensen-Shannon and total variation are symmetric, and at most ln 2 and 1", () => {
  const [p, q] = [
    [1, 2, 0, 4, 0.3],
    [0, 5, 1, 4, 0.7],
  ];
  expect(jensenShannon(p, q)).toBe(jensenShannon(q, p));
  expect(totalVariation(p, q)).toBe(totalVariation(q, p));
  const [left, right] = [
    [1, 3, 7, 0, 0, 0],
    [0, 0, 0, 5, 1, 1],
  ];
  expect(jensenShannon(left, right)).toBeCloseTo(Math.LN2, 15);
  expect(totalVariation(left, right)).toBe(1);
});

it("a Kullback-Leibler divergence that is infinite is refused with the bin, unless it is smoothed", () => {
  expect(() => kullbackLeibler([1, 1, 1], [1, 0, 0])).toThrow(DataError);
  expect(() => kullbackLeibler([1, 0, 1], [1, 0, 0])).toThrow(
    "q[2]: expected more than 0, as p has: else the divergence is infinite (see the option smoothing), got 0",
  );
  expect(kullbackLeibler([1, 0, 0], [1, 0, 1])).toBeCloseTo(Math.LN2, 14);
  expect(kullbackLeibler([1, 0], [0, 1], { smoothing: 0.5 })).toBeCloseTo(0.5 * Math.log(3), 14); // 3/4 and 1/4
  expect(() => kullbackLeibler([1], [1], { smoothing: -1 })).toThrow(SpecError);
});

describe("histograms", () => {
  it("count both sets from the least number of any to the largest, all of them", () => {
    const { p, q, bins, range } = histograms({ data: [0, 1, 3, 4], shape: [4, 1] }, { data: [8, 2], shape: [2, 1] }, { bins: 4 });
    expect([Array.from(p), Array.from(q)]).toEqual([
      [2, 1, 1, 0],
      [0, 1, 0, 1],
    ]);
    expect([bins, range]).toEqual([[4], [[0, 8]]]);
  });

  it("count what lies beyond a range in the outermost bins", () => {
    const { p } = histograms({ data: [-9, 0.1, 0.9, 9], shape: [4, 1] }, { data: [0.5], shape: [1, 1] }, { bins: 2, range: [[0, 1]] });
    expect(Array.from(p)).toEqual([2, 2]);
  });

  it("have bins of some width where all numbers are the same", () => {
    for (const x of [0, 1, -1e150, 1e-300]) {
      const { p, range } = histograms({ data: [x, x], shape: [2, 1] }, { data: [x], shape: [1, 1] }, { bins: 3 });
      expect(p.reduce((a, b) => a + b)).toBe(2);
      expect(range[0]![0]).toBeLessThan(range[0]![1]);
    }
  });

  it("tell samples of one distribution from those of another", () => {
    const [a, b] = [points(4000, 2, 1), points(4000, 2, 2)];
    const near = histograms(a, b, { bins: 8 });
    const far = histograms(a, { ...b, data: b.data.map((x) => x + 1) }, { bins: 8 });
    expect(jensenShannon(near.p, near.q)).toBeLessThan(0.01);
    expect(jensenShannon(far.p, far.q)).toBeGreaterThan(0.1);
  });

  it.each([
    [{ bins: 0 }, SpecError, "bins: expected an integer from 1 to 65536 or"],
    [{ bins: [2] }, ShapeError, "bins: expected 2 items, one for each axis, got 1"],
    [{ range: [[0, 1]] as const }, ShapeError, "range: expected 2 items, one for each axis, got 1"],
    [{ range: [[0, 1] as const, [1, 1] as const] }, SpecError, "range[1]: expected two numbers, the first below the second, got [1, 1]"],
    [{ bins: 65536 }, DataError, "bins: expected at most 16777216 in all, got [65536, 65536]"],
  ])("with %j are refused", (options, kind, message) => {
    const call = () => histograms(points(3, 2, 1), points(3, 2, 2), options);
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});
