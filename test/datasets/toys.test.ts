import { describe, expect, it } from "vitest";
import { SpecError } from "../../src/core/errors.ts";
import { type Dataset, grid, ring } from "../../src/datasets.ts";

/** Mean and standard deviation of each mode's points, along each axis. */
function momentsOf({ data, labels, count }: Dataset, mode: number) {
  const points = Array.from({ length: count }, (_, i) => i).filter((i) => labels![i] === mode);
  return [0, 1].map((axis) => {
    const values = points.map((i) => data[2 * i + axis]!);
    const mean = values.reduce((a, b) => a + b) / values.length;
    return { mean, stddev: Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length) };
  });
}

describe("ring", () => {
  it("puts equal normal distributions evenly on a circle", () => {
    const dataset = ring({ modes: 5, count: 10_000, radius: 2, stddev: 0.1, seed: 4 });
    expect(dataset.shape).toEqual([10_000, 2]);
    for (let mode = 0; mode < 5; mode++) {
      expect(dataset.labels!.filter((label) => label === mode).length).toBe(2000);
      const [x, y] = momentsOf(dataset, mode);
      // Standard error of a mean of 2000: 0.0022, of a standard deviation: 0.0016.
      expect(Math.abs(x!.mean - 2 * Math.cos((2 * Math.PI * mode) / 5))).toBeLessThan(0.01);
      expect(Math.abs(y!.mean - 2 * Math.sin((2 * Math.PI * mode) / 5))).toBeLessThan(0.01);
      for (const { stddev } of [x!, y!]) expect(Math.abs(stddev - 0.1)).toBeLessThan(0.008);
    }
  });

  it("computes its centres right to float32, for any number of modes", () => {
    for (const modes of [1, 2, 3, 7, 8, 100]) {
      const { data } = ring({ modes, count: modes, stddev: 0 });
      for (let mode = 0; mode < modes; mode++) {
        expect(data[2 * mode]).toBeCloseTo(Math.cos((2 * Math.PI * mode) / modes), 7);
        expect(data[2 * mode + 1]).toBeCloseTo(Math.sin((2 * Math.PI * mode) / modes), 7);
      }
    }
  });

  it("gives point i of a seed whatever the count", () => {
    expect(ring({ count: 5, seed: 2 }).data).toEqual(ring({ count: 50, seed: 2 }).data.slice(0, 10));
    expect(ring({ count: 5, seed: 3 }).data).not.toEqual(ring({ count: 5, seed: 2 }).data);
  });
});

describe("grid", () => {
  it("puts centres on a square lattice, row by row", () => {
    expect([...grid({ side: 3, count: 9, stddev: 0, extent: 4 }).data]).toEqual([-4, -4, 0, -4, 4, -4, -4, 0, 0, 0, 4, 0, -4, 4, 0, 4, 4, 4]);
    expect([...grid({ side: 1, count: 1, stddev: 0 }).data]).toEqual([0, 0]);
    expect(new Set(grid({ count: 100 }).labels).size).toBe(25);
  });
});

it.each<[string, () => unknown]>([
  ["count", () => ring({ count: 0 })],
  ["count", () => ring({ count: 1e9 })],
  ["count", () => grid({ count: "5" as unknown as number })],
  ["modes", () => ring({ modes: 2.5 })],
  ["modes", () => ring({ modes: 1e9 })],
  ["side", () => grid({ side: 1e9 })],
  ["radius", () => ring({ radius: 1e300 })],
  ["options", () => ring(null as unknown as object)],
  ["options", () => grid(5 as unknown as object)],
  ["radius", () => ring({ radius: Number.NaN })],
  ["stddev", () => grid({ stddev: -1 })],
  ["side", () => grid({ side: 0 })],
  ["extent", () => grid({ extent: 1 / 0 })],
  ["seed", () => grid({ seed: 0.5 })],
])("refuses a wrong %s", (path, run) => {
  expect(run).toThrow(SpecError);
  expect(run).toThrow(new RegExp(`^${path}: `));
});

it("names an unknown option, and the one that was meant", () => {
  expect(() => ring({ sed: 1 } as object)).toThrow(
    'sed: expected one of the options modes, radius, count, stddev, seed, got an unknown one, "sed"; did you mean "seed"?',
  );
  expect(() => grid({ modes: 1 } as object)).toThrow('got an unknown one, "modes"');
});
