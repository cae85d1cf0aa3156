/** Every op, and the first and second derivatives of every op, against the float64 reference. */

import type { Executor, Fetches } from "../../src/exec/executor.ts";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import { add, conv2d, conv2dFilterGrad, conv2dInputGrad, matmul, mul, reduceSum, sumAll } from "../../src/graph/build.ts";
import { grad } from "../../src/graph/grad.ts";
import { Graph, type Node } from "../../src/graph/graph.ts";
import { assert, Worst } from "../cases/compare.ts";
import { caseFeeds, caseGraph, OP_CASES, type OpCase, SPECIAL_CASES } from "../cases/ops.ts";
import { any, draw, seeded } from "../cases/values.ts";

async function run(executor: Executor, graph: Graph, feeds: Record<string, Float32Array>): Promise<Fetches> {
  const session = await executor.open([]);
  try {
    return await (await session.compile(graph)).run(feeds);
  } finally {
    session.dispose();
  }
}

/** Sums of up to some hundred products in float32, in another order than the reference's. */
const VALUE_TOLERANCE = 2e-6;

export async function checkOps(executor: Executor): Promise<string> {
  const worst = new Worst(VALUE_TOLERANCE);
  for (const c of OP_CASES) {
    const { graph } = caseGraph(c);
    const feeds = caseFeeds(c);
    worst.add(c.name, (await run(executor, graph, feeds)).y!, evaluate(graph, feeds).fetches.y!);
  }
  return `${worst}`;
}

/** Sizes at which kernels work in parts: long sums, deep and wide products, many patches. */
const LARGE: readonly (readonly [name: string, build: (input: (...shape: number[]) => Node) => Node])[] = [
  ["a sum of 1500 rows", (input) => reduceSum(input(1500, 5), [0])],
  ["sums of 1100 rows each, in the middle", (input) => reduceSum(input(2, 1100, 35), [1])],
  ["sums of 9600 numbers", (input) => reduceSum(input(2, 3, 3200), [1, 2])],
  ["sums over axes apart", (input) => reduceSum(input(2, 700, 3, 5), [1, 3])],
  ["sums of more columns than one dispatch has groups for", (input) => reduceSum(input(2, 65535 * 32 + 33), [0])],
  ["a product 2500 deep", (input) => matmul(input(17, 2500), input(2500, 19))],
  ["a product of many tiles", (input) => matmul(input(150, 40), input(40, 170))],
  ["a convolution of many tiles", (input) => conv2d(input(12, 16, 16, 3), input(4, 4, 3, 40), STRIDE_2)],
  ["a filter's gradient from 1024 patches", (input) => conv2dFilterGrad(input(4, 32, 32, 3), input(4, 16, 16, 5), [4, 4], STRIDE_2)],
  ["an input's gradient from 1024 patches", (input) => conv2dInputGrad(input(4, 16, 16, 5), input(4, 4, 3, 5), [32, 32], STRIDE_2)],
];
const STRIDE_2 = { strides: [2, 2], pads: [1, 1, 1, 1] } as const;

/** Thousands of terms in float32, their sum small beside them. */
const LARGE_TOLERANCE = 1e-5;

export async function checkLarge(executor: Executor): Promise<string> {
  const worst = new Worst(LARGE_TOLERANCE);
  for (const [name, build] of LARGE) {
    const graph = new Graph();
    const random = seeded(3);
    const feeds: Record<string, Float32Array> = {};
    const input = (...shape: number[]) => {
      const operand = `x${Object.keys(feeds).length}`;
      feeds[operand] = draw(shape, any, random);
      return graph.input(operand, shape);
    };
    graph.fetch("y", build(input));
    worst.add(name, (await run(executor, graph, feeds)).y!, evaluate(graph, feeds).fetches.y!);
  }
  return `${worst}`;
}

