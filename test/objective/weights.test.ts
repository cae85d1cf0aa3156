import { describe, expect, it } from "vitest";
import { evaluate, evaluatePrimitives } from "../../src/exec/reference/evaluate.ts";
import { judgeGraph } from "../../src/gan/judge.ts";
import { type GANOptions, resolveSpec } from "../../src/gan/spec.ts";
import { mul, sumAll } from "../../src/graph/build.ts";
import { expandComposites } from "../../src/graph/composites.ts";
import { grad } from "../../src/graph/grad.ts";
import { Graph } from "../../src/graph/graph.ts";
import { parameters } from "../../src/nn/network.ts";
import { REGULARIZERS } from "../../src/objective/regularizers.ts";
import { variables } from "../../src/objective/variables.ts";
import { weightStates, weightsInUse } from "../../src/objective/weights.ts";
import { firstState, Trainer } from "./harness.ts";

const options: GANOptions = {
  shape: [4, 4, 2],
  latent: 2,
  condition: { classes: 3 },
  regularizers: ["spectral-norm"],
  architecture: {
    generator: [
      { type: "dense", units: 32 },
      { type: "reshape", shape: [4, 4, 2] },
    ],
    discriminator: [
      { type: "conv2d", filters: 3, kernel: 2 },
      { type: "batchNorm" },
      { type: "activation", name: "leakyRelu" },
      { type: "conv2dTranspose", filters: 2, kernel: 3 },
      { type: "flatten" },
      { type: "dense", units: 4 },
      { type: "dense", units: 1 },
    ],
  },
};
const spec = resolveSpec(options);
const labels = { condition: [0, 1, 2, 1] };
const images = (n: number) => Float64Array.from({ length: n * 32 }, (_, i) => Math.sin(3 * i + n));

/** The largest singular value of [rows, columns] numbers, by very many iterations of the power method on a matrix product. */
function largestSingularValue(m: ArrayLike<number>, columns: number): number {
  const rows = m.length / columns;
  let u = Float64Array.from({ length: columns }, (_, j) => 1 + j / 7);
  let norm = 0;
  for (let k = 0; k < 200; k++) {
    const v = Float64Array.from({ length: rows }, (_, i) => u.reduce((sum, x, j) => sum + m[i * columns + j]! * x, 0));
    u = Float64Array.from({ length: columns }, (_, j) => v.reduce((sum, x, i) => sum + m[i * columns + j]! * x, 0));
    norm = Math.hypot(...u);
    u = u.map((x) => x / norm);
  }
  return Math.sqrt(norm);
}

describe("spectral-norm", () => {
  it("leaves weights of zero as they are, with their gradient, and keeps their vector", () => {
    const [w, u] = [new Float64Array(12), Float64Array.of(0.5, -2, 1)];
    const graph = new Graph();
    const leaf = graph.variable("w", [4, 3]);
    const { value, state } = REGULARIZERS["spectral-norm"].reparameterisation!.apply(leaf, leaf, graph.variable("u", [3, 1]), {
      outputAxis: 1,
    } as never);
    const slopes = Float32Array.from({ length: 12 }, (_, i) => i - 3);
    const [gradient] = grad(sumAll(mul(value, graph.constant(slopes, [4, 3]))), [leaf]);
    for (const [name, node] of Object.entries({ value, state, gradient: gradient! })) graph.fetch(name, node);
    const found = evaluate(graph, {}, { w, u }).fetches;
    expect(found.value).toEqual(w);
    expect(found.state).toEqual(u);
    expect(found.gradient).toEqual(Float64Array.from(slopes));
  });

  it("keeps a vector beside each matrix and filter of the discriminator, as long as there are outputs", () => {
    expect(weightStates(spec).map(({ name, shape }) => [name, shape])).toEqual([
      ["discriminator.0.filter/spectral.u", [3, 1]],
      ["discriminator.3.filter/spectral.u", [2, 1]],
      ["discriminator.5.filter/spectral.u", [4, 1]],
      ["discriminator.6.filter/spectral.u", [1, 1]],
      ["discriminator.embedding/spectral.u", [4, 1]],
    ]);
    expect(variables(resolveSpec({ ...options, regularizers: [] })).some(({ name }) => name.includes("spectral"))).toBe(false);
  });

  it("gives every one of them a largest singular value of 1, once its vector has come to rest", () => {
    let state: Record<string, ArrayLike<number>> = firstState(spec);
    const graph = new Graph();
    const { values, updates } = weightsInUse(spec, graph);
    for (const [name, node] of [...values, ...updates]) graph.fetch(name, node);
    const primitives = expandComposites(graph);
    for (let i = 0; i < 60; i++) {
      const { fetches } = evaluatePrimitives(primitives, {}, state);
      state = { ...state, ...Object.fromEntries([...updates.keys()].map((name) => [name, fetches[name]!])) };
    }
    const { fetches } = evaluatePrimitives(primitives, {}, state);
    expect(values.size).toBe(5);
    for (const { name, shape } of parameters(spec, "discriminator").filter((p) => values.has(p.name))) {
      // Of [kh, kw, out, in] the sums are over all but the third axis.
      const w = fetches[name]!;
      const [channels, inputs] = shape.slice(-2) as [number, number];
      const matrix = name.includes(".3.")
        ? Float64Array.from(w, (_, i) => {
            const [row, out] = [Math.floor(i / channels), i % channels];
            return w[Math.floor(row / inputs) * channels * inputs + out * inputs + (row % inputs)]!;
          })
        : w;
      expect(largestSingularValue(matrix, weightStates(spec).find((s) => s.name.startsWith(name))!.shape[0]!), name).toBeCloseTo(1, 2);
    }
  });

  it("moves the vectors once an update of the discriminator, and judges afterwards with the weights of the next one", () => {
    const t = new Trainer(spec, 4);
    for (const kind of ["critic", "train"] as const) {
      const before = t.state;
      const { fetches } = t.step(kind, images(4), labels);
      const graph = new Graph();
      for (const [name, node] of weightsInUse(spec, graph).updates) graph.fetch(name, node);
      const once = evaluate(graph, {}, before).fetches;
      for (const name of Object.keys(once)) expect(t.state[name], name).toEqual(once[name]);
      expect(fetches.finite![0]).toBe(1);
    }
    // Without batch statistics the scores of the next update are those that are given outside of training.
    const plain = new Trainer(resolveSpec({ ...options, architecture: { ...spec.architecture, discriminator: without("batchNorm") } }), 4);
    plain.step("train", images(4), labels);
    const judged = evaluate(judgeGraph(plain.spec, 4), { images: images(4), ...labels }, plain.state).fetches.scores!;
    const { fetches } = plain.step("critic", images(4), labels);
    expect(fetches.realScore![0]).toBeCloseTo(judged.reduce((a, b) => a + b) / 4, 12);
  });
});

const without = (type: string) => spec.architecture.discriminator.filter((layer) => layer.type !== type);
