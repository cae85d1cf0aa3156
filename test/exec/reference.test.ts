import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import { createReferenceExecutor } from "../../src/exec/reference/executor.ts";
import { add, conv2d, conv2dFilterGrad, conv2dInputGrad, matmul, mul, sumAll } from "../../src/graph/build.ts";
import { isComposite } from "../../src/graph/composites.ts";
import { Graph, type Node } from "../../src/graph/graph.ts";
import { type ComputeOp, OPS, type OpAttrs, type OpName } from "../../src/graph/ops.ts";
import { CONVOLUTIONS, caseFeeds, caseGraph, OP_CASES, SPECIAL_CASES } from "../cases/ops.ts";
import { any, draw, seeded } from "../cases/values.ts";

/** A tensor written out: its shape and its values. */
type Tensor = readonly [shape: readonly number[], values: readonly number[]];

/** The values of `op` on tensors written out. */
function run<O extends ComputeOp>(op: O, attrs: OpAttrs[O], ...operands: Tensor[]): number[] {
  const graph = new Graph();
  const inputs = operands.map(([shape], i) => graph.input(`${i}`, shape));
  graph.fetch("y", graph.apply(op, inputs, attrs));
  return Array.from(evaluate(graph, Object.fromEntries(operands.map(([, values], i) => [`${i}`, values]))).fetches.y!);
}

/** The values of `op` on vectors. */
const onVectors = <O extends ComputeOp>(op: O, attrs: OpAttrs[O], ...xs: number[][]): number[] =>
  run(op, attrs, ...xs.map((x): Tensor => [[x.length], x]));

const counting = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

describe("elementwise ops", () => {
  it("follow their formulas", () => {
    expect(onVectors("neg", {}, [1, -2])).toEqual([-1, 2]);
    expect(onVectors("abs", {}, [1, -2])).toEqual([1, 2]);
    expect(onVectors("exp", {}, [0, 1])).toEqual([1, Math.E]);
    expect(onVectors("log", {}, [1, Math.E])).toEqual([0, 1]);
    expect(onVectors("sqrt", {}, [9, 2])).toEqual([3, Math.SQRT2]);
    expect(onVectors("rsqrt", {}, [4, 0.25])).toEqual([0.5, 2]);
    expect(onVectors("tanh", {}, [0, 1])).toEqual([0, (Math.E - 1 / Math.E) / (Math.E + 1 / Math.E)]);
    expect(onVectors("sigmoid", {}, [0, Math.log(3)])[1]).toBeCloseTo(0.75, 15);
    expect(onVectors("softplus", {}, [0, Math.log(3)])[1]).toBeCloseTo(Math.log(4), 15);
    expect(onVectors("leakyRelu", { alpha: 0.25 }, [2, -2, 0])).toEqual([2, -0.5, 0]);
    expect(onVectors("leakyReluGrad", { alpha: 0.25 }, [1, 1, 1], [2, -2, 0])).toEqual([1, 0.25, 0.25]);
    expect(onVectors("sub", {}, [5], [3])).toEqual([2]);
    expect(onVectors("div", {}, [5], [2])).toEqual([2.5]);
    expect(onVectors("greater", {}, [1, 2, 3], [2, 2, 2])).toEqual([0, 0, 1]);
    expect(onVectors("greaterEqual", {}, [1, 2, 3], [2, 2, 2])).toEqual([0, 1, 1]);
    expect(onVectors("equal", {}, [1, 2, 3], [2, 2, 2])).toEqual([0, 1, 0]);
    expect(onVectors("lerp", {}, [1, 1], [3, 3], [0, 0.25])).toEqual([1, 1.5]);
    expect(run("adamStep", { epsilon: 0.5 }, [[1], [1]], [[1], [3]], [[1], [4]], [[], [0.1]], [[], [0.75]])[0]).toBeCloseTo(0.85, 15);
  });

  it("broadcast by NumPy's rule", () => {
    expect(
      run(
        "add",
        {},
        [
          [2, 1],
          [10, 20],
        ],
        [[3], [1, 2, 3]],
      ),
    ).toEqual([11, 12, 13, 21, 22, 23]);
    expect(
      run(
        "mul",
        {},
        [[2, 1, 2], counting(4)],
        [
          [1, 2, 1],
          [1, 10],
        ],
      ),
    ).toEqual([1, 2, 10, 20, 3, 4, 30, 40]);
  });

  it("hold at NaN, infinities and large arguments", () => {
    expect(onVectors("exp", {}, [-Infinity, 1000, NaN])).toEqual([0, Infinity, NaN]);
    expect(onVectors("log", {}, [0, -1, Infinity, NaN])).toEqual([-Infinity, NaN, Infinity, NaN]);
    expect(onVectors("rsqrt", {}, [0, Infinity, -1])).toEqual([Infinity, 0, NaN]);
    expect(onVectors("tanh", {}, [-Infinity, 1000, NaN])).toEqual([-1, 1, NaN]);
    expect(onVectors("sigmoid", {}, [-Infinity, -1000, 1000, Infinity, NaN])).toEqual([0, 0, 1, 1, NaN]);
    expect(onVectors("softplus", {}, [-Infinity, -1000, 1000, Infinity, NaN])).toEqual([0, 0, 1000, Infinity, NaN]);
    expect(onVectors("leakyRelu", { alpha: 0.2 }, [-Infinity, Infinity, NaN])).toEqual([-Infinity, Infinity, NaN]);
    expect(onVectors("maximum", {}, [NaN, 1, 1], [1, NaN, Infinity])).toEqual([NaN, NaN, Infinity]);
    expect(onVectors("minimum", {}, [NaN, 1, 1], [1, NaN, Infinity])).toEqual([NaN, NaN, 1]);
    for (const op of ["greater", "greaterEqual", "equal"] as const) expect(onVectors(op, {}, [NaN, 1, NaN], [1, NaN, NaN])).toEqual([0, 0, 0]);
    expect(onVectors("greaterEqual", {}, [0, -0], [-0, 0])).toEqual([1, 1]);
    expect(onVectors("select", {}, [1, 0, -0, NaN], [1, NaN, Infinity, 2], [NaN, 5, 6, 7])).toEqual([1, 5, 6, 2]);
  });
});

