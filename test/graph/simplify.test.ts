import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import {
  abs,
  add,
  broadcastTo,
  concat,
  div,
  equal,
  exp,
  greater,
  matmul,
  maximum,
  meanAll,
  mul,
  neg,
  pad,
  reduceSum,
  relu,
  reshape,
  select,
  slice,
  square,
  sub,
  sumAll,
  tanh,
  transpose,
} from "../../src/graph/build.ts";
import { grad } from "../../src/graph/grad.ts";
import { Graph, type Node } from "../../src/graph/graph.ts";
import { printGraph } from "../../src/graph/print.ts";
import { simplify } from "../../src/graph/simplify.ts";
import { seeded } from "../cases/values.ts";

/** What is left, printed, of the graph that computes `build(x, y)` from inputs of shape [2, 3] and [3, 1]. */
function left(build: (x: Node, y: Node) => Node): string[] {
  const graph = new Graph();
  graph.fetch("z", build(graph.input("x", [2, 3]), graph.input("y", [3, 1])));
  return printGraph(simplify(graph)).split("\n");
}

const JUST_X = ["%0 = input x : [2, 3]", "fetch z = %0"];

describe("simplify", () => {
  const identities: Record<string, (x: Node, y: Node) => Node> = {
    "x + 0": (x) => add(x, 0),
    "0 + x": (x) => add(0, x),
    "x - 0": (x) => sub(x, 0),
    "x · 1": (x) => mul(x, 1),
    "1 · x": (x) => mul(1, x),
    "x / 1": (x) => div(x, 1),
    "x + 0 with zeros of x's shape": (x) => add(x, broadcastTo(x.graph.constant(0), [2, 3])),
    "x · (2 · 0.5)": (x) => mul(x, mul(x.graph.constant(2), 0.5)),
    "--x": (x) => neg(neg(x)),
    "select by a constant mask": (x) => select(x.graph.constant([1, 1], [2, 1]), x, neg(x)),
    "reshape there and back": (x) => reshape(reshape(x, [6]), [2, 3]),
    "transpose there and back": (x) => transpose(transpose(x, [1, 0]), [1, 0]),
    "transpose of nothing": (x) => transpose(x, [0, 1]),
    "transpose of an axis of size 1": (x) => reshape(transpose(reshape(x, [2, 1, 3]), [0, 2, 1]), [2, 3]),
    "sum over axes of size 1": (x) => reshape(reduceSum(reshape(x, [2, 1, 3]), [1]), [2, 3]),
    "broadcast that adds an axis of size 1": (x) => reshape(broadcastTo(x, [1, 2, 3]), [2, 3]),
    "pad by nothing": (x) => pad(x, [0, 0], [0, 0]),
    "slice of a concatenation": (x, y) => slice(concat([reshape(y, [1, 3]), x], 0), [1, 0], [2, 3]),
    "slice of slices of a concatenation": (x) => slice(slice(concat([x, neg(x), x], 0), [1, 0], [5, 3]), [3, 0], [2, 3]),
  };
  for (const [name, build] of Object.entries(identities)) it(`leaves x alone: ${name}`, () => expect(left(build)).toEqual(JUST_X));

  it("keeps the shape that an operand without effect on values gives", () => {
    expect(left((_, y) => add(y, broadcastTo(y.graph.constant(0), [3, 4])))).toEqual([
      "%0 = input y : [3, 1]",
      "%1 = broadcastTo(%0) {shape: [3, 4]} : [3, 4]",
      "fetch z = %1",
    ]);
  });

  it("turns a + -b into a - b, and a - -b into a + b", () => {
    const minus = (op: string) => ["%0 = input x : [2, 3]", "%1 = exp(%0) : [2, 3]", `%2 = ${op}(%0, %1) : [2, 3]`, "fetch z = %2"];
    expect(left((x) => add(x, neg(exp(x))))).toEqual(minus("sub"));
    expect(left((x) => sub(x, neg(exp(x))))).toEqual(minus("add"));
  });

  it("drops the stretching of an operand that is stretched anyway", () => {
    expect(left((x) => mul(x, broadcastTo(sumAll(x), [2, 3]))).at(-2)).toMatch(/^%\d+ = mul\(%0, %\d+\)/);
    expect(left((x) => mul(x, broadcastTo(sumAll(x), [2, 3]))).join()).not.toContain("broadcastTo");
  });

  it("folds constants in float32", () => {
    expect(left((x) => mul(x, add(x.graph.constant(0.1), 0.2)))[1]).toBe(`%1 = constant 0.3 : []`);
    expect(Math.fround(Math.fround(0.1) + Math.fround(0.2))).toBe(Math.fround(0.3));
    expect(left((x) => mul(x, maximum(x.graph.constant([1, -2, 3], [3]), 0)))[1]).toBe("%1 = constant [1, 0, 3] : [3]");
    expect(left((x) => mul(x, exp(x.graph.constant(2)))).join()).toContain("exp(");
  });

  it("merges two transposes, and two slices, into one of the same elements", () => {
    const merged: Record<string, (x: Node) => Node> = {
      transpose: (x) => transpose(transpose(x, [1, 2, 0]), [0, 2, 1]),
      slice: (x) => slice(slice(x, [0, 1, 1], [2, 2, 3]), [1, 1, 0], [1, 1, 2]),
      "slice of the second operand of a concatenation": (x) => slice(concat([neg(x), x], 1), [1, 4, 1], [1, 2, 2]),
    };
    for (const build of Object.values(merged)) {
      const graph = new Graph();
      graph.fetch("z", build(graph.input("x", [2, 3, 4])));
      const x = Array.from({ length: 24 }, (_, i) => i);
      expect(simplify(graph).nodes).toHaveLength(2);
      expect(evaluate(simplify(graph), { x })).toEqual(evaluate(graph, { x }));
    }
  });

  it("does not take x · 0 for 0, nor x - x, nor x / x", () => {
    for (const build of [(x: Node) => mul(x, 0), (x: Node) => sub(x, x), (x: Node) => div(x, x)]) {
      const graph = new Graph();
      graph.fetch("z", build(graph.input("x", [])));
      expect(evaluate(simplify(graph), { x: Infinity }).fetches.z![0]).toBeNaN();
    }
  });

  it("leaves dead nodes out and keeps order, fetches and assignments", () => {
    const graph = new Graph();
    const w = graph.variable("w", [2]);
    exp(graph.input("unused", [9]));
    const next = sub(w, mul(graph.input("rate", []), grad(meanAll(square(w)), [w])[0]!));
    graph.assign(w, next);
    graph.fetch("sum", sumAll(w));
    const text = printGraph(simplify(graph));
    expect(text).not.toMatch(/unused|exp/);
    expect(text).toMatch(/fetch sum = %\d+\nassign w = %\d+$/);
    expect(evaluate(simplify(graph), { rate: 0.5 }, { w: [3, 4] })).toEqual(evaluate(graph, { rate: 0.5, unused: 0 }, { w: [3, 4] }));
  });

  it("keeps every value of random graphs, NaN and infinities included", () => {
    // Constants are such that folding is exact in float64 too, so that the values must be equal, not only close.
    for (let seed = 1; seed <= 400; seed++) {
      const graph = randomGraph(seed);
      const random = seeded(seed);
      const values = seed % 2 === 0 ? [0, 1, -1, 0.5, 3, -0.25] : [NaN, Infinity, -Infinity, 0, 1, -1, 0.5, 3];
      const feeds = Object.fromEntries(
        graph.leaves("input").map((x) => [x.attrs.name, Array.from({ length: 6 }, () => values[Math.floor(random() * values.length)]!)]),
      );
      const before = evaluate(graph, feeds).fetches;
      const after = evaluate(simplify(graph), feeds).fetches;
      for (const name of Object.keys(before)) {
        // + 0 makes -0 into 0, the one thing that simplification does not keep.
        expect(
          Array.from(after[name]!, (v) => v + 0),
          `seed ${seed}\n${printGraph(graph)}\n\n${printGraph(simplify(graph))}`,
        ).toEqual(Array.from(before[name]!, (v) => v + 0));
      }
    }
  });
});

