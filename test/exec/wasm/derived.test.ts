import { describe, expect, it } from "vitest";
import { Opcode } from "../../../assembly/format/opcodes.ts";
import { compile } from "../../../src/exec/wasm/compile/compile.ts";
import { PASSES } from "../../../src/exec/wasm/compile/passes.ts";
import { createWasmExecutor } from "../../../src/exec/wasm/executor.ts";
import type { Buffer } from "../../../src/exec/wasm/instructions/instruction.ts";
import { add, conv2d, matmul, mul, reshape, sub } from "../../../src/graph/build.ts";
import { Graph } from "../../../src/graph/graph.ts";
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
