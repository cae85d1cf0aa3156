import { describe, expect, it } from "vitest";
import { Opcode } from "../../../assembly/format/opcodes.ts";
import { TransformKind, TransformWord } from "../../../assembly/format/transform.ts";
import type { BackendError } from "../../../src/core/errors.ts";
import type { Fetches } from "../../../src/exec/executor.ts";
import { compile } from "../../../src/exec/wasm/compile/compile.ts";
import { PASSES } from "../../../src/exec/wasm/compile/passes.ts";
import { createWasmExecutor } from "../../../src/exec/wasm/executor.ts";
import type { Buffer, Plan } from "../../../src/exec/wasm/instructions/instruction.ts";
import { add, conv2d, conv2dInputGrad, matmul, mul, reshape, sub } from "../../../src/graph/build.ts";
import { Graph, type Node } from "../../../src/graph/graph.ts";
import { expectSameBytes } from "../../bytes.ts";
import { any, draw, seeded } from "../../cases/values.ts";

const K = 37;
const N = 45;
const W = [{ name: "w", shape: [K, N] }];
const variables = new Map<string, Buffer>([["w", { space: "variable", bytes: K * N * 4, name: "w" }]]);
const values = (seed: number) => draw([K, N], any, seeded(seed));
const input = (rows: number) => draw([rows, K], any, seeded(9));

/** y = x W, for so many rows. */
function product(rows: number, { transposed = false, assigns = false } = {}): Graph {
  const graph = new Graph();
  const w = graph.variable("w", [K, N]);
  const x = graph.input("x", [rows, transposed ? N : K]);
  graph.fetch("y", matmul(x, w, { transposeB: transposed }));
  if (assigns) graph.assign(w, mul(w, 2));
  return graph;
}

const opcodes = (graph: Graph) => {
  const { instructions, prologue, derived } = compile(graph, variables, PASSES);
  return {
    prologue: instructions.slice(0, prologue).map((i) => i.opcode),
    rest: instructions.slice(prologue).map((i) => i.opcode),
    derived: derived.length,
  };
};

describe("what is derived from a variable", () => {
  it("is made ahead of a program that changes none", () => {
    expect(opcodes(product(3))).toEqual({ prologue: [Opcode.Pack], rest: [Opcode.Gemm], derived: 1 });
  });

  it("is made once for all who ask for the same", () => {
    const graph = new Graph();
    const w = graph.variable("w", [K, N]);
    const [a, b] = [graph.input("a", [3, K]), graph.input("b", [5, K])];
    graph.fetch("a", matmul(a, w));
    graph.fetch("b", matmul(b, w));
    graph.fetch("back", matmul(matmul(a, w), w, { transposeB: true }));
    expect(opcodes(graph)).toEqual({ prologue: [Opcode.Pack, Opcode.Pack], rest: [Opcode.Gemm, Opcode.Gemm, Opcode.Gemm], derived: 2 });
  });

  it("is not the same for two shapes of a variable", async () => {
    const graph = new Graph();
    const w = graph.variable("w", [24]);
    graph.fetch("a", matmul(graph.input("a", [3, 2]), reshape(w, [2, 12])));
    graph.fetch("b", matmul(graph.input("b", [3, 4]), reshape(w, [4, 6])));
    const executor = await createWasmExecutor({ threads: 1 });
    const session = await executor.open([{ name: "w", shape: [24] }]);
    await session.write(
      "w",
      Float32Array.from({ length: 24 }, (_, i) => i),
    );
    const program = await session.compile(graph);
    const fetches = await program.run({ a: Float32Array.of(1, 0, 0, 1, 0, 0), b: Float32Array.of(1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0) });
    expect(Array.from(fetches.a!)).toEqual([...Array.from({ length: 24 }, (_, i) => i), ...new Array(12).fill(0)]);
    expect(Array.from(fetches.b!)).toEqual([0, 1, 2, 3, 4, 5, 18, 19, 20, 21, 22, 23, ...new Array(6).fill(0)]);
    session.dispose();
  });

  it("is not the same for two shapes of a filter of groups", () => {
    const graph = new Graph();
    const w = graph.variable("w", [3, 3, 4, 8]);
    const attrs = { strides: [1, 1], pads: [1, 1, 1, 1], groups: 2 } as const;
    graph.fetch("a", conv2d(graph.input("a", [1, 5, 5, 8]), w, attrs));
    graph.fetch("b", conv2d(graph.input("b", [1, 5, 5, 4]), reshape(w, [3, 3, 2, 16]), attrs));
    const own = new Map<string, Buffer>([["w", { space: "variable", bytes: 3 * 3 * 4 * 8 * 4, name: "w" }]]);
    expect(compile(graph, own, PASSES).derived).toHaveLength(2);
  });

  it("is not kept by a program that changes variables, nor for what is no variable", () => {
    expect(opcodes(product(3, { assigns: true }))).toMatchObject({ prologue: [], derived: 0 });
    const graph = new Graph();
    graph.fetch("y", matmul(graph.input("x", [3, K]), add(graph.variable("w", [K, N]), 1)));
    expect(opcodes(graph)).toMatchObject({ prologue: [], derived: 0 });
  });
});

