import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sizeOf } from "../../../src/core/shape.ts";
import { type FusionPolicy, fuse } from "../../../src/exec/schedule/fuse.ts";
import { nodesOf, storageOf } from "../../../src/exec/schedule/steps.ts";
import { resultsOf } from "../../../src/exec/schedule/uses.ts";
import { FUSION as SHADERS } from "../../../src/exec/tfjs/groups.ts";
import { FUSION as KERNELS } from "../../../src/exec/wasm/compile/fusion.ts";
import { add, exp, matmul, mul, neg, reduceSum, reshape, tanh } from "../../../src/graph/build.ts";
import { Graph, liveNodes } from "../../../src/graph/graph.ts";
import { OPS } from "../../../src/graph/ops.ts";
import { randomGraph } from "../../cases/graphs.ts";

const stepsOf = (graph: Graph, policy: FusionPolicy) => fuse(liveNodes(graph), policy, resultsOf(graph));
const opsOf = (graph: Graph, policy: FusionPolicy) => stepsOf(graph, policy).map((s) => nodesOf(s).map((n) => n.op));

describe.each([
  ["the WebAssembly kernels", KERNELS],
  ["shaders", SHADERS],
])("fuse, for %s", (_, policy) => {
  it("runs every node once, after what it needs, and shares a group only among elementwise nodes of its size", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 80 }), (seed, size) => {
        const { graph } = randomGraph(seed, size);
        const done = new Set(liveNodes(graph).filter((n) => OPS[n.op].kind === "leaf"));
        for (const step of stepsOf(graph, policy)) {
          const before = new Set(done);
          for (const node of nodesOf(step)) {
            expect(done.has(node)).toBe(false);
            for (const x of node.inputs) {
              expect(done.has(storageOf(x))).toBe(true);
              // What is not read element for element must be complete before the step begins.
              if (sizeOf(x.shape) !== sizeOf(node.shape)) expect(before.has(storageOf(x))).toBe(true);
            }
            if (step.kind === "group") expect(sizeOf(node.shape)).toBe(step.size);
            done.add(node);
          }
        }
        expect(done.size).toBe(liveNodes(graph).filter((n) => n.op !== "reshape").length);
      }),
    );
  });

  it("makes one group of a chain, through reshapes and past other nodes", () => {
    const graph = new Graph();
    const x = graph.input("x", [6, 4]);
    const a = exp(x);
    const product = matmul(x, graph.input("w", [4, 4]));
    graph.fetch("b", neg(tanh(reshape(a, [24]))));
    graph.fetch("product", product);
    expect(opsOf(graph, policy)).toEqual([["exp", "tanh", "neg"], ["matmul"]]);
  });

  it("keeps apart a value and its reader at other elements", () => {
    const graph = new Graph();
    graph.fetch("z", mul(tanh(graph.input("x", [4, 1])), graph.input("y", [4, 3])));
    expect(opsOf(graph, policy)).toEqual([["tanh"], ["mul"]]);
  });

  it("never runs a node before its operands", () => {
    const graph = new Graph();
    const early = tanh(graph.input("x", [6]));
    const sum = reduceSum(early);
    graph.fetch("y", add(mul(early, early), sum));
    expect(opsOf(graph, policy)).toEqual([["tanh", "mul"], ["reduceSum"], ["add"]]);
  });
});

describe("where policies differ", () => {
  it("the kernels let a node join the last group, if it cannot join that of its latest operand", () => {
    const graph = new Graph();
    const x = graph.input("x", [6, 4]);
    const e = exp(x);
    const total = reduceSum(e, [0]);
    graph.fetch("y", mul(e, total));
    graph.fetch("z", add(neg(graph.input("v", [4])), exp(total)));
    expect(opsOf(graph, KERNELS)).toEqual([["exp"], ["reduceSum"], ["mul"], ["neg", "exp", "add"]]);
    expect(opsOf(graph, SHADERS)).toEqual([["exp"], ["reduceSum"], ["mul"], ["neg"], ["exp", "add"]]);
  });

  it("the kernels split a chain too long for the first-level cache, of which a shader is one", () => {
    const graph = new Graph();
    let y = exp(graph.input("x", [7]));
    for (let i = 0; i < 60; i++) y = i % 2 ? tanh(y) : neg(y);
    graph.fetch("y", y);
    expect(opsOf(graph, KERNELS).map((ops) => ops.length)).toEqual([24, 24, 13]);
    expect(opsOf(graph, SHADERS).map((ops) => ops.length)).toEqual([61]);
  });
});
