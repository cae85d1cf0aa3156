import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { jensenShannon, kullbackLeibler, totalVariation } from "../../src/metrics/divergences.ts";
import { histograms } from "../../src/metrics/histograms.ts";
import { laplacianPyramid } from "../../src/metrics/pyramid.ts";
import { sinkhorn } from "../../src/metrics/sinkhorn.ts";
import { slicedWasserstein } from "../../src/metrics/sliced.ts";
import { wasserstein1d, wassersteinExact } from "../../src/metrics/wasserstein.ts";

type Rows = number[][];

interface Golden {
  readonly line: readonly {
    readonly a: number[];
    readonly b: number[];
    readonly w1: number;
    readonly w2: number;
    readonly "w3.5": number;
    readonly weights: readonly [number[], number[]];
    readonly weighted: number;
  }[];
  readonly exact: readonly { readonly a: Rows; readonly b: Rows; readonly w1: number; readonly w2: number }[];
  readonly entropic: readonly {
    readonly a: Rows;
    readonly b: Rows;
    readonly options: { readonly p: 1 | 2; readonly epsilon: number; readonly iterations: number };
    readonly epsilon: number;
    readonly cost: number;
    readonly regularized: number;
    readonly error: number;
    readonly divergence?: number;
  }[];
  readonly sliced: readonly { readonly a: Rows; readonly b: Rows; readonly p: number; readonly distance: number }[];
  readonly divergences: readonly {
    readonly p: number[];
    readonly q: number[];
    readonly jensenShannon: number;
    readonly totalVariation: number;
    readonly smoothed: number;
    readonly full: number;
  }[];
  readonly counts: readonly {
    readonly points: readonly [Rows, Rows];
    readonly range: [number, number][];
    readonly bins: number[];
    readonly counts: readonly [Rows, Rows];
  }[];
  readonly pyramids: readonly {
    readonly image: number[][][];
    readonly shape: [number, number, number];
    readonly bands: readonly { readonly shape: number[]; readonly sums: number[] }[];
  }[];
}

const FOLDER = process.env.GOLDEN_DIR;
const FILE = "metrics_transport.json";
const golden: Golden = JSON.parse(readFileSync(FOLDER ? `${FOLDER}/${FILE}` : new URL(FILE, import.meta.url), "utf8"));

const features = (rows: Rows) => ({ data: rows.flat(), shape: [rows.length, rows[0]!.length] });

/** Both sides compute in float64, in other orders: some ulp of a few hundred terms. */
const BOUND = 1e-12;
const expectNear = (got: number, expected: number, what: string, bound = BOUND) =>
  expect(Math.abs(got - expected), `${what}: ${got} for ${expected}`).toBeLessThanOrEqual(bound * Math.max(1, Math.abs(expected)));

describe(`transport costs what SciPy says, error < ${BOUND}`, () => {
  it.each(golden.line.map((c) => [`${c.a.length} and ${c.b.length} numbers`, c] as const))("%s", (_, c) => {
    for (const [p, expected] of [[1, c.w1] as const, [2, c.w2] as const, [3.5, c["w3.5"]] as const]) {
      expectNear(wasserstein1d(c.a, c.b, { p }), expected, `p = ${p}`);
    }
    expectNear(wasserstein1d(c.a, c.b, { aWeights: c.weights[0], bWeights: c.weights[1] }), c.weighted, "weighted");
  });

  it.each(golden.exact.map((c) => [`${c.a.length} points of ${c.a[0]!.length} dimensions`, c] as const))("%s", async (_, c) => {
    for (const [p, expected] of [[1, c.w1] as const, [2, c.w2] as const]) {
      const { distance, assignment } = await wassersteinExact(features(c.a), features(c.b), { p });
      expectNear(distance, expected, `p = ${p}`);
      expect(new Set(assignment).size).toBe(c.a.length);
    }
  });
});

describe("entropic transport is what Sinkhorn's iterations on potentials give", () => {
  // Potentials are as large as 1/ε, and a plan is their exponential: at an ε of 1/2000 of the mean cost three digits go.
  it.each(golden.entropic.map((c) => [JSON.stringify(c.options), c] as const))("%s", async (_, c) => {
    const bound = Math.max(1e-12, 1e-14 / c.options.epsilon);
    const result = await sinkhorn(features(c.a), features(c.b), { ...c.options, tolerance: 1e-12 });
    for (const field of ["epsilon", "cost", "regularized", "error"] as const) expectNear(result[field], c[field], field, bound);
    expectNear(result.distance, c.cost ** (1 / c.options.p), "distance", bound);
  });

  it.each(golden.entropic.filter((c) => c.divergence !== undefined).map((c) => [JSON.stringify(c.options), c] as const))(
    "and so is its divergence: %s",
    async (_, c) => {
      const { divergence, converged } = await sinkhorn(features(c.a), features(c.b), {
        ...c.options,
        iterations: 10_000,
        tolerance: 1e-10,
        debiased: true,
      });
      expect(converged).toBe(true);
      expectNear(divergence!, c.divergence!, "divergence", 1e-9);
    },
  );
});

describe("random lines tell what all of the plane do, within 4 % for 1024 of them", () => {
  it.each(golden.sliced.map((c) => [`p = ${c.p}`, c] as const))("%s", async (_, c) => {
    expectNear(await slicedWasserstein(features(c.a), features(c.b), { p: c.p, projections: 1024 }), c.distance, "distance", 0.04);
  });
});

describe(`divergences are what SciPy says, error < ${BOUND}`, () => {
  it.each(golden.divergences.map((c) => [`${c.p.length} bins`, c] as const))("%s", (_, c) => {
    expectNear(jensenShannon(c.p, c.q), c.jensenShannon, "Jensen-Shannon");
    expectNear(totalVariation(c.p, c.q), c.totalVariation, "total variation");
    expectNear(kullbackLeibler(c.p, c.q, { smoothing: 0.01 }), c.smoothed, "Kullback-Leibler, smoothed");
    const full = c.q.map((count) => count + 1);
    expectNear(kullbackLeibler(c.p, full), c.full, "Kullback-Leibler");
  });
});

it("points of the plane are counted as NumPy counts them", () => {
  for (const { points, range, bins, counts } of golden.counts) {
    const { p, q } = histograms(features(points[0]), features(points[1]), { bins, range });
    expect([Array.from(p), Array.from(q)]).toEqual(counts.map((rows) => rows.flat()));
  }
});

describe(`Laplacian pyramids are those of SciPy's mirrored convolutions, error < ${BOUND}`, () => {
  it.each(golden.pyramids.map((c) => [c.shape.join(" × "), c] as const))("%s", (_, { image, shape: [height, width, channels], bands }) => {
    const picture = { height, width, channels, data: Float64Array.from(image.flat(2)) };
    for (const [level, band] of laplacianPyramid(picture, bands.length).entries()) {
      const { shape, sums } = bands[level]!;
      expect([band.height, band.width, band.channels]).toEqual(shape);
      const got = new Float64Array(sums.length);
      for (const [i, x] of band.data.entries()) {
        const c = i % channels;
        const across = Math.floor(i / channels) % band.width;
        const down = Math.floor(i / channels / band.width);
        got[across * channels + c]! += x;
        got[(band.width + down) * channels + c]! += x;
      }
      for (const [i, sum] of sums.entries()) expectNear(got[i]!, sum, `sum ${i} of level ${level}`);
    }
  });
});
