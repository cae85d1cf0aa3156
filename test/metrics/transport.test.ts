import { describe, expect, it } from "vitest";
import { DataError, ShapeError, SpecError } from "../../src/core/errors.ts";
import { assign } from "../../src/metrics/assignment.ts";
import type { Features } from "../../src/metrics/features.ts";
import { sinkhorn } from "../../src/metrics/sinkhorn.ts";
import { direction, slicedWasserstein } from "../../src/metrics/sliced.ts";
import { wasserstein1d, wassersteinExact } from "../../src/metrics/wasserstein.ts";
import { changed, points, reversed } from "./samples.ts";

const exact =
  (p: 1 | 2) =>
  async (a: Features, b: Features): Promise<number> =>
    (await wassersteinExact(a, b, { p })).distance;

/** Distances of points, all of which are metrics. */
const DISTANCES: readonly (readonly [string, (a: Features, b: Features) => Promise<number>])[] = [
  ["W1 of numbers", async (a, b) => wasserstein1d(Array.from(a.data), Array.from(b.data))],
  ["W3 of numbers", async (a, b) => wasserstein1d(Array.from(a.data), Array.from(b.data), { p: 3 })],
  ["W1", exact(1)],
  ["W2", exact(2)],
  ["sliced W1", (a, b) => slicedWasserstein(a, b, { projections: 16 })],
  ["sliced W2", (a, b) => slicedWasserstein(a, b, { projections: 16, p: 2 })],
];

describe.each(DISTANCES)("%s", (_, distance) => {
  const [a, b, c] = [points(20, 3, 1), changed(points(20, 3, 2), (x) => 2 * x + 1), points(20, 3, 3)];

  it("is 0 between the same points, in whatever order", async () => {
    expect(await distance(a, a)).toBe(0);
    expect(await distance(a, reversed(a))).toBe(0);
    expect(await distance(points(1, 3, 1), points(1, 3, 1))).toBe(0);
    const constant = { data: new Float32Array(12).fill(0.1), shape: [4, 3] };
    expect(await distance(constant, constant)).toBe(0);
  });

  it("is symmetric, depends on no order, and keeps the triangle inequality", async () => {
    const [ab, bc, ac] = [await distance(a, b), await distance(b, c), await distance(a, c)];
    expect(await distance(b, a)).toBeCloseTo(ab, 13);
    expect(await distance(reversed(a), b)).toBeCloseTo(ab, 13);
    expect(ab).toBeGreaterThan(0);
    expect(ab).toBeLessThan(ac + bc);
    expect(ac).toBeLessThan(ab + bc);
  });

  it("grows with the unit, however large or small", async () => {
    const ab = await distance(a, b);
    for (const unit of [2 ** -900, 2 ** 490]) {
      const grown = await distance(
        changed(a, (x) => x * unit),
        changed(b, (x) => x * unit),
      );
      expect(grown / unit).toBeCloseTo(ab, 12);
    }
  });
});

describe("the distance of points from points that were moved by θ is |θ|", () => {
  const THETA = [3, -4, 12];
  const a = points(30, 3, 5);
  const moved = changed(a, (x, i) => x + THETA[i % 3]!);

  it("on a line, for every p", () => {
    const line = Array.from(a.data);
    for (const p of [1, 1.5, 2, 7, 1000]) {
      const gap = wasserstein1d(
        line,
        line.map((x) => x + 0.75),
        { p },
      );
      expect(gap).toBeCloseTo(0.75, 12);
    }
  });

  it("exactly", async () => {
    expect(await exact(1)(a, moved)).toBeCloseTo(13, 12);
    const { distance, assignment } = await wassersteinExact(a, moved, { p: 2 });
    expect(distance).toBeCloseTo(13, 12);
    expect(Array.from(assignment)).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });

  it("and what each line sees of it, sliced", async () => {
    const seen = Array.from({ length: 16 }, (_, k) => Math.abs(direction(3, 7, k).reduce((sum, x, i) => sum + x * THETA[i]!, 0)));
    const distance = await slicedWasserstein(a, moved, { projections: 16, seed: 7 });
    expect(distance).toBeCloseTo(seen.reduce((x, y) => x + y) / 16, 12);
  });
});