const DENSE = { dilations: [1, 1], groups: 1 } as const;

describe("contractions", () => {
  const a: Tensor = [[2, 3], counting(6)];
  const b: Tensor = [[3, 2], counting(6)];

  it("multiply matrices, each transposed or not", () => {
    expect(run("matmul", { transposeA: false, transposeB: false }, a, b)).toEqual([22, 28, 49, 64]);
    expect(run("matmul", { transposeA: false, transposeB: true }, a, a)).toEqual([14, 32, 32, 77]);
    expect(run("matmul", { transposeA: true, transposeB: false }, b, b)).toEqual([35, 44, 44, 56]);
    expect(run("matmul", { transposeA: true, transposeB: true }, a, b)).toEqual([9, 19, 29, 12, 26, 40, 15, 33, 51]);
  });

  it("multiply as many matrices as leading axes number", () => {
    const pair = (rows: number, columns: number): Tensor => [[2, 1, rows, columns], counting(12)];
    expect(run("matmul", { transposeA: false, transposeB: false }, pair(2, 3), pair(3, 2))).toEqual([22, 28, 49, 64, 220, 244, 301, 334]);
    expect(run("matmul", { transposeA: false, transposeB: true }, pair(2, 3), pair(2, 3))).toEqual([14, 32, 32, 77, 194, 266, 266, 365]);
  });

  it.each([
    [[3], [3, 2], "two matrices, or as many of each along equal leading axes, got [3] and [3, 2]"],
    [[2, 2, 3], [3, 2], "two matrices, or as many of each along equal leading axes, got [2, 2, 3] and [3, 2]"],
    [[2, 2, 3], [1, 3, 2], "two matrices, or as many of each along equal leading axes, got [2, 2, 3] and [1, 3, 2]"],
    [[2, 2, 3], [2, 2, 3], "equal inner sizes, got 3 and 2 ([2, 2, 3] and [2, 2, 3])"],
  ])("refuse to multiply %j and %j", (a, b, message) => {
    const graph = new Graph();
    expect(() => matmul(graph.input("a", a), graph.input("b", b))).toThrow(`matmul: expected ${message}`);
  });

  it("convolve without flipping the filter, with strides and asymmetric padding", () => {
    const x: Tensor = [[1, 3, 3, 1], counting(9)];
    const w: Tensor = [
      [2, 2, 1, 1],
      [1, 10, 100, 1000],
    ];
    expect(run("conv2d", { ...DENSE, strides: [1, 1], pads: [0, 0, 0, 0] }, x, w)).toEqual([5421, 6532, 8754, 9865]);
    expect(run("conv2d", { ...DENSE, strides: [2, 2], pads: [1, 0, 0, 1] }, x, w)).toEqual([2100, 300, 8754, 906]);
  });

  it("mix channels: out = in · filter at each pixel", () => {
    const x: Tensor = [
      [1, 1, 2, 2],
      [1, 2, 3, 4],
    ];
    const w: Tensor = [[1, 1, 2, 3], counting(6)];
    expect(run("conv2d", { ...DENSE, strides: [1, 1], pads: [0, 0, 0, 0] }, x, w)).toEqual([9, 12, 15, 19, 26, 33]);
  });

  it("see every so many pixels where the filter is dilated, and the channels of their own group where there are several", () => {
    const w: Tensor = [
      [1, 2, 1, 2],
      [1, 10, 100, 1000],
    ];
    const attrs = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 2] } as const;
    expect(run("conv2d", { ...attrs, groups: 1 }, [[1, 1, 4, 1], counting(4)], w)).toEqual([301, 3010, 402, 4020]);
    expect(run("conv2d", { ...attrs, groups: 2 }, [[1, 1, 3, 2], counting(6)], w)).toEqual([501, 6020]);
  });

  it("scatter in the transposed convolution", () => {
    const attrs = { ...DENSE, strides: [2, 2], pads: [0, 0, 0, 0], inputSize: [3, 4] } as const;
    expect(
      run(
        "conv2dInputGrad",
        attrs,
        [
          [1, 1, 2, 1],
          [1, 2],
        ],
        [
          [2, 2, 1, 1],
          [1, 10, 100, 1000],
        ],
      ),
    ).toEqual([1, 10, 2, 20, 100, 1000, 200, 2000, 0, 0, 0, 0]);
  });

  for (const [input, [kh, kw, o], [h, w], strides, pads, others = {}] of CONVOLUTIONS) {
    const attrs = { strides, pads, ...others };
    it(`⟨conv(x, w), c⟩ = ⟨x, inputGrad(c, w)⟩ = ⟨w, filterGrad(x, c)⟩ for ${input.join("×")} by ${kh}×${kw}×${o} ${JSON.stringify(others)}`, () => {
      const graph = new Graph();
      const inner = (name: string, a: Node, b: Node) => graph.fetch(name, sumAll(mul(a, b)));
      const x = graph.input("x", input);
      const filter = graph.input("filter", [kh, kw, input[3] / (others.groups ?? 1), o]);
      const c = graph.input("c", [input[0], h, w, o]);
      inner("byOutput", conv2d(x, filter, attrs), c);
      inner("byInput", x, conv2dInputGrad(c, filter, [input[1], input[2]], attrs));
      inner("byFilter", filter, conv2dFilterGrad(x, c, [kh, kw], attrs));
      const random = seeded(1);
      const { fetches } = evaluate(graph, Object.fromEntries([x, filter, c].map((n) => [n.attrs.name, draw(n.shape, any, random)])));
      expect(fetches.byInput![0]).toBeCloseTo(fetches.byOutput![0]!, 10);
      expect(fetches.byFilter![0]).toBeCloseTo(fetches.byOutput![0]!, 10);
    });
  }
});

