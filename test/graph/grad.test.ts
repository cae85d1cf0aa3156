import { describe, expect, it } from "vitest";
import { ShapeError } from "../../src/core/errors.ts";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import { add, batchNorm, conv2d, lerp, maximum, moments, mul, oneHot, reduceMax, square, sub, sumAll, tanh } from "../../src/graph/build.ts";
import { define } from "../../src/graph/composites.ts";
import { grad, vjp } from "../../src/graph/grad.ts";
import { Graph, type Node } from "../../src/graph/graph.ts";
import { caseFeeds, caseGraph, OP_CASES } from "../cases/ops.ts";
import { any, draw, mask, positive, seeded } from "../cases/values.ts";

type Feeds = Readonly<Record<string, ArrayLike<number>>>;

/** The values of nodes, in float64. */
function valuesOf(nodes: readonly Node[], feeds: Feeds): Float64Array[] {
  const { graph } = nodes[0]!;
  graph.fetches.clear();
  nodes.forEach((node, i) => {
    graph.fetch(`${i}`, node);
  });
  const { fetches } = evaluate(graph, feeds);
  return nodes.map((_, i) => fetches[`${i}`]!);
}

/** Σ w n with random weights, so that no element of `n` can hide behind another. */
function weighted(n: Node, random: () => number): Node {
  return sumAll(mul(n, n.graph.constant(draw(n.shape, any, random), n.shape)));
}

/**
 * How far the slope of `y` along one random direction by `gradients` is from the slope by central differences of fourth
 * order, relative to the sum of the absolute terms that make the slope.
 */
function slopeError(y: Node, xs: readonly Node<"input">[], gradients: readonly Node[], feeds: Feeds, random: () => number): number {
  const directions = xs.map((x) => draw(x.shape, any, random));
  const at = (t: number) => {
    const moved = xs.map(({ attrs: { name } }, i) => [name, Float64Array.from(feeds[name]!, (v, j) => v + t * directions[i]![j]!)]);
    return valuesOf([y], { ...feeds, ...Object.fromEntries(moved) })[0]![0]!;
  };
  // Truncation is O(h⁴) = 1e-12, rounding about 1e-16 / h = 1e-13.
  const h = 2 ** -10;
  const measured = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
  const terms = valuesOf(gradients, feeds).flatMap((g, i) => Array.from(g, (v, j) => v * directions[i]![j]!));
  const scale = terms.reduce((sum, t) => sum + Math.abs(t), 0);
  return Math.abs(terms.reduce((sum, t) => sum + t, 0) - measured) / Math.max(scale, 1);
}

/** Checks the first and second derivatives of Σ w f², whose cotangents depend on every x. */
function checkGradients(output: Node, xs: readonly Node<"input">[], feeds: Feeds): void {
  const random = seeded(7);
  const loss = weighted(square(output), random);
  const first = grad(loss, xs);
  expect(slopeError(loss, xs, first, feeds, random)).toBeLessThan(1e-8);
  const slope = first.map((g) => weighted(g, random)).reduce((a, b) => add(a, b));
  expect(slopeError(slope, xs, grad(slope, xs), feeds, random)).toBeLessThan(1e-7);
}

describe("first- and second-order gradients agree with finite differences", () => {
  for (const opCase of OP_CASES.filter((c) => c.differentiable)) {
    it(opCase.name, () => {
      const { inputs, output } = caseGraph(opCase);
      const moving = inputs.filter((_, i) => opCase.operands[i]!.domain !== mask);
      checkGradients(output, moving as Node<"input">[], caseFeeds(opCase));
    });
  }

  // Batches of a power of two: 1 / n is then exact in float32, and the derivative row, which assumes an exact mean, too.
  it("batchNorm by moments of its own input", () => {
    const graph = new Graph();
    const xs = [graph.input("x", [2, 2, 4, 3]), graph.input("gamma", [3]), graph.input("beta", [3])] as const;
    const random = seeded(3);
    const feeds = Object.fromEntries(xs.map((x) => [x.attrs.name, draw(x.shape, any, random)]));
    checkGradients(batchNorm(xs[0], moments(xs[0]), xs[1], xs[2], 1e-2), xs, feeds);
  });

  it("batchNorm by moments that count elsewhere too", () => {
    const graph = new Graph();
    const xs = [graph.input("x", [8, 3]), graph.input("gamma", [3]), graph.input("beta", [3])] as const;
    const random = seeded(3);
    const feeds = Object.fromEntries(xs.map((x) => [x.attrs.name, draw(x.shape, any, random)]));
    const m = moments(xs[0]);
    const loss = add(sumAll(square(batchNorm(xs[0], m, xs[1], xs[2], 1e-2))), sumAll(square(m)));
    checkGradients(loss, xs, feeds);
  });

  it("a composite whose operands repeat and depend on one another", () => {
    const graph = new Graph();
    const x = graph.input("x", [5]);
    const y = graph.input("y", [5]);
    const feeds = { x: draw([5], any, seeded(1)), y: draw([5], any, seeded(2)) };
    checkGradients(add(lerp(x, mul(x, y), x), lerp(x, y, sub(y, x))), [x, y], feeds);
  });
});