describe.each([1, 2])("products with what was packed ahead, %i threads", (threads) => {
  const open = async () => {
    const executor = await createWasmExecutor({ threads });
    const session = await executor.open(W);
    await session.write("w", values(1));
    return session;
  };

  it.each([false, true])("have the bits of those that pack as they go, transposed %s", async (transposed) => {
    const session = await open();
    for (const rows of [1, 2, 13, 100]) {
      const x = draw([rows, transposed ? N : K], any, seeded(rows));
      const ahead = await session.compile(product(rows, { transposed }), { reproducible: true });
      // The same product in a program that changes a variable, by nothing.
      const graph = product(rows, { transposed });
      graph.assign(graph.variable("w", [K, N]), mul(graph.variable("w", [K, N]), graph.input("one", [])));
      const along = await session.compile(graph, { reproducible: true });
      expectSameBytes((await ahead.run({ x })).y, (await along.run({ x, one: 1 })).y, `${rows} rows`);
    }
    session.dispose();
  });

  it("follow the variable: written, assigned, and back again", async () => {
    const session = await open();
    const sample = await session.compile(product(2));
    const double = await session.compile(product(2, { assigns: true }));
    const x = input(2);
    const { y: first } = await sample.run({ x });
    expectSameBytes((await sample.run({ x })).y, first);
    await double.run({ x });
    const { y: doubled } = await sample.run({ x });
    expectSameBytes(
      doubled,
      first!.map((v) => 2 * v),
    );
    await session.write("w", values(2));
    expect(Buffer.compare(Buffer.from((await sample.run({ x })).y!.buffer), Buffer.from(first!.buffer))).not.toBe(0);
    await session.write("w", values(1));
    expectSameBytes((await sample.run({ x })).y, first);
    session.dispose();
  });

  it("share it among programs, through their coming and going", async () => {
    const session = await open();
    const [one, four] = [await session.compile(product(1)), await session.compile(product(4))];
    const before = session.memory.total;
    const { y } = await four.run({ x: input(4) });
    expectSameBytes((await one.run({ x: input(4).subarray(0, K) })).y, y!.subarray(0, N));
    const other = await session.compile(product(3, { transposed: true }));
    expectSameBytes((await four.run({ x: input(4) })).y, y);
    one.dispose();
    other.dispose();
    expectSameBytes((await four.run({ x: input(4) })).y, y);
    expect(session.memory.total).toBeLessThan(before);
    session.dispose();
  });

  it("are exact and fast side by side", async () => {
    const session = await open();
    const [exact, fast] = [await session.compile(product(5), { reproducible: true }), await session.compile(product(5))];
    const { y } = await exact.run({ x: input(5) });
    await fast.run({ x: input(5) });
    expectSameBytes((await exact.run({ x: input(5) })).y, y);
    session.dispose();
  });
});

describe("convolutions", () => {
  it("have their filters packed ahead too, and their values unchanged", async () => {
    const executor = await createWasmExecutor({ threads: 2 });
    const graph = (subtract: boolean) => {
      const g = new Graph();
      const w = g.variable("w", [3, 3, 7, 11]);
      const y = conv2d(g.input("x", [2, 6, 5, 7]), w, { strides: [1, 1], pads: [1, 1, 1, 1] });
      g.fetch("y", y);
      if (subtract) g.assign(w, sub(w, g.input("zero", [])));
      return g;
    };
    const session = await executor.open([{ name: "w", shape: [3, 3, 7, 11] }]);
    await session.write("w", draw([3, 3, 7, 11], any, seeded(3)));
    const x = draw([2, 6, 5, 7], any, seeded(4));
    const [ahead, along] = [await session.compile(graph(false)), await session.compile(graph(true))];
    expectSameBytes((await ahead.run({ x })).y, (await along.run({ x, zero: 0 })).y);
    session.dispose();
  });
});

