import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Shape, sizeOf } from "../../../src/core/shape.ts";
import { broadcastStrides, offsets } from "../../../src/exec/reference/kernel.ts";
import { accessOf, fuse, nodesOf, storageOf } from "../../../src/exec/wasm/compile/fuse.ts";
import { add, exp, matmul, mul, neg, reduceSum, reshape, tanh } from "../../../src/graph/build.ts";
import { Graph, liveNodes } from "../../../src/graph/graph.ts";
import { OPS } from "../../../src/graph/ops.ts";
import { randomGraph } from "../../cases/graphs.ts";

/** A shape, and one that broadcasts to it: axes shrunk to 1, leading axes left off. */
const broadcastPair: fc.Arbitrary<{ from: Shape; to: Shape }> = fc
  .array(fc.record({ size: fc.integer({ min: 1, max: 5 }), keep: fc.boolean() }), { maxLength: 5 })
  .chain((axes) =>
    fc.nat(axes.length).map((lead) => ({
      to: axes.map(({ size }) => size),
      from: axes.slice(lead).map(({ size, keep }) => (keep ? size : 1)),
    })),
  );

describe("accessOf", () => {
  it("says of every broadcast which element is read where, or that it is none of the simple patterns", () => {
    fc.assert(
      fc.property(broadcastPair, ({ from, to }) => {
        const access = accessOf(from, to);
        const actual = [...offsets(to, broadcastStrides(from, to))];
        const claimed = (i: number): number => {
          if (access?.kind === "stream") return i;
          if (access?.kind === "scalar") return 0;
          if (access?.kind === "periodic") return i % access.period;
          if (access?.kind === "repeat") return Math.floor(i / access.each);
          return actual[i]!;
        };
        expect(actual.map((_, i) => claimed(i))).toEqual(actual);
        const patterns = [(p: number) => (i: number) => i % p, (p: number) => (i: number) => Math.floor(i / p)];
        const simple = patterns.some((pattern) => actual.some((_, p) => p > 0 && actual.every((o, i) => o === pattern(p)(i))));
        if (access === null) expect(simple).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    [[67], [67], { kind: "stream" }],
    [[1, 67], [67, 1], { kind: "stream" }],
    [[], [3, 5], { kind: "scalar" }],
    [[1, 1], [3, 5], { kind: "scalar" }],
    [[5], [2, 3, 5], { kind: "periodic", period: 5 }],
    [[3, 5], [2, 3, 5], { kind: "periodic", period: 15 }],
    [[3, 1], [3, 5], { kind: "repeat", each: 5 }],
    [[2, 1, 1], [2, 3, 5], { kind: "repeat", each: 15 }],
    [[1, 3, 1], [2, 3, 5], null],
    [[2, 1, 5], [2, 3, 5], null],
    [[1, 3, 1, 4], [2, 3, 5, 4], null],
  ] as const)("%j as %j", (from, to, expected) => expect(accessOf(from, to)).toEqual(expected));
});

describe("fuse", () => {
  it("runs every node once, after what it needs, and shares a group only among elementwise nodes of its size", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 80 }), (seed, size) => {
        const { graph } = randomGraph(seed, size);
        const steps = fuse(liveNodes(graph));
        const done = new Set(liveNodes(graph).filter((n) => OPS[n.op].kind === "leaf"));
        for (const step of steps) {
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
    const w = graph.input("w", [4, 4]);
    const a = exp(x);
    const product = matmul(x, w);
    const b = tanh(reshape(a, [24]));
    graph.fetch("b", neg(b));
    graph.fetch("product", product);
    const steps = fuse(liveNodes(graph));
    expect(steps.map((s) => nodesOf(s).map((n) => n.op))).toEqual([["exp", "tanh", "neg"], ["matmul"]]);
  });

  it("does not let a node join the group that makes what it broadcasts", () => {
    const graph = new Graph();
    const x = graph.input("x", [6, 4]);
    const e = exp(x);
    const total = reduceSum(e, [0]);
    graph.fetch("y", mul(e, total));
    graph.fetch("z", add(neg(graph.input("v", [4])), exp(total)));
    const steps = fuse(liveNodes(graph));
    expect(steps.map((s) => nodesOf(s).map((n) => n.op))).toEqual([["exp"], ["reduceSum"], ["mul"], ["neg", "exp", "add"]]);
  });

  it("splits a chain too long for the first-level cache", () => {
    const graph = new Graph();
    let y = exp(graph.input("x", [7]));
    for (let i = 0; i < 60; i++) y = i % 2 ? tanh(y) : neg(y);
    graph.fetch("y", y);
    const lengths = fuse(liveNodes(graph)).map((s) => nodesOf(s).length);
    expect(lengths.reduce((a, b) => a + b)).toBe(61);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(24);
  });
});
