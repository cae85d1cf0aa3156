import { expect, it } from "vitest";
import { conv2d, leakyRelu, mul, reduceMean, sumAll } from "../../src/graph/build.ts";
import { Graph } from "../../src/graph/graph.ts";
import { printGraph } from "../../src/graph/print.ts";

it("prints one line a node, then fetches and assignments", () => {
  const graph = new Graph();
  const x = graph.input("x", [2, 5, 5, 1]);
  const filter = graph.variable("generator.0.filter", [4, 4, 1, 3]);
  const y = leakyRelu(conv2d(x, filter, { strides: [2, 2], pads: [1, 1, 1, 1] }), 0.2);
  graph.fetch("loss", sumAll(mul(reduceMean(y, [1, 2]), graph.constant([0.1, -0, 1 / 3], [3]))));
  graph.assign(filter, mul(filter, 0.5));
  mul(graph.constant([1, 2, 3, 4, 5], [5]), NaN);
  expect(printGraph(graph)).toBe(
    `%0 = input x : [2, 5, 5, 1]
%1 = variable generator.0.filter : [4, 4, 1, 3]
%2 = conv2d(%0, %1) {strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1} : [2, 2, 2, 3]
%3 = leakyRelu(%2) {alpha: 0.2} : [2, 2, 2, 3]
%4 = reduceSum(%3) {axes: [1, 2]} : [2, 1, 1, 3]
%5 = constant 0.25 : []
%6 = mul(%4, %5) : [2, 1, 1, 3]
%7 = constant [0.1, -0, 0.33333334] : [3]
%8 = mul(%6, %7) : [2, 1, 1, 3]
%9 = reduceSum(%8) {axes: [0, 1, 2, 3]} : [1, 1, 1, 1]
%10 = reshape(%9) {shape: []} : []
%11 = constant 0.5 : []
%12 = mul(%1, %11) : [4, 4, 1, 3]
%13 = constant [1, 2, 3, 4, ... 5 in all] : [5]
%14 = constant NaN : []
%15 = mul(%13, %14) : [5]
fetch loss = %10
assign generator.0.filter = %12`,
  );
});
