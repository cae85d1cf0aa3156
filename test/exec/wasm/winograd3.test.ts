import { describe, expect, it } from "vitest";
import { Opcode } from "../../../assembly/format/opcodes.ts";
import { compile } from "../../../src/exec/wasm/compile/compile.ts";
import { PASSES } from "../../../src/exec/wasm/compile/passes.ts";
import {
  add,
  avgPool,
  conv2d,
  conv2dFilterGrad,
  conv2dInputGrad,
  leakyRelu,
  mul,
  resizeNearest,
  resizeNearestGrad,
  sigmoid,
  tanh,
} from "../../../src/graph/build.ts";
import { Graph, type Node } from "../../../src/graph/graph.ts";
import { expectSameBytes } from "../../bytes.ts";
import { any, draw, seeded } from "../../cases/values.ts";
import { runFaces } from "./faces.ts";
import { openSession } from "./opened.ts";

type Pads = readonly [number, number, number, number];

/** [batch, height, width, in, out] and pads: whole tiles and parts of them, large ones and small, tails of panels, channels in several pieces. */
const SHAPES: readonly (readonly [readonly [number, number, number, number, number], Pads])[] = [
  [
    [1, 16, 16, 16, 16],
    [1, 1, 1, 1],
  ],
  [
    [3, 7, 9, 16, 20],
    [1, 1, 1, 1],
  ],
  [
    [2, 13, 8, 12, 8],
    [2, 2, 0, 1],
  ],
  [
    [1, 12, 19, 8, 36],
    [0, 3, 1, 1],
  ],
  [
    [2, 11, 10, 132, 12],
    [1, 1, 1, 1],
  ],
  [
    [3, 4, 6, 36, 20],
    [1, 1, 1, 1],
  ],
  [
    [2, 5, 5, 132, 8],
    [1, 1, 1, 1],
  ],
];

const wasm = openSession();

const ATTRS = { strides: [1, 1], dilations: [1, 1], groups: 1 } as const;

describe("Winograd's algorithm on 3x3 filters: error within 4 times the direct kernel's in the mean, 6 times at most, in both builds", () => {
  it.each(SHAPES)("%j, pads %j", async (sizes, pads) => {
    const { chosen, errors } = await runFaces(wasm.session, { sizes, kernel: 3, stride: 1, pads });
    for (const algorithm of chosen) expect(algorithm).toMatch(/^winograd(43|23)$/);
    for (const { own, direct } of errors) {
      expect(direct.most).toBeLessThan(1e-6);
      expect(own.mean).toBeLessThan(4 * direct.mean);
      expect(own.most).toBeLessThan(6 * direct.most);
    }
  });
});

it("adds a bias and applies an activation as it stores the result", async () => {
  const graph = new Graph();
  const x = graph.input("x", [2, 9, 6, 12]);
  const w = graph.input("w", [3, 3, 12, 20]);
  const y = graph.apply("conv2d", [x, w], { ...ATTRS, pads: [1, 1, 1, 1] });
  const biased = add(y, graph.input("b", [20]));
  const activations: Record<string, (node: Node) => Node> = { leakyRelu: (node) => leakyRelu(node, 0.2), tanh, sigmoid };
  const only = (name: string, of: (g: Graph) => Node): Graph => {
    const g = new Graph();
    g.fetch(name, of(g));
    return g;
  };
  const feeds = { x: draw(x.shape, any, seeded(1)), w: draw(w.shape, any, seeded(2)), b: draw([20], any, seeded(3)) };
  graph.fetch("biased", biased);
  for (const [name, activation] of Object.entries(activations)) graph.fetch(name, activation(biased));
  const run = async (g: Graph) => (await wasm.session.compile(g)).run(feeds);
  const apart = await run(graph);
  for (const [name, activation] of Object.entries(activations)) {
    const fused = only(name, (g) => {
      const convolved = g.apply("conv2d", [g.input("x", x.shape), g.input("w", w.shape)], { ...ATTRS, pads: [1, 1, 1, 1] });
      return activation(add(convolved, g.input("b", [20])));
    });
    expect(compile(fused, new Map(), PASSES).instructions.map(({ opcode }) => opcode)).toEqual([Opcode.WinogradFilter, Opcode.Winograd]);
    expectSameBytes((await run(fused))[name]!, apart[name]!);
  }
});

it("gives an image the same bits in a batch of any size, and splits a filter that does not change once", async () => {
  const graph = (batch: number): Graph => {
    const g = new Graph();
    g.fetch("y", g.apply("conv2d", [g.input("x", [batch, 12, 10, 136]), g.variable("w", [3, 3, 136, 12])], { ...ATTRS, pads: [1, 1, 1, 1] }));
    return g;
  };
  const values = draw([21, 12, 10, 136], any, seeded(4));
  const own = await wasm.executor.open([{ name: "w", shape: [3, 3, 136, 12] }], { reproducible: true });
  await own.write("w", draw([3, 3, 136, 12], any, seeded(5)));
  const run = async (batch: number) => (await (await own.compile(graph(batch))).run({ x: values.slice(0, batch * 12 * 10 * 136) })).y!;
  const all = await run(21);
  for (const batch of [1, 4]) expectSameBytes(await run(batch), all.slice(0, batch * 12 * 10 * 12));
  own.dispose();
  const variables = new Map([["w", { space: "variable", bytes: 9 * 136 * 12 * 4, name: "w" } as const]]);
  const plan = compile(graph(2), variables, PASSES);
  expect([plan.prologue, plan.derived.length, plan.instructions.map(({ opcode }) => opcode)]).toEqual([
    1,
    1,
    [Opcode.WinogradFilter, Opcode.Winograd],
  ]);
});

