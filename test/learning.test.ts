import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { speckle } from "../bench/learning/faces.ts";
import { coverage } from "../bench/learning/points.ts";
import { RECIPES, type Recipe, type Suite } from "../bench/learning/recipes.ts";
import { section, tableOf } from "../bench/learning/table.ts";
import { animeFaces, ring } from "../src/datasets.ts";
import { resolveSpec } from "../src/gan/spec.ts";
import { ROOT } from "./child.ts";

const RING = { centres: Array.from({ length: 8 }, (_, k) => [Math.cos((k * Math.PI) / 4), Math.sin((k * Math.PI) / 4)] as const), stddev: 0.05 };

describe("coverage", () => {
  it("is nearly whole for the data themselves", () => {
    const { good, modes } = coverage(ring({ count: 2500, seed: 3 }).data as Float32Array, RING);
    expect(good).toBeGreaterThan(0.98);
    expect(modes).toBe(8);
  });

  it("counts modes by their fair share, not by a sample that happens to be there", () => {
    // 96 points at the first centre, one at each other, one far away: a fair quarter of 104 / 8 is 3.25.
    const points = Float32Array.from([...Array.from({ length: 96 }, () => RING.centres[0]!), ...RING.centres.slice(1), [9, 9]].flat());
    expect(coverage(points, RING)).toEqual({ good: 103 / 104, modes: 1 });
  });

  it("looks three standard deviations far", () => {
    expect(coverage(Float32Array.of(1.149, 0, 1.151, 0), RING).good).toBe(0.5);
  });
});

describe("speckle", () => {
  const flat = (pixel: (x: number, y: number) => number) => ({
    shape: [1, 8, 8, 1],
    data: Float32Array.from({ length: 64 }, (_, i) => pixel(i % 8, Math.floor(i / 8))),
  });

  it("is none on a slope, nor where a quarter is flat", () => {
    expect(speckle(flat((x) => x / 100))).toBeCloseTo(0, 6);
    expect(speckle(flat((x) => (x < 5 ? -1 : Math.sin(97 * x))))).toBe(0);
  });

  it("is how far every pixel is from those around it, where all are alike far", () => {
    // Of eight neighbours on a chessboard four have the pixel's own colour.
    expect(speckle(flat((x, y) => ((x + y) % 2 === 0 ? 0.1 : -0.1)))).toBeCloseTo(0.1, 6);
  });

  it("is small in drawn faces, and larger under noise", () => {
    const { shape, data } = animeFaces({ count: 16, size: 32, seed: 1 });
    const clean = { shape, data: Float32Array.from(data, (byte) => byte / 127.5 - 1) };
    const noisy = { shape, data: clean.data.map((x, i) => x + ((i * 7919) % 13) / 130 - 0.05) };
    expect(speckle(noisy)).toBeGreaterThan(2 * speckle(clean));
  });
});

const SHAPES = {
  toys: [2],
  mnist: [28, 28, 1],
  stacked: [28, 28, 3],
  faces: [32, 32, 3],
  few: [32, 32, 3],
  large: [64, 64, 3],
} as const satisfies Record<Suite, readonly number[]>;

describe("recipes", () => {
  it.each(Object.entries(RECIPES).flatMap(([suite, recipes]) => recipes.map(({ name, options }) => [suite, name, options] as const)))(
    "%s: %s can be made",
    (suite, _, options: Recipe["options"]) => {
      expect(resolveSpec({ ...options, shape: SHAPES[suite as Suite] }).batchSize).toBe(options.batchSize ?? 64);
    },
  );
});

describe("tables", () => {
  const recipes = [
    { name: "a", options: {} },
    { name: "b", options: {} },
  ] as const;

  it("have means over the seeds that were run, and what they range over", () => {
    const runs: Readonly<Record<string, { steps: number; seconds: number; good: number }>> = {
      a1: { steps: 10, seconds: 3, good: 0.5 },
      a2: { steps: 10, seconds: 5, good: 0.75 },
    };
    const table = tableOf(recipes, [1, 2, 3], (name, seed) => runs[`${name}${seed}`], { good: 0.989 });
    expect(table.split("\n").slice(2)).toEqual(["| a | 2 | 10 | 4 (3 to 5) | 62.5 % (50.0 % to 75.0 %) |", "| real data |  |  |  | 98.9 % |"]);
  });

  it("have their place in the report", () => {
    const report = readFileSync(join(ROOT, "bench/LEARNING.md"), "utf8");
    for (const name of ["ring", "grid", "mnist", "faces"])
      expect(section(report, name, "| x |")).toContain(`<!-- ${name} -->\n| x |\n<!-- end of ${name} -->`);
    expect(() => section(report, "nothing", "")).toThrow("no place for the table nothing");
  });
});