/** On a device whose buffers hold `bytes` no more, where there is no room for patches and a shader binds few buffers. */
export async function checkSmallDevice(executor: Executor, bytes: number): Promise<string> {
  const worst = new Worst(VALUE_TOLERANCE);
  for (const c of OP_CASES.filter((c) => ["conv2dInputGrad", "conv2dFilterGrad", "concat", "adamStep"].includes(c.op))) {
    const { graph } = caseGraph(c);
    const feeds = caseFeeds(c);
    const want = evaluate(graph, feeds).fetches.y!;
    const sizes = [want, ...Object.values(feeds)].map((x) => 4 * x.length);
    if (Math.max(...sizes) <= bytes) worst.add(c.name, (await run(executor, graph, feeds)).y!, want);
  }
  return `${worst}`;
}

/** WGSL may take numbers smaller than this for 0. */
const SUBNORMAL = 2 ** -126;

export async function checkSpecialValues(executor: Executor): Promise<string> {
  for (const c of SPECIAL_CASES) {
    const { graph } = caseGraph(c);
    const feeds = caseFeeds(c);
    const got = (await run(executor, graph, feeds)).y!;
    evaluate(graph, feeds).fetches.y!.forEach((value, i) => {
      const want = Math.fround(value);
      const close = Object.is(got[i], want) || got[i] === want || Math.abs(got[i]! - want) <= Math.max(1e-5 * Math.abs(want), SUBNORMAL);
      const operands = Object.values(feeds).map((x) => x[i]);
      assert(close, `${c.name}: ${c.op}(${operands.join(", ")}) is ${got[i]}, expected ${want}`);
    });
  }
  return `${SPECIAL_CASES.length} ops on NaN, infinities, zeros, and very large and small numbers, within 1e-5 of each`;
}

/** A few roundings more at each order: the derivatives of the derivatives add up many terms that cancel. */
const GRADIENT_TOLERANCE = 1e-5;
const GRADIENT_CASES = 4;

export async function checkGradients(executor: Executor): Promise<string> {
  const worst = new Worst(GRADIENT_TOLERANCE);
  for (const c of someOfEachOp()) {
    const { graph, feeds } = gradientGraph(c);
    const want = evaluate(graph, feeds).fetches;
    const got = await run(executor, graph, feeds);
    for (const name of Object.keys(want)) worst.add(`${name} of ${c.name}`, got[name]!, want[name]!);
  }
  return `${worst}`;
}

function someOfEachOp(): OpCase[] {
  const byOp = new Map<string, OpCase[]>();
  for (const c of OP_CASES.filter((c) => c.differentiable)) byOp.set(c.op, [...(byOp.get(c.op) ?? []), c]);
  return [...byOp.values()].flatMap((cases) => {
    const stride = Math.max(1, cases.length / GRADIENT_CASES);
    return Array.from({ length: Math.min(cases.length, GRADIENT_CASES) }, (_, i) => cases[Math.floor((i + 0.5) * stride)]!);
  });
}

/** Fetches the gradients of Σ y c, and those of the product of these gradients with random directions. */
function gradientGraph(c: OpCase): { graph: Graph; feeds: Record<string, Float32Array> } {
  const { graph, inputs, output } = caseGraph(c);
  const random = seeded(2);
  const feeds = caseFeeds(c);
  const input = (name: string, like: Node): Node => {
    feeds[name] = draw(like.shape, any, random);
    return graph.input(name, like.shape);
  };
  const first = grad(sumAll(mul(output, input("cotangent", output))), inputs);
  const along = first.map((g, i) => sumAll(mul(g, input(`direction${i}`, g)))).reduce((a, b) => add(a, b));
  const second = grad(along, inputs);
  graph.fetches.clear();
  first.forEach((g, i) => {
    graph.fetch(`gradient ${i}`, g);
  });
  second.forEach((g, i) => {
    graph.fetch(`second gradient ${i}`, g);
  });
  return { graph, feeds };
}