describe("wasserstein1d", () => {
  it("of weights is that of numbers given as often", () => {
    const often = wasserstein1d([1, 1, 1, 4], [2, 5, 5], { p: 2 });
    expect(wasserstein1d([4, 9, 1], [5, 2], { p: 2, aWeights: [1, 0, 3], bWeights: [2, 1] })).toBeCloseTo(often, 14);
    expect(wasserstein1d([1, 4], [2, 5, 5], { p: 2, aWeights: [0.3, 0.1] })).toBeCloseTo(often, 14);
  });

  it("takes bytes as the numbers that they are, and changes nothing of what it is given", () => {
    const a = Float64Array.of(3, 1, 2);
    expect(wasserstein1d(a, Uint8Array.of(255, 255))).toBeCloseTo(253, 12);
    expect(Array.from(a)).toEqual([3, 1, 2]);
  });

  it.each([
    [[], [1], {}, DataError, "a: expected an array of at least one number, got []"],
    [[1], "12", {}, DataError, 'b: expected an array of at least one number, got "12"'],
    [[1], [0, Number.NaN], {}, DataError, "b[1]: expected a number from -1e+150 to 1e+150, got NaN"],
    [[1], [1], { p: 0.5 }, SpecError, "p: expected a number from 1 to 1000, got 0.5"],
    [[1, 2], [1], { aWeights: [1] }, ShapeError, "aWeights: expected 2 numbers, got 1"],
    [[1, 2], [1], { aWeights: [1, -1] }, DataError, "aWeights[1]: expected a number of at least 0, got -1"],
    [[1, 2], [1], { aWeights: [0, 0] }, DataError, "aWeights: expected a number above 0, got none"],
  ])("of %j and %j with %j is refused", (a, b, options, kind, message) => {
    const call = () => wasserstein1d(a as number[], b as number[], options);
    expect(call).toThrow(kind);
    expect(call).toThrow(message);
  });
});

describe("wassersteinExact", () => {
  it("finds the cheapest of all permutations, whatever ties there are", async () => {
    for (let seed = 0; seed < 40; seed++) {
      const n = 1 + (seed % 6);
      const costs = Float64Array.from(points(n, n, seed).data, (x) => Math.round(2 * x));
      const found = await assign(costs, n, async () => {});
      const cost = (columns: ArrayLike<number>) => Array.from(columns).reduce((sum, column, row) => sum + costs[row * n + column]!, 0);
      expect(cost(found)).toBe(Math.min(...permutations(n).map(cost)));
      expect(new Set(found).size).toBe(n);
    }
  });

  it("of many points on a line is that of numbers", async () => {
    const [a, b] = [points(120, 1, 1), points(120, 1, 2)];
    for (const p of [1, 2] as const) expect(await exact(p)(a, b)).toBeCloseTo(wasserstein1d(a.data, b.data, { p }), 12);
  });

  it("says what more points would cost", async () => {
    const many = points(2049, 1, 1);
    await expect(wassersteinExact(many, many)).rejects.toThrow(
      "a: expected at most 2048 rows, as the assignment takes 8 n² bytes and up to n³ operations (sinkhorn and slicedWasserstein take less), " +
        "got 2049 rows: 33587208 bytes, 8.6e+9 operations",
    );
  });

  it("refuses points of two numbers or dimensions, and numbers that are none", async () => {
    await expect(wassersteinExact(points(3, 2, 1), points(4, 2, 1))).rejects.toThrow(ShapeError);
    await expect(wassersteinExact(points(3, 2, 1), points(4, 2, 1))).rejects.toThrow("b.shape: expected as many rows as a has, 3");
    await expect(wassersteinExact(points(2, 3, 1), points(3, 2, 1))).rejects.toThrow("b.shape: expected rows of 3 numbers, as a has, got rows of 2");
    const broken = changed(points(3, 2, 1), (x, i) => (i === 4 ? Number.POSITIVE_INFINITY : x));
    await expect(wassersteinExact(points(3, 2, 1), broken)).rejects.toThrow("b.data[4]: expected a number from -1e+150 to 1e+150, got Infinity");
    await expect(wassersteinExact(points(3, 2, 1), points(3, 2, 1), { p: 3 as 2 })).rejects.toThrow("p: expected 1 or 2, got 3");
  });
});

function permutations(n: number): number[][] {
  if (n === 0) return [[]];
  return permutations(n - 1).flatMap((order) => Array.from({ length: n }, (_, at) => order.toSpliced(at, 0, n - 1)));
}