it("has working space that does not grow with the batch", () => {
  const scratch = (batch: number): number => {
    const g = new Graph();
    const [x, w] = [g.input("x", [batch, 32, 32, 64]), g.input("w", [3, 3, 64, 64])];
    const y = g.apply("conv2d", [x, w], { ...ATTRS, pads: [1, 1, 1, 1] });
    g.fetch("dw", g.apply("conv2dFilterGrad", [x, y], { ...ATTRS, pads: [1, 1, 1, 1], filterSize: [3, 3] }));
    return compile(g, new Map(), PASSES).scratch;
  };
  expect(scratch(64)).toBe(scratch(4));
  expect(scratch(64)).toBeLessThan(2 ** 21);
});

describe("resampling beside it", () => {
  /** Both ends of generators that enlarge and discriminators that pool, forwards and back; `apart` keeps them from being done together. */
  const graphOf = (apart: boolean, size: number): Graph => {
    const graph = new Graph();
    const one = graph.input("one", []);
    const value = (node: Node): Node => (apart ? mul(node, one) : node);
    const x = graph.input("x", [2, size, size + 2, 12]);
    const w = graph.input("w", [3, 3, 12, 8]);
    const b = graph.input("b", [8]);
    const attrs = { ...ATTRS, pads: [1, 1, 1, 1] } as const;
    const large = [2 * size, 2 * size + 4] as const;
    const dy = graph.input("dy", [2, ...large, 8]);
    graph.fetch("y", leakyRelu(add(conv2d(value(resizeNearest(x, large)), w, attrs), b), 0.2));
    graph.fetch("dw", conv2dFilterGrad(value(resizeNearest(x, large)), dy, [3, 3], attrs));
    graph.fetch("dx", resizeNearestGrad(value(conv2dInputGrad(dy, w, large, attrs)), [size, size + 2]));
    graph.fetch("pooled", avgPool(value(add(conv2d(x, w, attrs), b)), { window: [2, 2], strides: [2, 2] }));
    return graph;
  };

  it.each([4, 6, 10])("is done as images are read and stored, to the same bits: size %i", async (size) => {
    const [together, apart] = [graphOf(false, size), graphOf(true, size)];
    const feeds: Record<string, Float32Array> = {};
    for (const [i, node] of together.leaves("input").entries()) feeds[node.attrs.name] = draw(node.shape, any, seeded(i));
    feeds.one = Float32Array.of(1);
    const opcodes = (graph: Graph) => compile(graph, new Map(), PASSES).instructions.map(({ opcode }) => opcode);
    const alone = [Opcode.ResizeNearest, Opcode.ResizeNearestGrad, Opcode.AvgPool];
    expect(opcodes(together).filter((opcode) => alone.includes(opcode))).toEqual([]);
    expect(new Set(opcodes(apart).filter((opcode) => alone.includes(opcode)))).toEqual(new Set(alone));
    for (const reproducible of [true, false]) {
      const run = async (graph: Graph) => (await wasm.session.compile(graph, { reproducible })).run(feeds);
      expectSameBytes(await run(together), await run(apart));
    }
  });

  it("is done apart for those who need what lies between, and where pixels are no squares of two", () => {
    const graph = new Graph();
    const x = graph.input("x", [1, 6, 6, 8]);
    const w = graph.input("w", [3, 3, 8, 8]);
    const attrs = { ...ATTRS, pads: [1, 1, 1, 1] } as const;
    const large = resizeNearest(x, [12, 12]);
    graph.fetch("large", large);
    graph.fetch("y", conv2d(large, w, attrs));
    graph.fetch("thrice", conv2d(resizeNearest(x, [18, 18]), w, attrs));
    const y = conv2d(x, w, attrs);
    graph.fetch("y1", y);
    graph.fetch("pooled", avgPool(y, { window: [2, 2], strides: [2, 2] }));
    graph.fetch("odd", avgPool(conv2d(graph.input("odd", [1, 7, 7, 8]), w, attrs), { window: [2, 2], strides: [2, 2] }));
    const opcodes = compile(graph, new Map(), PASSES).instructions.map(({ opcode }) => opcode);
    expect(opcodes.filter((opcode) => opcode === Opcode.ResizeNearest)).toHaveLength(2);
    expect(opcodes.filter((opcode) => opcode === Opcode.AvgPool)).toHaveLength(2);
  });
});
