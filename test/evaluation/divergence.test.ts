import { describe, expect, it } from "vitest";
import { DataError, ShapeError, SpecError } from "../../src/core/errors.ts";
import { type DivergenceOptions, estimateDivergence } from "../../src/metrics.ts";
import { divergencesOf, drawLaw, PAIRS, segment, uniform } from "./laws.ts";

/** Enough for points on a line. */
const QUICK: DivergenceOptions = { steps: 100, seed: 3, threads: 1 };
const COUNT = 500;

describe("the segments of the lecture", () => {
  it.each([
    ["jensen-shannon", 0, 0, 0.02],
    ["jensen-shannon", 0.5, Math.LN2, 0.02],
    ["wasserstein-1", 2, 2, 0.1],
  ] as const)("%s at a distance of %d is %d", async (objective, distance, expected, tolerance) => {
    const found = await estimateDivergence(segment(0, COUNT, 5, 0), segment(distance, COUNT, 5, 1), { ...QUICK, objective });
    expect(found.name).toBe(objective);
    expect(Math.abs(found.value - expected)).toBeLessThan(tolerance);
    expect(found.interval[0]).toBeLessThanOrEqual(found.value);
    expect(found.interval[1]).toBeGreaterThanOrEqual(found.value);
  });
});

describe("two segments of a line, one moved by half its length", () => {
  const [p, q] = [[uniform(0, 1)], [uniform(0.5, 1.5)]];
  const sets = [drawLaw(p, COUNT, 1, 11, 0), drawLaw(q, COUNT - 100, 1, 11, 1)] as const;

  // Pairs (x, y) and (y, x) overlap where both lie in the quarter [0.5, 1]², and there as often one way as the other.
  const known = { ...divergencesOf(p, q), "jensen-shannon-of-pairs": 0.75 * Math.LN2 };

  it.each([
    ["minimax", "jensen-shannon", Math.LN2],
    ["hinge", "total-variation", 1],
    ["least-squares", "triangular-discrimination", 2],
    ["relativistic", "jensen-shannon-of-pairs", Math.LN2],
    ["wasserstein", "wasserstein-1", Number.POSITIVE_INFINITY],
  ] as const)("have by %s a %s within its interval", async (objective, name, ceiling) => {
    const found = await estimateDivergence(...sets, { ...QUICK, objective });
    expect(found).toMatchObject({ name, ceiling });
    expect(found.interval[0]).toBeLessThan(known[name]);
    expect(found.interval[1]).toBeGreaterThan(known[name]);
    expect(found.interval[1] - found.interval[0]).toBeLessThan(0.5 * known[name]);
  });
});

