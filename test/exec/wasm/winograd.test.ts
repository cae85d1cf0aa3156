import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Executor, Session } from "../../../src/exec/executor.ts";
import { evaluate } from "../../../src/exec/reference/evaluate.ts";
import { choose } from "../../../src/exec/wasm/convolution/choose.ts";
import { createWasmExecutor } from "../../../src/exec/wasm/executor.ts";
import { pad, slice } from "../../../src/graph/build.ts";
import { Graph } from "../../../src/graph/graph.ts";
import { expectSameBytes } from "../../bytes.ts";
import { any, draw, seeded } from "../../cases/values.ts";

type Pads = readonly [number, number, number, number];

const PACKED = "winogradPacked";
const STORED = "winogradStored";

/** [batch, height, width, in, out] and pads: even and odd grids, tails of tiles and lanes, pads of every kind; the algorithms of both faces that are images. */
const SHAPES: readonly (readonly [readonly [number, number, number, number, number], Pads, string, string])[] = [
  [[2, 8, 8, 32, 32], [1, 1, 1, 1], PACKED, PACKED],
  [[3, 14, 14, 33, 40], [1, 1, 1, 1], PACKED, PACKED],
  [[2, 9, 11, 36, 35], [0, 1, 2, 1], PACKED, PACKED],
  [[1, 10, 13, 64, 37], [2, 2, 0, 0], PACKED, PACKED],
  [[2, 15, 16, 34, 32], [1, 2, 1, 2], PACKED, PACKED],
  [[2, 12, 11, 32, 36], [0, 0, 0, 0], PACKED, PACKED],
  [[4, 16, 16, 128, 64], [1, 1, 1, 1], STORED, STORED],
  // Multiples of 4, which gradients of filters want, and convolutions in tiles of four; sides of 7 and 8, and of 6 and 7 or 8 by phases.
  [[3, 14, 14, 44, 40], [1, 1, 1, 1], STORED, STORED],
  [[2, 15, 16, 36, 32], [0, 1, 2, 2], STORED, STORED],
  [[2, 14, 13, 32, 36], [2, 1, 1, 2], STORED, STORED],
  [[1, 10, 13, 64, 36], [2, 2, 0, 0], PACKED, PACKED],
  // More tiles than are summed at a time, more channels than go through at once, and numbers that threads and register tiles do not divide.
  [[18, 26, 26, 68, 36], [1, 1, 1, 1], STORED, STORED],
];

let executor: Executor;
let session: Session;
beforeAll(async () => {
  executor = await createWasmExecutor();
  session = await executor.open([]);
});
afterAll(() => {
  session.dispose();
  executor.dispose();
});

/** The largest difference from `expected`, as a share of its largest value. */
function error(got: Float32Array, expected: Float64Array): number {
  let [difference, largest] = [0, 0];
  for (const [i, e] of expected.entries()) {
    difference = Math.max(difference, Math.abs(got[i]! - e));
    largest = Math.max(largest, Math.abs(e));
  }
  return difference / largest;
}

it("has both builds", () => expect(executor.backend.simd).toBe("relaxed"));

describe("Winograd's algorithm on 4x4 filters of stride 2: error within 8 times the direct kernel's, in both builds", () => {
  for (const [[n, h, w, channels, filters], pads, forward, backward] of SHAPES) {
    it(`${[n, h, w, channels]} -> ${filters} channels, pads ${pads}`, async () => {
      const graph = new Graph();
      const x = graph.input("x", [n, h, w, channels]);
      const filter = graph.input("filter", [4, 4, channels, filters]);
      const attrs = { strides: [2, 2], pads, dilations: [1, 1], groups: 1 } as const;
      const y = graph.apply("conv2d", [x, filter], attrs);
      const dy = graph.input("dy", y.shape);
      const dx = graph.apply("conv2dInputGrad", [dy, filter], { ...attrs, inputSize: [h, w] });
      const dw = graph.apply("conv2dFilterGrad", [x, dy], { ...attrs, filterSize: [4, 4] });
      for (const [name, node] of Object.entries({ y, dx, dw })) graph.fetch(name, node);
      expect([choose(y), choose(dx)]).toEqual([forward, backward]);
      expect(choose(dw)).toBe(channels % 4 === 0 && filters % 4 === 0 ? "winogradStored" : "direct");
      const random = seeded(7);
      const feeds = { x: draw(x.shape, any, random), filter: draw(filter.shape, any, random), dy: draw(dy.shape, any, random) };
      const expected = evaluate(graph, feeds).fetches;

      // The same with a fifth column of zeros in the filter: no longer a case for Winograd.
      const wide = pad(filter, [0, 0, 0, 0], [0, 1, 0, 0]);
      const wideAttrs = { ...attrs, pads: [pads[0], pads[1], pads[2], pads[3] + 1] } as const;
      const yDirect = graph.apply("conv2d", [x, wide], wideAttrs);
      expect(choose(yDirect)).toBe("direct");
      graph.fetch("yDirect", yDirect);
      graph.fetch("dxDirect", graph.apply("conv2dInputGrad", [dy, wide], { ...wideAttrs, inputSize: [h, w] }));
      const dwWide = graph.apply("conv2dFilterGrad", [x, dy], { ...wideAttrs, filterSize: [4, 5] });
      graph.fetch("dwDirect", slice(dwWide, [0, 0, 0, 0], filter.shape));

      for (const reproducible of [true, false]) {
        const program = await session.compile(graph, { reproducible });
        const got = await program.run(feeds);
        program.dispose();
        for (const name of ["y", "dx", "dw"]) {
          const direct = error(got[`${name}Direct`]!, expected[name]!);
          expect(direct).toBeLessThan(1e-6);
          expect(error(got[name]!, expected[name]!)).toBeLessThan(8 * direct);
        }
      }
    });
  }
});

it("an image has the same bits alone and in a batch of several pieces", async () => {
  const size = 16 * 14 * 32;
  const program = async (batch: number) => {
    const graph = new Graph();
    const [x, w] = [graph.input("x", [batch, 16, 14, 32]), graph.input("w", [4, 4, 32, 36])];
    const attrs = { strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 } as const;
    const y = graph.apply("conv2d", [x, w], attrs);
    const dx = graph.apply("conv2dInputGrad", [y, w], { ...attrs, inputSize: [16, 14] });
    expect([choose(y), choose(dx)]).toEqual([STORED, STORED]);
    graph.fetch("dx", dx);
    return session.compile(graph, { reproducible: true });
  };
  const [x, w] = [draw([35, 16, 14, 32], any, seeded(5)), draw([4, 4, 32, 36], any, seeded(6))];
  const { dx: all } = await (await program(35)).run({ x, w });
  const one = await program(1);
  for (const i of [0, 17, 34]) {
    const piece = (values: Float32Array) => values.slice(i * size, (i + 1) * size);
    expectSameBytes((await one.run({ x: piece(x), w })).dx, piece(all!));
  }
});