describe("reductions and layout", () => {
  const x: Tensor = [[2, 3], counting(6)];

  it("sum over some axes, over all, and over none", () => {
    expect(run("reduceSum", { axes: [0] }, x)).toEqual([5, 7, 9]);
    expect(run("reduceSum", { axes: [1] }, x)).toEqual([6, 15]);
    expect(run("reduceSum", { axes: [0, 1] }, x)).toEqual([21]);
    expect(run("reduceSum", { axes: [0, 2] }, [[2, 2, 2], counting(8)])).toEqual([14, 22]);
  });

  it("move elements", () => {
    expect(
      run("broadcastTo", { shape: [2, 3] }, [
        [2, 1],
        [1, 2],
      ]),
    ).toEqual([1, 1, 1, 2, 2, 2]);
    expect(run("reshape", { shape: [3, 2] }, x)).toEqual(counting(6));
    expect(run("transpose", { perm: [1, 0] }, x)).toEqual([1, 4, 2, 5, 3, 6]);
    expect(run("transpose", { perm: [2, 0, 1] }, [[2, 1, 3], counting(6)])).toEqual([1, 4, 2, 5, 3, 6]);
    expect(run("slice", { begin: [1, 1], size: [1, 2] }, x)).toEqual([5, 6]);
    expect(
      run("pad", { before: [1, 0], after: [0, 1] }, [
        [1, 2],
        [1, 2],
      ]),
    ).toEqual([0, 0, 0, 1, 2, 0]);
    expect(
      run("concat", { axis: 1 }, x, [
        [2, 1],
        [7, 8],
      ]),
    ).toEqual([1, 2, 3, 7, 4, 5, 6, 8]);
    expect(run("oneHot", { depth: 3 }, [[3], [2, 0, 5]])).toEqual([0, 0, 1, 1, 0, 0, 0, 0, 0]);
  });
});

