import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import { add, leakyRelu, matmul, mul, reduceSum, reshape, tanh } from "../../src/graph/build.ts";
import { grad } from "../../src/graph/grad.ts";
import { Graph, type Node } from "../../src/graph/graph.ts";
import { gradientPenalty, REGULARIZERS } from "../../src/objective/regularizers.ts";

describe("weight-clipping", () => {
  it("holds weights within the limit", () => {
    const graph = new Graph();
    graph.fetch("clipped", REGULARIZERS["weight-clipping"].project!(graph.input("w", [4]), { clip: 0.5 }));
    expect([...evaluate(graph, { w: [-2, -0.25, 0.5, 3] }).fetches.clipped!]).toEqual([-0.5, -0.25, 0.5, 0.5]);
  });
});

describe("gradientPenalty", () => {
  it("is λ (‖w‖ - 1)² for a linear critic, wherever it looks", () => {
    const graph = new Graph();
    const [real, fake] = [graph.input("real", [2, 2]), graph.input("fake", [2, 2])];
    const linear = (x: Node) => reshape(matmul(x, graph.constant([3, 4], [2, 1])), [2]);
    graph.fetch("penalty", gradientPenalty(linear, real, fake, graph.input("mix", [2]), 10));
    expect(evaluate(graph, { real: [1, 2, 3, 4], fake: 0, mix: 0.3 }).fetches.penalty![0]).toBeCloseTo(10 * 16, 9);
  });

  it("takes one norm an image, at the image's own mixture", () => {
    // f(x) = Σ x²/2 has the gradient x: the penalty is the mean of (‖x̂‖ - 1)².
    const graph = new Graph();
    const [real, fake] = [graph.input("real", [2, 1, 2, 1]), graph.input("fake", [2, 1, 2, 1])];
    const bowl = (x: Node) => mul(reshape(reduceSum(mul(x, x), [1, 2, 3]), [2]), 0.5);
    graph.fetch("penalty", gradientPenalty(bowl, real, fake, graph.input("mix", [2]), 1));
    const { fetches } = evaluate(graph, { real: [6, 8, 2, 0], fake: [0, 0, 0, 2], mix: [0.5, 0.25] });
    expect(fetches.penalty![0]).toBeCloseTo((16 + (Math.sqrt(0.5 ** 2 + 1.5 ** 2) - 1) ** 2) / 2, 9);
  });

  it("has the gradient that finite differences see: relative error < 1e-6", () => {
    const graph = new Graph();
    const shapes = { a: [3, 4], b: [4], c: [4, 1] } as const;
    const [a, b, c] = [graph.input("a", shapes.a), graph.input("b", shapes.b), graph.input("c", shapes.c)];
    const critic = (x: Node) => reshape(matmul(leakyRelu(tanh(add(matmul(x, a), b)), 0.2), c), [2]);
    const penalty = gradientPenalty(critic, graph.input("real", [2, 3]), graph.input("fake", [2, 3]), graph.input("mix", [2]), 10);
    graph.fetch("penalty", penalty);
    for (const [name, g] of Object.entries({ a, b, c }).map(([n, x]) => [n, grad(penalty, [x])[0]!] as const)) graph.fetch(`d${name}`, g);

    const wave = (n: number, phase: number) => Float64Array.from({ length: n }, (_, i) => Math.sin(1.7 * i + phase));
    const feeds = { a: wave(12, 0), b: wave(4, 1), c: wave(4, 2), real: wave(6, 3), fake: wave(6, 4), mix: [0.3, 0.8] };
    const { fetches } = evaluate(graph, feeds);
    for (const [name, size] of [
      ["a", 12],
      ["b", 4],
      ["c", 4],
    ] as const) {
      const direction = wave(size, 5);
      const h = 1e-5;
      const at = (step: number) => evaluate(graph, { ...feeds, [name]: feeds[name].map((v, i) => v + step * direction[i]!) }).fetches.penalty![0]!;
      const numeric = (at(h) - at(-h)) / (2 * h);
      const analytic = fetches[`d${name}`]!.reduce((sum, g, i) => sum + g * direction[i]!, 0);
      expect(Math.abs(analytic - numeric) / Math.abs(numeric)).toBeLessThan(1e-6);
    }
  });

  it("has a finite gradient where the critic is flat", () => {
    const graph = new Graph();
    const w = graph.input("w", [2, 1]);
    const penalty = gradientPenalty(
      (x) => reshape(matmul(x, w), [1]),
      graph.input("real", [1, 2]),
      graph.input("fake", [1, 2]),
      graph.input("mix", [1]),
      10,
    );
    graph.fetch("dw", grad(penalty, [w])[0]!);
    expect([...evaluate(graph, { w: 0, real: 1, fake: 0, mix: 0.5 }).fetches.dw!].every(Number.isFinite)).toBe(true);
  });
});