describe("filters in components", () => {
  const SHAPE = [4, 4, 32, 36];
  const FILTER = [{ name: "w", shape: SHAPE }];
  const SIZE = [1, 16, 16, 32];
  const attrs = { strides: [2, 2], pads: [1, 1, 1, 1] } as const;

  /** Two images and a third by the filter, and that one's by the filter that takes its place; in a program that changes nothing, all by the filter as it is. */
  function graph(assigns: boolean): Graph {
    const g = new Graph();
    const w = g.variable("w", SHAPE);
    const updated = assigns ? mul(w, 2) : w;
    for (const name of ["a", "b", "c"]) {
      const filter = name === "c" ? updated : w;
      const y = conv2d(g.input(name, SIZE), filter, attrs);
      g.fetch(name, y);
      g.fetch(`${name} back`, conv2dInputGrad(y, filter, [16, 16], attrs));
    }
    if (assigns) g.assign(w, updated);
    return g;
  }

  const feeds = Object.fromEntries(["a", "b", "c"].map((name, i) => [name, draw(SIZE, any, seeded(i))]));
  const count = ({ instructions }: Plan): number =>
    instructions.filter(({ opcode, words }) => opcode === Opcode.Transform && words[TransformWord.Kind] === TransformKind.Taps2).length;
  const own = new Map<string, Buffer>([["w", { space: "variable", bytes: 4 * 4 * 32 * 36 * 4, name: "w" }]]);

  it("are made once a run for each value of the filter and each face, in a program that changes it", () => {
    const kept = compile(graph(false), own, PASSES);
    expect([count(kept), kept.derived.length]).toEqual([2, 2]);
    const shared = compile(graph(true), own, PASSES);
    expect([count(shared), shared.derived.length, shared.prologue]).toEqual([4, 0, 0]);
  });

  it("are made for each convolution where memory is short", () => {
    for (const assigns of [false, true]) {
      const shared = compile(graph(assigns), own, PASSES);
      const bytes = ({ arena, derived }: Plan): number => derived.reduce((sum, d) => sum + d.bytes, arena);
      const fits = (plan: Plan): boolean => bytes(plan) < bytes(shared);
      const apart = compile(graph(assigns), own, PASSES, { arena: Number.POSITIVE_INFINITY, shares: true, fits, instructions: () => 0 });
      expect([count(apart), apart.derived.length, fits(apart)]).toEqual([6, 0, true]);
    }
  });

  it("are made for each convolution in a session that would hold more than a gibibyte of them", async () => {
    const executor = await createWasmExecutor({ threads: 1 });
    const C = 1024;
    const held = async (layers: number) => {
      const g = new Graph();
      const filters = Array.from({ length: layers }, (_, i) => ({ name: `w${i}`, shape: [3, 3, C, C] }));
      let y: Node = g.input("x", [1, 16, 16, C]);
      for (const { name, shape } of filters) y = conv2d(y, g.variable(name, shape), { strides: [1, 1], pads: [1, 1, 1, 1] });
      g.fetch("y", y);
      return (await executor.measure(filters, [g])).total / (layers * 9 * C * C * 4);
    };
    // Components are four times a filter.
    expect(await held(2)).toBeGreaterThan(5);
    expect(await held(8)).toBeLessThan(2);
    executor.dispose();
  });

  it.each([1, 2])("give the same bits however much memory there is, with programs that come and go, %i threads", async (threads) => {
    const executor = await createWasmExecutor({ threads });
    const total = (await executor.measure(FILTER, [graph(false), graph(true)])).total;
    const refusal = await executor.measure(FILTER, [graph(false), graph(true)], { maxMemory: 1 }).catch((e: unknown) => e);
    const least = Number(/\d+/.exec((refusal as BackendError).expected)![0]);
    expect(least).toBeLessThan(total);
    const run = async (maxMemory: number) => {
      const session = await executor.open(FILTER, { maxMemory, reproducible: true });
      await session.write("w", draw(SHAPE, any, seeded(3)));
      const sample = await session.compile(graph(false), { reproducible: true });
      const results = [await sample.run(feeds)];
      const train = await session.compile(graph(true), { reproducible: true });
      results.push(await sample.run(feeds), await train.run(feeds), await train.run(feeds), await sample.run(feeds));
      const held = session.memory.total;
      train.dispose();
      results.push(await sample.run(feeds));
      session.dispose();
      return { results, held };
    };
    const [plenty, short] = [await run(Number.POSITIVE_INFINITY), await run(least)];
    expect(plenty.held).toBe(total);
    expect(short.held).toBe(least);
    expectSameBytes(short.results, plenty.results);
    // The filter doubles with every run of the program that changes it.
    const [before, again, first, second, , last] = plenty.results as [Fetches, Fetches, Fetches, Fetches, Fetches, Fetches];
    const times = (factor: number, values: Float32Array | undefined) => values!.map((v) => factor * v);
    expectSameBytes(again, before);
    expectSameBytes(first.a, before.a);
    expectSameBytes(first.c, times(2, before.c));
    expectSameBytes(second.a, times(2, before.a));
    expectSameBytes(last.c, times(4, before.c));
    executor.dispose();
  });
});
