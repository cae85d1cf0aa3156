import { describe, expect, it } from "vitest";
import { compile } from "../../../src/exec/wasm/compile/compile.ts";
import { PASSES } from "../../../src/exec/wasm/compile/passes.ts";
import { printPlan } from "../../../src/exec/wasm/compile/print.ts";
import { choose } from "../../../src/exec/wasm/convolution/choose.ts";
import { Graph } from "../../../src/graph/graph.ts";
import { expectSameBytes } from "../../bytes.ts";
import { any, draw, seeded } from "../../cases/values.ts";
import { runFaces } from "./faces.ts";
import { openSession } from "./opened.ts";

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

const wasm = openSession();
/** More than there are tiles of a small image, whose channels they share out. */
const crowd = openSession({ threads: 5 });

it("has both builds", () => expect(wasm.executor.backend.simd).toBe("relaxed"));

describe("Winograd's algorithm on 4x4 filters of stride 2: error within 8 times the direct kernel's, in both builds", () => {
  for (const [[n, h, w, channels, filters], pads, forward, backward] of SHAPES) {
    it(`${[n, h, w, channels]} -> ${filters} channels, pads ${pads}`, async () => {
      const { chosen, errors } = await runFaces(wasm.session, { sizes: [n, h, w, channels, filters], kernel: 4, stride: 2, pads });
      expect(chosen).toEqual([forward, backward, channels % 4 === 0 && filters % 4 === 0 ? STORED : "direct"]);
      for (const { own, direct } of errors) {
        expect(direct.most).toBeLessThan(1e-6);
        expect(own.most).toBeLessThan(8 * direct.most);
      }
    });
  }
});

it("an image has the same bits alone and in a batch of several pieces", async () => {
  const size = 16 * 14 * 32;
  const program = async (batch: number, session = wasm.session) => {
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
  for (const one of [await program(1), await program(1, crowd.session)]) {
    for (const i of [0, 17, 34]) {
      const piece = (values: Float32Array) => values.slice(i * size, (i + 1) * size);
      expectSameBytes((await one.run({ x: piece(x), w })).dx, piece(all!));
    }
  }
});

describe("a filter whose taps stay packed from run to run", () => {
  /** [batch, height, width, in, out] and pads: one tile of rows and fewer, odd sides, tails of panels, a depth of two blocks, a batch whose data would not stay near. */
  const CASES: readonly (readonly [readonly [number, number, number, number, number], Pads, string])[] = [
    [[1, 8, 8, 32, 64], [1, 1, 1, 1], "TapProducts"],
    [[1, 7, 9, 37, 35], [1, 2, 2, 1], "TapProducts"],
    [[2, 9, 7, 37, 35], [0, 1, 2, 1], "TapProducts"],
    [[1, 8, 8, 32, 520], [1, 1, 1, 1], "TapProducts"],
    [[12, 8, 8, 33, 128], [1, 2, 1, 2], "Gemm"],
  ];
  it.each(CASES)("gives the bits of one that is packed at each run: %s, pads %s", async ([n, h, w, channels, filters], pads, kernel) => {
    const attrs = { strides: [2, 2], pads, dilations: [1, 1], groups: 1 } as const;
    const size = (length: number, axis: 0 | 2) => Math.floor((length + pads[axis] + pads[axis + 1]! - 4) / 2) + 1;
    const shape = [n, size(h, 0), size(w, 2), filters];
    const filterShape = [4, 4, channels, filters];
    const [dy, filter] = [draw(shape, any, seeded(3)), draw(filterShape, any, seeded(4))];
    const graphOf = (kind: "input" | "variable") => {
      const graph = new Graph();
      const node = graph.apply("conv2dInputGrad", [graph.input("dy", shape), graph[kind]("w", filterShape)], { ...attrs, inputSize: [h, w] });
      expect(choose(node)).toBe(PACKED);
      graph.fetch("dx", node);
      return graph;
    };
    const plan = compile(graphOf("variable"), new Map([["w", { space: "variable", bytes: filter.byteLength, name: "w" }]]), PASSES);
    expect(printPlan(plan)).toContain(kernel);
    for (const reproducible of [true, false]) {
      const want = await (await wasm.session.compile(graphOf("input"), { reproducible })).run({ dy, w: filter });
      for (const { executor } of [wasm, crowd]) {
        const session = await executor.open([{ name: "w", shape: filterShape }]);
        await session.write("w", filter);
        const program = await session.compile(graphOf("variable"), { reproducible });
        for (let run = 0; run < 2; run++) expectSameBytes((await program.run({ dy })).dx, want.dx!);
        session.dispose();
      }
    }
  });
});