describe("sinkhorn", () => {
  const [a, b] = [points(24, 2, 1), changed(points(24, 2, 2), (x) => x + 1)];

  it("comes to the exact cost from above as ε goes to 0", async () => {
    const [x, y] = [points(12, 2, 1), changed(points(12, 2, 2), (v) => v + 1)];
    const { distance } = await wassersteinExact(x, y, { p: 2 });
    const at = (epsilon: number) => sinkhorn(x, y, { p: 2, epsilon, iterations: 5000, tolerance: 1e-8 });
    const [coarse, fine] = [await at(0.05), await at(0.01)];
    expect([coarse.converged, fine.converged]).toEqual([true, true]);
    expect(fine.distance).toBeGreaterThan(distance);
    expect(fine.distance).toBeLessThan(distance * 1.004);
    expect(coarse.distance).toBeGreaterThan(distance * 1.01);
  });

  it("says whether it converged, and how much of the mass is at the wrong place", async () => {
    const early = await sinkhorn(a, b, { epsilon: 0.01, iterations: 2 });
    expect([early.converged, early.iterations]).toEqual([false, 2]);
    expect(early.error).toBeGreaterThan(1e-6);
    const late = await sinkhorn(a, b, { epsilon: 0.1 });
    expect(late.converged).toBe(true);
    expect(late.error).toBeLessThanOrEqual(1e-6);
    expect(late.divergence).toBeNull();
  });

  it("has a divergence of 0 between equal sets, above 0 between others, and a cost that is not 0", async () => {
    const options = { epsilon: 0.2, tolerance: 1e-10, iterations: 5000, debiased: true };
    const same = await sinkhorn(a, reversed(a), options);
    expect(same.divergence).toBeCloseTo(0, 9);
    expect(same.cost).toBeGreaterThan(0.1);
    const other = await sinkhorn(a, b, options);
    expect(other.divergence).toBeGreaterThan(0.1);
    const turned = await sinkhorn(b, a, options);
    expect(turned.divergence).toBeCloseTo(other.divergence!, 9);
  });

  it("is finite where points are one, where they are few, and where ε is as small as it may be", async () => {
    const one = { data: [1, 1], shape: [1, 2] };
    expect(await sinkhorn(one, one, { debiased: true })).toMatchObject({ cost: 0, distance: 0, regularized: 0, divergence: 0, epsilon: 0, error: 0 });
    for (const [x, y] of [[a, one] as const, [changed(a, (v) => v * 1e140), b] as const]) {
      const { divergence, ...numbers } = await sinkhorn(x, y, { p: 2, epsilon: 1e-5, iterations: 3, debiased: true });
      expect([divergence, numbers.cost, numbers.distance, numbers.regularized, numbers.error].every(Number.isFinite)).toBe(true);
    }
    expect((await sinkhorn(a, one)).cost).toBeCloseTo(
      (await wassersteinExact(a, { data: new Float32Array(48).fill(1), shape: [24, 2] })).distance,
      12,
    );
  });

  it("refuses what cannot be", async () => {
    await expect(sinkhorn(a, points(3, 3, 1))).rejects.toThrow("b.shape: expected rows of 2 numbers, as a has, got rows of 3");
    await expect(sinkhorn(a, b, { epsilon: 0 })).rejects.toThrow(SpecError);
    await expect(sinkhorn(a, points(4097, 2, 1))).rejects.toThrow("got 4097 rows: 1573248 bytes");
    await expect(sinkhorn(a, { data: [], shape: [0, 2] })).rejects.toThrow(ShapeError);
  });
});

describe("slicedWasserstein", () => {
  it("of one dimension is the distance itself, of any numbers of points", async () => {
    const [a, b] = [points(30, 1, 1), points(12, 1, 2)];
    expect(await slicedWasserstein(a, b, { projections: 3, p: 2 })).toBeCloseTo(wasserstein1d(a.data, b.data, { p: 2 }), 12);
  });

  it("follows from the seed, and is at most the distance in space", async () => {
    const [a, b] = [points(16, 40, 1), points(16, 40, 2)];
    const distance = await slicedWasserstein(a, b, { seed: 1 });
    expect(await slicedWasserstein(a, b, { seed: 1 })).toBe(distance);
    expect(await slicedWasserstein(a, b, { seed: 2 })).not.toBe(distance);
    expect(distance).toBeLessThan(await exact(1)(a, b));
  });

  it("sees along lines of length 1 that depend on none of the others", () => {
    for (const d of [1, 2, 100]) expect(Math.hypot(...direction(d, 3, 9))).toBeCloseTo(1, 14);
    expect(direction(3, 1, 5)).not.toEqual(direction(3, 1, 6));
  });
});

describe("long work", () => {
  const [a, b] = [points(64, 2, 1), points(64, 2, 2)];
  const WORK = { wassersteinExact, sinkhorn, slicedWasserstein };

  it.each(Object.entries(WORK))("%s tells how far it is, from 0 to 1, and only ever more", async (_, work) => {
    const told: number[] = [];
    await work(a, b, { onProgress: (done) => told.push(done) });
    expect(told.length).toBeGreaterThan(8);
    expect([told[0], told.at(-1)]).toEqual([0, 1]);
    expect(told).toEqual(told.toSorted((x, y) => x - y));
  });

  it.each(Object.entries(WORK))("%s ends with the signal's reason", async (_, work) => {
    const aborted = new AbortController();
    aborted.abort("before");
    await expect(work(a, b, { signal: aborted.signal })).rejects.toBe("before");
    const controller = new AbortController();
    const onProgress = (done: number) => done > 0.2 && controller.abort("within");
    await expect(work(a, b, { signal: controller.signal, onProgress })).rejects.toBe("within");
  });
});
