import { describe, expect, it } from "vitest";
import { ring } from "../../src/datasets.ts";
import { classShares, DataError, type Features, modeCounts, ShapeError, SpecError } from "../../src/metrics.ts";

const centres = (modes: number): Features => ({
  data: Array.from({ length: modes }, (_, k) => [Math.cos((2 * k * Math.PI) / modes), Math.sin((2 * k * Math.PI) / modes)]).flat(),
  shape: [modes, 2],
});

describe("modes by their centres", () => {
  const modes = centres(8);

  it("are all of the data's", () => {
    const { covered, share, counts, divergence } = modeCounts(ring({ count: 2400, seed: 3 }), { modes, radius: 0.15 });
    expect(covered).toBe(8);
    expect(share).toBeGreaterThan(0.98);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeCloseTo(2400 * share, 9);
    expect(divergence).toBe(0);
  });

  it("are one where samples are of one, ln 8 from the data", () => {
    const { covered, divergence } = modeCounts(ring({ count: 50, modes: 1, seed: 3 }), { modes, radius: 0.15 });
    expect(covered).toBe(1);
    expect(divergence).toBeCloseTo(Math.log(8), 14);
  });

  it("are counted within the radius, their shares by the nearest centre", () => {
    const samples = { data: [1.15 - 1e-9, 0, 1.16, 0, -1, 0, 30, 0], shape: [4, 2] };
    const { covered, share, counts, divergence } = modeCounts(samples, { modes, radius: 0.15 });
    expect({ covered, share, counts: [...counts] }).toEqual({ covered: 2, share: 0.5, counts: [1, 0, 0, 0, 1, 0, 0, 0] });
    expect(divergence).toBeCloseTo(0.75 * Math.log(6) + 0.25 * Math.log(2), 14);
  });

  it("are covered by as many samples as are asked for", () => {
    const samples = { data: [1, 0, 1, 0, -1, 0], shape: [3, 2] };
    expect(modeCounts(samples, { modes, radius: 0.15, least: 2 }).covered).toBe(1);
  });

  it("refuse what cannot be", () => {
    const samples = { data: [1, 0], shape: [1, 2] };
    expect(() => modeCounts(samples, { modes, radius: 0 })).toThrow(SpecError);
    expect(() => modeCounts({ data: [1], shape: [1, 1] }, { modes, radius: 1 })).toThrow(ShapeError);
    expect(() => modeCounts({ data: [1, Number.NaN], shape: [1, 2] }, { modes, radius: 1 })).toThrow("samples.data[1]");
    expect(() => modeCounts(samples, { modes, radius: 1, shares: [1, 2] })).toThrow(ShapeError);
    expect(() => modeCounts(samples, { modes, radius: 1, shares: [0, 1, 1, 1, 1, 1, 1, 1] })).toThrow("shares[0]");
  });
});

describe("modes by classes", () => {
  it("are counted, with their divergence from equal shares", () => {
    const { covered, share, counts, divergence } = modeCounts(Uint16Array.of(999, 314, 314, 159), { classes: 1000 });
    expect({ covered, share, pi: counts[314] }).toEqual({ covered: 3, share: 1, pi: 2 });
    expect(divergence).toBeCloseTo(0.5 * Math.log(500) + 0.5 * Math.log(250), 13);
  });

  it("have no divergence from their own shares", () => {
    const labels = [0, 2, 2, 2, 4];
    expect(modeCounts(labels, { classes: 5, shares: classShares(labels, 5) }).divergence).toBeCloseTo(0, 15);
  });

  it.each([
    ["a class that there is not", [0, 5], "labels[1]"],
    ["a fraction", [0.5], "labels[0]"],
    ["no labels", [], "labels"],
    ["no list", 3 as unknown as number[], "labels"],
  ])("refuse %s", (_, labels, path) => {
    for (const count of [() => modeCounts(labels, { classes: 5 }), () => classShares(labels, 5)]) {
      expect(count).toThrow(DataError);
      expect(count).toThrow(`${path}:`);
    }
  });

  it("refuse a number of classes that cannot be", () => {
    expect(() => classShares([0], 0)).toThrow(SpecError);
    expect(() => modeCounts([0], {} as { classes: number })).toThrow("classes");
  });
});
