import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  densityCoverage,
  type Features,
  frechetDistance,
  kernelDistance,
  modeCounts,
  msSSIM,
  nearestNeighbours,
  precisionRecall,
} from "../../src/metrics.ts";

interface Golden {
  readonly frechet: readonly { name: string; a: Features; b: Features; value: number; root: number; size: number }[];
  readonly kernel: readonly { name: string; a: Features; b: Features; value: number; error: number }[];
  readonly neighbours: readonly { name: string; k: number; queries: Features; data: Features; indices: number[]; distances: number[] }[];
  readonly manifolds: readonly {
    name: string;
    real: Features;
    fake: Features;
    precision: number;
    recall: number;
    density: number;
    coverage: number;
  }[];
  readonly modes: readonly { name: string; labels: number[]; shares: number[]; covered: number; divergence: number }[];
  readonly similarity: readonly { name: string; shape: number[]; seeds: [number, number]; values: [number, number, number] }[];
}

const FILE = "metrics_quality.json";
const folder = process.env.GOLDEN_DIR;
const golden = JSON.parse(readFileSync(folder ? `${folder}/${FILE}` : new URL(FILE, import.meta.url), "utf8")) as Golden;

/** In a few batches, some of one row. */
function* batches({ data, shape }: Features): Generator<Features> {
  const [n, d] = shape as [number, number];
  for (let row = 0, size = 1; row < n; row += size, size = size === 1 ? 4 : 1) {
    const rows = Math.min(size, n - row);
    yield { data: Float64Array.from(data).subarray(row * d, (row + rows) * d), shape: [rows, d] };
  }
}

describe("the Fréchet distance is that of the singular values of centred data, to 1e-12 of the variances, and nearly SciPy's", () => {
  it.each(golden.frechet)("$name", async ({ a, b, value, root, size }) => {
    for (const found of [await frechetDistance(a, b), await frechetDistance(batches(b), batches(a))]) {
      expect(Math.abs(found - value)).toBeLessThan(1e-12 * size);
      // The root of a matrix loses half of the digits where it is singular.
      expect(Math.abs(found - root)).toBeLessThan(1e-7 * size);
    }
  });
});

describe("the kernel distance is that of scikit-learn's kernel, and its error that of leaving out each, to 1e-12", () => {
  it.each(golden.kernel)("$name", async ({ a, b, value, error }) => {
    const found = await kernelDistance(a, b, { subsets: 2, subsetSize: 2 });
    expect(Math.abs(found.value - value)).toBeLessThan(1e-12 * error);
    expect(Math.abs(found.standardError / error - 1)).toBeLessThan(1e-12);
  });
});

describe("neighbours are scikit-learn's, their distances to 1e-14", () => {
  it.each(golden.neighbours)("$name", async ({ k, queries, data, indices, distances }) => {
    const found = await nearestNeighbours(queries, data, { k });
    expect([...found.indices]).toEqual(indices);
    for (const [i, distance] of found.distances.entries()) expect(Math.abs(distance / distances[i]! - 1)).toBeLessThan(1e-14);
  });
});

describe("precision, recall, density and coverage are those of all distances at once", () => {
  it.each(golden.manifolds)("$name", async ({ real, fake, precision, recall, density, coverage }) => {
    expect(await precisionRecall(real, fake)).toEqual({ precision, recall });
    const found = await densityCoverage(real, fake);
    expect(found.density).toBeCloseTo(density, 14);
    expect(found.coverage).toBe(coverage);
  });
});

describe("the divergence of modes is SciPy's", () => {
  it.each(golden.modes)("$name", ({ labels, shares, covered, divergence }) => {
    const found = modeCounts(labels, { classes: shares.length, shares });
    expect(found.covered).toBe(covered);
    expect(found.divergence).toBeCloseTo(divergence, 14);
  });
});

/** By integers alone, as the script has it. */
function picture(seed: number, [, height, width, channels]: readonly number[]): Float64Array {
  let state = seed;
  const out = new Float64Array(height! * width! * channels!);
  for (let y = 0, at = 0; y < height!; y++) {
    for (let x = 0; x < width!; x++) {
      for (let c = 0; c < channels!; c++, at++) {
        state = (Math.imul(1664525, state) + 1013904223) >>> 0;
        const wave = Math.abs(((x * (3 + c) + y * (5 + (seed % 3))) % 64) - 32) / 32;
        out[at] = (wave * 2 - 1) * 0.75 + (state / 2 ** 32 - 0.5) * 0.5;
      }
    }
  }
  return out;
}

describe("multi-scale structural similarity is PyTorch's, to 1e-13", () => {
  it.each(golden.similarity)("$name", async ({ shape, seeds, values }) => {
    const [a, b] = seeds.map((seed) => picture(seed, shape)) as [Float64Array, Float64Array];
    const mixed = (share: number) => a.map((x, i) => (1 - share) * x + share * b[i]!);
    for (const [i, other] of [mixed(0.5), mixed(0.125), a.map((x) => -x)].entries()) {
      const { value } = await msSSIM({ data: a, shape }, { data: other, shape });
      expect(Math.abs(value - values[i]!)).toBeLessThan(1e-13);
    }
  });
});
