import { describe, expect, it } from "vitest";
import { evaluate } from "../../../src/exec/reference/evaluate.ts";
import { concat, matmul, reduceSum, slice } from "../../../src/graph/build.ts";
import { Graph } from "../../../src/graph/graph.ts";
import { caseFeeds, caseGraph, SPECIAL_CASES } from "../../cases/ops.ts";
import { openSession } from "./opened.ts";

const wasm = openSession({ threads: 1 });

async function run(graph: Graph, feeds: Record<string, Float32Array>): Promise<Float32Array> {
  const program = await wasm.session.compile(graph);
  const { y } = await program.run(feeds);
  program.dispose();
  return y!;
}

/** Below this float32 has fewer digits. */
const SMALLEST_NORMAL = 2 ** -126;

describe("NaN, infinities, signed zeros, very large and small numbers, each with each", () => {
  for (const c of SPECIAL_CASES) {
    it(`${c.name}: the same class and sign, relative error < 3e-7`, async () => {
      const { graph } = caseGraph(c);
      const feeds = caseFeeds(c);
      const expected = evaluate(graph, feeds).fetches.y!;
      const got = await run(graph, feeds);
      expect(got.length).toBe(expected.length);
      for (const [i, exact] of expected.entries()) {
        const rounded = Math.fround(exact); // overflows to infinity and underflows to a zero as float32 does
        const operands = Object.values(feeds).map((x) => x[i]);
        if (Number.isFinite(rounded) && rounded !== 0) {
          const error = Math.abs(got[i]! - exact) / Math.max(Math.abs(exact), SMALLEST_NORMAL);
          expect(error, `${c.op}(${operands}) = ${got[i]}, not ${exact}`).toBeLessThan(3e-7);
        } else {
          expect(got[i], `${c.op}(${operands})`).toBe(rounded);
        }
      }
    });
  }
});

describe("what is not finite stays where it is", () => {
  it("in a matrix product: in its row or column alone, and past every edge of a tile", async () => {
    const [m, k, n] = [13, 17, 11];
    const graph = new Graph();
    graph.fetch("y", matmul(graph.input("a", [m, k]), graph.input("b", [k, n])));
    const a = new Float32Array(m * k).fill(1);
    const b = new Float32Array(k * n).fill(1);
    a[12 * k + 16] = Number.NaN;
    b[16 * n + 10] = Number.POSITIVE_INFINITY;
    const y = await run(graph, { a, b });
    const expected = Array.from({ length: m * n }, (_, i) => (Math.floor(i / n) === 12 ? Number.NaN : i % n === 10 ? Number.POSITIVE_INFINITY : k));
    expect([...y]).toEqual(expected);
  });

  it("in a sum: an infinity stays one, two of them cancel to NaN", async () => {
    const graph = new Graph();
    graph.fetch("y", reduceSum(graph.input("x", [3, 1025]), [1]));
    const x = new Float32Array(3 * 1025).fill(1);
    x[7] = Number.POSITIVE_INFINITY;
    x[1025] = Number.POSITIVE_INFINITY;
    x[2049] = Number.NEGATIVE_INFINITY;
    expect([...(await run(graph, { x }))]).toEqual([Number.POSITIVE_INFINITY, Number.NaN, 1025]);
  });

  it("where elements are moved: payloads of NaN and the signs of zeros as well", async () => {
    const graph = new Graph();
    const x = graph.input("x", [5]);
    graph.fetch("y", concat([slice(x, [3], [2]), slice(x, [0], [3])], 0));
    const bits = Uint32Array.of(0x80000000, 0x7fc01234, 0xff800000, 0x00000001, 0xffc00001);
    const y = await run(graph, { x: new Float32Array(bits.buffer) });
    expect([...new Uint32Array(y.buffer)]).toEqual([bits[3], bits[4], bits[0], bits[1], bits[2]]);
  });
});
