/** Distributions on a line whose divergences are known: mixtures of normal and of uniform ones. */
import { fillNormals, fillUniforms } from "../../src/core/random.ts";
import type { Features } from "../../src/metrics/features.ts";

interface Component {
  readonly weight: number;
  readonly draw: (uniform: number, normal: number) => number;
  readonly density: (x: number) => number;
}

export type Law = readonly Component[];

export const normal = (mean: number, deviation: number, weight = 1): Component => ({
  weight,
  draw: (_, z) => mean + deviation * z,
  density: (x) => Math.exp(-(((x - mean) / deviation) ** 2) / 2) / (deviation * Math.sqrt(2 * Math.PI)),
});

export const uniform = (from: number, to: number, weight = 1): Component => ({
  weight,
  draw: (u) => from + (to - from) * u,
  density: (x) => (x >= from && x < to ? 1 / (to - from) : 0),
});

/** Two laws with names, as those that an estimate is tried on. */
export const PAIRS: Readonly<Record<string, readonly [Law, Law]>> = {
  normals: [[normal(0, 1)], [normal(1, 1.5)]],
  uniforms: [[uniform(0, 1)], [uniform(0.5, 2)]],
  mixtures: [
    [normal(-2, 0.5, 0.5), normal(2, 0.5, 0.5)],
    [normal(-2, 0.5, 0.25), normal(0.5, 1, 0.75)],
  ],
};

/** Streams of random numbers that nothing else draws from. */
const STREAM = 1000;

/**
 * Samples `[count, d]`: the first coordinate by a law, the others standard normal.
 *
 * @param side 0 or 1, so that two sets of a seed are independent
 */
export function drawLaw(law: Law, count: number, d: number, seed: number, side: 0 | 1): Features {
  const [data, uniforms, choices] = [new Float32Array(count * d), new Float32Array(count), new Float32Array(count)];
  fillNormals(data, seed, STREAM + side, 0);
  fillUniforms(uniforms, seed, STREAM + side, 1);
  fillUniforms(choices, seed, STREAM + side, 2);
  for (let i = 0; i < count; i++) {
    const reached = law.map((_, k) => law.slice(0, k + 1).reduce((sum, { weight }) => sum + weight, 0));
    const component = law[reached.findIndex((sum) => choices[i]! < sum)] ?? law.at(-1)!;
    data[i * d] = component.draw(uniforms[i]!, data[i * d]!);
  }
  return { data, shape: [count, d] };
}

const [FROM, TO, CELLS] = [-15, 15, 60_000];

/** What divergences of two laws are, by the midpoint rule. */
export function divergencesOf(p: Law, q: Law) {
  const step = (TO - FROM) / CELLS;
  const density = (law: Law, x: number) => law.reduce((sum, component) => sum + component.weight * component.density(x), 0);
  const term = (a: number, m: number) => (a > 0 ? a * Math.log(a / m) : 0);
  let [jensenShannon, totalVariation, discrimination, wasserstein, excess] = [0, 0, 0, 0, 0];
  for (let i = 0; i < CELLS; i++) {
    const x = FROM + (i + 0.5) * step;
    const [a, b] = [density(p, x), density(q, x)];
    jensenShannon += ((term(a, (a + b) / 2) + term(b, (a + b) / 2)) / 2) * step;
    totalVariation += (Math.abs(a - b) / 2) * step;
    discrimination += a + b > 0 ? ((a - b) ** 2 / (a + b)) * step : 0;
    wasserstein += Math.abs(excess + ((a - b) / 2) * step) * step;
    excess += (a - b) * step;
  }
  return {
    "jensen-shannon": jensenShannon,
    "total-variation": totalVariation,
    "triangular-discrimination": discrimination,
    "wasserstein-1": wasserstein,
  } as const;
}

/** The lecture's segments: points (x, y), y uniform on [0, 1]. */
export function segment(x: number, count: number, seed: number, side: 0 | 1): Features {
  const [data, heights] = [new Float32Array(2 * count), new Float32Array(count)];
  fillUniforms(heights, seed, STREAM + side, 3);
  for (let i = 0; i < count; i++) data.set([x, heights[i]!], 2 * i);
  return { data, shape: [count, 2] };
}