/** Thirty random ops on [2, 3] values, each made of several nodes that rules apply to. */
function randomGraph(seed: number): Graph {
  const random = seeded(seed);
  const graph = new Graph();
  const values: Node[] = [graph.input("a", [2, 3]), graph.input("b", [2, 3])];
  for (const c of [0, 1, -1, 2, 0.5]) values.push(broadcastTo(graph.constant(c), [2, 3]), broadcastTo(graph.constant(c, [1, 1]), [2, 3]));
  const pick = () => values[Math.floor(random() * values.length)]!;
  const scalar = () => [0, 1, -1, 2, 0.5][Math.floor(random() * 5)]!;
  const ops: ((x: Node, y: Node) => Node)[] = [
    add,
    sub,
    mul,
    div,
    maximum,
    greater,
    equal,
    neg,
    abs,
    relu,
    (x) => add(x, scalar()),
    (x) => mul(scalar(), x),
    (x) => sub(scalar(), x),
    (x, y) => select(greater(x, scalar()), x, y),
    (x, y) => select(scalar(), x, y),
    (x) => transpose(transpose(x, [1, 0]), [1, 0]),
    (x) => reshape(transpose(reshape(x, [1, 2, 3]), [1, 0, 2]), [2, 3]),
    (x) => reshape(transpose(x, [1, 0]), [2, 3]),
    (x) => transpose(reshape(x, [3, 2]), [1, 0]),
    (x, y) => slice(concat([x, y], 0), [Math.floor(random() * 3), 0], [2, 3]),
    (x, y) => slice(slice(concat([y, x, x], 1), [0, 2], [2, 6]), [0, Math.floor(random() * 4)], [2, 3]),
    (x) => slice(pad(x, [1, 0], [0, 2]), [Math.floor(random() * 2), Math.floor(random() * 3)], [2, 3]),
    (x) => broadcastTo(reshape(reduceSum(reshape(x, [2, 1, 3]), [1, 0]), [3]), [2, 3]),
    (x, y) => mul(broadcastTo(reduceSum(x, [1]), [2, 3]), y),
    (x) => broadcastTo(broadcastTo(sumAll(x), [1, 3]), [2, 3]),
    (x, y) => matmul(x, matmul(x, y, { transposeA: true })),
    tanh,
  ];
  for (let i = 0; i < 30; i++) values.push(ops[Math.floor(random() * ops.length)]!(pick(), pick()));
  for (let i = 0; i < 4; i++) graph.fetch(`${i}`, values[values.length - 1 - i]!);
  return graph;
}