describe("ops that are flat almost everywhere have zero gradients", () => {
  for (const opCase of OP_CASES.filter((c) => !c.differentiable)) {
    it(opCase.name, () => {
      const { inputs, output } = caseGraph(opCase);
      const gradients = grad(weighted(output, seeded(1)), inputs);
      gradients.forEach((g, i) => {
        expect(g.shape).toEqual(inputs[i]!.shape);
      });
      for (const g of valuesOf(gradients, caseFeeds(opCase))) expect(Array.from(g)).toEqual(Array.from(g, () => 0));
    });
  }
});

describe("grad", () => {
  it("goes on to higher orders: x⁴ gives 4x³, 12x², 24x, 24, 0", () => {
    const graph = new Graph();
    const x = graph.input("x", []);
    const derivatives: Node[] = [square(square(x))];
    for (let order = 1; order <= 5; order++) derivatives.push(grad(derivatives[order - 1]!, [x])[0]!);
    expect(valuesOf(derivatives, { x: [3] }).map((v) => v[0])).toEqual([81, 108, 108, 72, 24, 0]);
  });

  it("gives the total derivative when one x depends on another", () => {
    const graph = new Graph();
    const x = graph.input("x", []);
    const h = square(x);
    const y = mul(h, x);
    expect(valuesOf(grad(y, [x, h, y]), { x: [3] }).map((v) => v[0])).toEqual([27, 3, 1]);
  });

  it("is zero, of the right shape, where y does not depend on x", () => {
    const graph = new Graph();
    const x = graph.input("x", [2]);
    const before = graph.input("before", [3, 1]);
    const y = sumAll(x);
    const behind = mul(y, graph.input("behind", [2, 2]));
    const gradients = grad(y, [before, behind]);
    expect(gradients.map((g) => g.shape)).toEqual([
      [3, 1],
      [2, 2],
    ]);
    expect(valuesOf(gradients, { x: [1, 2] }).map((v) => Array.from(v))).toEqual([
      [0, 0, 0],
      [0, 0, 0, 0],
    ]);
  });

  it("agrees with batchNorm's definition, for x and for moments asked for by themselves", () => {
    const graph = new Graph();
    const x = graph.input("x", [8, 3]);
    const gamma = graph.input("gamma", [3]);
    const beta = graph.input("beta", [3]);
    const m = moments(x);
    const random = seeded(5);
    const normalised = batchNorm(x, m, gamma, beta, 1e-2);
    const w = graph.constant(draw([8, 3], any, random), [8, 3]);
    const [byRow, byDefinition] = [normalised, define(normalised)].map((y) => sumAll(mul(square(y), w)));
    const feeds = { x: draw([8, 3], any, random), gamma: draw([3], positive, random), beta: draw([3], any, random) };
    for (const xs of [
      [x, gamma, beta],
      [x, m, gamma, beta],
    ]) {
      const values = valuesOf([...grad(byRow!, xs), ...grad(byDefinition!, xs)], feeds).map((v) => Array.from(v));
      xs.forEach((_, i) => {
        values[i]!.forEach((v, j) => {
          expect(v).toBeCloseTo(values[xs.length + i]![j]!, 12);
        });
      });
    }
  });

  it("makes nothing off the paths from xs to y", () => {
    const graph = new Graph();
    const x = graph.input("x", [1, 4, 4, 2]);
    const w = graph.input("w", [3, 3, 2, 1]);
    grad(sumAll(conv2d(tanh(x), w, { strides: [1, 1], pads: [0, 0, 0, 0] })), [w]);
    expect(graph.nodes.map((n) => n.op)).toContain("conv2dFilterGrad");
    expect(graph.nodes.map((n) => n.op)).not.toContain("conv2dInputGrad");
  });

  it("gives a tie of maximum to the first operand", () => {
    const graph = new Graph();
    const [a, b] = [graph.input("a", []), graph.input("b", [])];
    expect(valuesOf(grad(maximum(a, b), [a, b]), { a: [2], b: [2] }).map((v) => v[0])).toEqual([1, 0]);
  });

  it("gives a tie of reduceMax to all in equal parts", () => {
    const x = new Graph().input("x", [5]);
    expect(Array.from(valuesOf(grad(sumAll(reduceMax(x, [0])), [x]), { x: [3, 1, 3, 2, -3] })[0]!)).toEqual([0.5, 0, 0.5, 0, 0]);
  });

  it("refuses a y that is not a scalar, and an x of another graph", () => {
    const x = new Graph().input("x", [1]);
    expect(() => grad(x, [x])).toThrow(new ShapeError({ path: "grad", expected: "a scalar, shape []", got: "[1]" }));
    expect(() => grad(sumAll(x), [new Graph().input("x", [1])])).toThrow(ShapeError);
    expect(() => vjp(x, [x], oneHot(x, 1))).toThrow(ShapeError);
  });
});
