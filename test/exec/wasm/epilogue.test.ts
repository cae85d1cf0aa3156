import { describe, expect, it } from "vitest";
import { evaluate } from "../../../src/exec/reference/evaluate.ts";
import { fuse } from "../../../src/exec/schedule/fuse.ts";
import { nodesOf } from "../../../src/exec/schedule/steps.ts";
import { FUSION } from "../../../src/exec/wasm/compile/fusion.ts";
import { add, conv2d, leakyRelu, matmul, sigmoid, tanh } from "../../../src/graph/build.ts";
import { Graph, type Node } from "../../../src/graph/graph.ts";
import { any, draw, seeded } from "../../cases/values.ts";
import { openSession } from "./opened.ts";

const wasm = openSession();

const ACTIVATIONS: Readonly<Record<string, (x: Node) => Node>> = {
  none: (x) => x,
  leakyRelu: (x) => leakyRelu(x, 0.2),
  tanh,
  sigmoid,
};

/** Products whose rows and columns end inside a tile, with one block of depth and with two. */
const PRODUCTS: Readonly<Record<string, (graph: Graph) => Node>> = {
  "matmul [13, 7] [7, 21]": (graph) => matmul(graph.input("a", [13, 7]), graph.input("b", [7, 21])),
  "matmul [12, 400] [400, 8]": (graph) => matmul(graph.input("a", [12, 400]), graph.input("b", [400, 8])),
  "matmul [5, 401] [401, 17]": (graph) => matmul(graph.input("a", [5, 401]), graph.input("b", [401, 17])),
  "conv2d [2, 7, 5, 3] 3x3 -> 11": (graph) =>
    conv2d(graph.input("a", [2, 7, 5, 3]), graph.input("b", [3, 3, 3, 11]), { strides: [2, 1], pads: [1, 1, 1, 1] }),
};

describe("bias and activation while a product is stored", () => {
  for (const [name, product] of Object.entries(PRODUCTS)) {
    for (const [activation, apply] of Object.entries(ACTIVATIONS)) {
      for (const biased of [true, false]) {
        it(`${name}, ${biased ? "bias" : "no bias"}, ${activation}`, async () => {
          const graph = new Graph();
          const y = product(graph);
          const channels = y.shape.at(-1)!;
          const result = apply(biased ? add(y, graph.input("bias", [channels])) : y);
          graph.fetch("y", result);
          expect(fuse(graph.nodes, FUSION, new Set([result])).length).toBe(1);

          const random = seeded(5);
          const feeds = Object.fromEntries(graph.leaves("input").map(({ attrs, shape }) => [attrs.name, draw(shape, any, random)]));
          const expected = evaluate(graph, feeds).fetches.y!;
          const program = await wasm.session.compile(graph);
          const got = (await program.run(feeds)).y!;
          program.dispose();

          // The activations are no steeper than 1, so an error of the product comes through no larger.
          const bare = new Graph();
          bare.fetch("y", product(bare));
          const { bias: _, ...operands } = feeds;
          const largest = Math.max(...evaluate(bare, operands).fetches.y!.map(Math.abs));
          for (const [i, e] of expected.entries()) expect(Math.abs(got[i]! - e)).toBeLessThan(2e-6 * largest);
        });
      }
    }
  }

  it("not when the product itself is wanted, or read twice, or the bias is not along the last axis", () => {
    const graph = new Graph();
    const y = matmul(graph.input("a", [9, 9]), graph.input("b", [9, 9]));
    const biased = add(y, graph.input("bias", [9]));
    const steps = (wanted: Node[]) => fuse(graph.nodes, FUSION, new Set(wanted)).map((step) => nodesOf(step).map(({ op }) => op));
    expect(steps([biased])).toEqual([["matmul", "add"]]);
    expect(steps([biased, y])).toEqual([["matmul"], ["add"]]);
    graph.fetch("twice", add(biased, y));
    expect(steps([])).toEqual([["matmul"], ["add", "add"]]);

    const other = new Graph();
    add(matmul(other.input("a", [9, 9]), other.input("b", [9, 9])), other.input("bias", [9, 1]));
    expect(fuse(other.nodes, FUSION, new Set()).length).toBe(2);
  });
});