describe("resampling", () => {
  const image = (h: number, w: number, values: number[]): Tensor => [[1, h, w, 1], values];

  it("takes pixel floor(i · in / out) for the nearest", () => {
    expect(run("resizeNearest", { size: [1, 4] }, image(1, 2, [1, 2]))).toEqual([1, 1, 2, 2]);
    expect(run("resizeNearest", { size: [1, 5] }, image(1, 3, [1, 2, 3]))).toEqual([1, 1, 2, 2, 3]);
    expect(run("resizeNearestGrad", { inputSize: [1, 3] }, image(1, 5, [1, 10, 100, 1000, 10000]))).toEqual([11, 1100, 10000]);
  });

  it("interpolates between half-pixel centres", () => {
    expect(run("resizeBilinear", { size: [1, 4] }, image(1, 2, [0, 4]))).toEqual([0, 1, 3, 4]);
    expect(run("resizeBilinear", { size: [2, 1] }, image(4, 1, [1, 3, 5, 9]))).toEqual([2, 7]);
    expect(run("resizeBilinearGrad", { inputSize: [1, 2] }, image(1, 4, [4, 4, 8, 8]))).toEqual([9, 15]);
  });

  it("averages windows and leaves out what no window covers", () => {
    expect(run("avgPool", { window: [2, 2], strides: [2, 2] }, image(2, 5, counting(10)))).toEqual([4, 6]);
    expect(run("avgPoolGrad", { window: [1, 2], strides: [1, 1], inputSize: [1, 4] }, image(1, 3, [2, 4, 6]))).toEqual([1, 3, 5, 3]);
  });

  for (const opCase of OP_CASES.filter((c) => c.op === "resizeNearest" || c.op === "resizeBilinear" || c.op === "avgPool")) {
    it(`has its adjoint: ${opCase.name}`, () => {
      const { graph, inputs, output } = caseGraph(opCase);
      const [, height, width] = inputs[0]!.shape as [number, number, number];
      const c = graph.input("c", output.shape);
      const back = graph.apply(`${opCase.op}Grad` as "avgPoolGrad", [c], { ...(opCase.attrs as OpAttrs["avgPool"]), inputSize: [height, width] });
      graph.fetch("byOutput", sumAll(mul(output, c)));
      graph.fetch("byInput", sumAll(mul(inputs[0]!, back)));
      const { fetches } = evaluate(graph, { ...caseFeeds(opCase), c: draw(output.shape, any, seeded(2)) });
      expect(fetches.byInput![0]).toBeCloseTo(fetches.byOutput![0]!, 12);
    });
  }
});