describe("an estimate", () => {
  const [p, q] = PAIRS.normals!;
  const sets = [drawLaw(p, 100, 2, 7, 0), drawLaw(q, 100, 2, 7, 1)] as const;
  const brief: DivergenceOptions = { steps: 10, seed: 1, threads: 1 };

  it("is the same for the same seed, and on every executor but for rounding", async () => {
    const found = await estimateDivergence(...sets, { ...brief, steps: 3 });
    expect(await estimateDivergence(...sets, { ...brief, steps: 3, objective: "non-saturating" })).toEqual(found);
    expect(await estimateDivergence(...sets, { ...brief, steps: 3, seed: 2 })).not.toEqual(found);
    const plain = await estimateDivergence(...sets, { ...brief, steps: 3, backend: "reference" });
    expect(plain.training).toBeCloseTo(found.training, 4);
    expect(plain.interval[1]).toBeCloseTo(found.interval[1], 4);
    expect(plain.steps).toBe(found.steps);
  });

  it("of Wasserstein-1 has the unit of the samples, wherever they are, and is no more than it can be", async () => {
    const at = (x: number) => ({ data: new Float32Array(50 * 3).map((_, i) => (i % 3 === 1 ? x : 700)), shape: [50, 3] });
    const found = await estimateDivergence(at(-1000), at(2000), { ...QUICK, objective: "wasserstein", confidence: 0.9 });
    expect(found.value).toBeGreaterThan(0.98 * 3000);
    expect(found.value).toBeLessThan(3000 * (1 + 1e-4));
  });

  it("takes images, and bytes", async () => {
    const images = (shade: number) => ({ data: Uint8Array.from({ length: 60 * 81 }, (_, i) => shade + (i % 50)), shape: [60, 9, 9, 1] });
    for (const objective of ["jensen-shannon", "wasserstein-1"] as const) {
      const { value, training } = await estimateDivergence(images(0), images(150), { ...brief, objective });
      expect(value).toBeGreaterThan(0.1);
      expect(training).toBeGreaterThan(0.1);
    }
  });

  it("of what does not differ is 0, whatever is trained", async () => {
    const same = { data: new Float32Array(100), shape: [50, 2] };
    for (const objective of ["jensen-shannon", "wasserstein"] as const) {
      expect((await estimateDivergence(same, same, { ...brief, objective })).value).toBeLessThan(1e-6);
    }
  });

  it("tells how far it is, and stops where a signal says so", async () => {
    const told: number[] = [];
    const { steps, stopped } = await estimateDivergence(...sets, { ...brief, onProgress: (done) => told.push(done) });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
    expect([steps > 0 && steps <= 10, typeof stopped]).toEqual([true, "boolean"]);
    const control = new AbortController();
    const reason = new Error("enough");
    const onProgress = (done: number) => done > 0.2 && control.abort(reason);
    await expect(estimateDivergence(...sets, { ...brief, signal: control.signal, onProgress })).rejects.toBe(reason);
  });

  it.each([
    ["too few samples", { data: new Float32Array(98), shape: [49, 2] }, {}, DataError, "fake: expected at least 50 rows, got 49"],
    ["samples of another shape", { data: new Float32Array(150), shape: [50, 3] }, {}, ShapeError, "fake.shape: expected [50, 2], got [50, 3]"],
    ["a number that is none", { data: new Float32Array(100).fill(Number.NaN, 7), shape: [50, 2] }, {}, DataError, "fake.data[7]"],
    ["an objective that is none", sets[1], { objective: "wasserstein-2" }, SpecError, 'did you mean "wasserstein-1"?'],
    [
      "faulty numbers, all at once",
      sets[1],
      { steps: 0, confidence: 1 },
      SpecError,
      "steps: expected an integer from 1 to 1000000, got 0\nconfidence",
    ],
  ])("refuses %s", async (_, fake, options, type, message) => {
    const refused = estimateDivergence(sets[0], fake, { ...brief, ...options } as DivergenceOptions);
    await expect(refused).rejects.toBeInstanceOf(type);
    await expect(refused).rejects.toThrow(message);
  });
});

// GANVAS_DIVERGENCE_SEEDS=1,2,3: the estimates with all their steps of 4096 samples each, a row for each pair, dimension and seed.
const SEEDS = process.env.GANVAS_DIVERGENCE_SEEDS?.split(",").map(Number) ?? [];

describe.each(SEEDS)("with seed %d", (seed) => {
  const count = 4096;
  const show = (...cells: readonly (string | number)[]) => console.log(cells.map((c) => (typeof c === "number" ? c.toFixed(4) : c)).join(" | "));

  it.each([0, 0.5, 1, 2, 4])("segments at a distance of %d", async (distance) => {
    const sets = [segment(0, count, seed, 0), segment(distance, count, seed, 1)] as const;
    for (const [objective, known] of [["jensen-shannon", distance > 0 ? Math.LN2 : 0] as const, ["wasserstein-1", distance] as const]) {
      const { value, interval } = await estimateDivergence(...sets, { objective, seed });
      show(`segments, ${distance}`, "2", objective, seed.toString(), known, value, `${interval.map((x) => x.toFixed(4))}`);
      expect(Math.abs(value - known)).toBeLessThan(objective === "jensen-shannon" || distance === 0 ? 0.02 : 0.05 * known);
    }
  });

  const cases = Object.keys(PAIRS).flatMap((pair) => [1, 2, 16].map((d) => [pair, d] as const));
  it.each(cases)("%s of %d dimensions", async (pair, d) => {
    const [p, q] = PAIRS[pair]!;
    const sets = [drawLaw(p, count, d, seed, 0), drawLaw(q, count, d, seed, 1)] as const;
    for (const objective of ["jensen-shannon", "wasserstein-1", "total-variation", "triangular-discrimination"] as const) {
      const known = divergencesOf(p, q)[objective];
      const { value, interval, steps } = await estimateDivergence(...sets, { objective, seed });
      const [low, high] = interval;
      show(
        pair,
        `${d}`,
        objective,
        `${seed}`,
        known,
        value,
        `${low.toFixed(4)} to ${high.toFixed(4)}`,
        low <= known && known <= high ? "in" : "OUT",
        `${steps}`,
      );
    }
  });
});