describe("batch normalisation", () => {
  const x: Tensor = [
    [4, 2],
    [1, 10, 3, 10, 1, 30, 3, 30],
  ];
  const m: Tensor = [
    [2, 2],
    [2, 20, 1, 100],
  ];

  it("by biased moments of each channel", () => {
    expect(run("moments", {}, x)).toEqual([2, 20, 1, 100]);
    expect(run("batchNorm", { epsilon: 0 }, x, m, [[2], [1, 3]], [[2], [0, 5]])).toEqual(
      [-1, 2, 1, 2, -1, 8, 1, 8].map((v) => expect.closeTo(v, 14)),
    );
  });

  it("has a gradient without mean and without correlation with x", () => {
    const dy: Tensor = [
      [4, 2],
      [1, 2, 3, 4, 5, 6, 7, 9],
    ];
    const sums = run("batchNormSums", { epsilon: 0 }, dy, x, m);
    expect(sums).toEqual([16, 21, 4, 9].map((v) => expect.closeTo(v, 14)));
    const dx: Tensor = [[4, 2], run("batchNormGrad", { epsilon: 0 }, dy, x, m, [[2], [1, 3]], [[2, 2], sums])];
    for (const sum of run("batchNormSums", { epsilon: 0 }, dx, x, m)) expect(sum).toBeCloseTo(0, 13);
    expect(dx[1][0]).toBeCloseTo(1 - 4 + 1, 14);
  });
});

describe("the case table", () => {
  it("has every op", () => {
    const computed = (Object.keys(OPS) as OpName[]).filter((op) => OPS[op].kind !== "leaf");
    expect(computed.filter((op) => !OP_CASES.some((c) => c.op === op))).toEqual([]);
  });

  it("has each case once", () => {
    const names = [...OP_CASES, ...SPECIAL_CASES].map((c) => c.name);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it("gives finite values, but for the special cases", () => {
    for (const opCase of OP_CASES)
      expect(evaluate(caseGraph(opCase).graph, caseFeeds(opCase)).fetches.y!.every(Number.isFinite), opCase.name).toBe(true);
  });

  it("says of exactly the composites that they have definitions", () => {
    expect((Object.keys(OPS) as OpName[]).filter(isComposite).sort()).toEqual([
      "adamStep",
      "batchNorm",
      "batchNormGrad",
      "batchNormSums",
      "lerp",
      "moments",
      "softmax",
    ]);
  });
});

describe("the reference executor", () => {
  /** counter' = counter + step; also fetches the old counter. */
  function counter(): Graph {
    const graph = new Graph();
    const count = graph.variable("count", [2]);
    graph.assign(count, add(count, graph.input("step", [])));
    graph.fetch("before", count);
    return graph;
  }

  it("keeps variables between runs in float32, so that a value read and written back goes on with the same bits", async () => {
    const session = await createReferenceExecutor().open([{ name: "count", shape: [2] }]);
    const program = await session.compile(counter());
    await session.write("count", Float32Array.of(1, 2 ** 24));
    expect(await program.run({ step: 1 })).toEqual({ before: Float32Array.of(1, 2 ** 24) });
    expect(await program.run({ step: Float32Array.of(1) })).toEqual({ before: Float32Array.of(2, 2 ** 24) });
    expect(await session.read("count")).toEqual(Float32Array.of(3, 2 ** 24));
  });

  it("reports its memory in float64, of which no value is given up before a run is over", async () => {
    const session = await createReferenceExecutor().open([{ name: "count", shape: [2] }]);
    await session.compile(counter());
    // Of the program: count, step and their sum.
    expect(session.memory).toEqual({ variables: 16, activations: 40, live: 40, scratch: 0, total: 56 });
  });
});
