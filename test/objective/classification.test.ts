import { afterAll, beforeAll, expect, it } from "vitest";
import type { Executor } from "../../src/exec/executor.ts";
import { createWasmExecutor } from "../../src/exec/wasm/executor.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import { grad } from "../../src/graph/grad.ts";
import { Graph } from "../../src/graph/graph.ts";
import { classLosses } from "../../src/objective/classification.ts";
import { runOnce } from "../golden/golden.ts";

/** -ln softmax(x)[label], and its derivative, in float64. */
function expected(x: readonly number[], label: number): { readonly loss: number; readonly gradient: readonly number[] } {
  const most = Math.max(...x);
  const total = x.reduce((sum, v) => sum + Math.exp(v - most), 0);
  return { loss: most + Math.log(total) - x[label]!, gradient: x.map((v, i) => Math.exp(v - most) / total - (i === label ? 1 : 0)) };
}

let executor: Executor;
beforeAll(async () => {
  executor = await createWasmExecutor({ threads: 1 });
});
afterAll(() => executor.dispose());

const many = Array.from({ length: 1000 }, (_, i) => 30 * Math.sin(i * i));

it.each<[string, readonly number[], number]>([
  ["one class", [5], 0],
  ["two", [1, -2], 1],
  ["an odd number", [0.5, 2, -1], 1],
  ["seven", [0.1, 0.2, 0.3, 3, -0.5, 0.6, 0.7], 6],
  ["a thousand", many, 17],
  ["classes far above the right one", [-900, 1000, 40], 0],
  ["classes far below it", [1000, -1000, -4000, 0], 0],
  ["numbers that are all large", [1e6, 1e6, 1e6], 2],
  ["numbers that are all far below zero", [-2e4, -2e4, -2e4 - 1], 2],
])("the cross-entropy of %s is finite and right, and its gradient too", async (_, x, label) => {
  const spec = resolveSpec({ shape: [2], condition: { classes: x.length, discriminator: "auxiliary-classifier", classWeight: 2 } });
  const graph = new Graph();
  const logits = graph.input("x", [1, x.length]);
  const [loss] = classLosses(
    spec,
    graph.constant(
      x.map((_, i) => (i === label ? 1 : 0)),
      [1, x.length],
    ),
    logits,
  );
  graph.fetch("loss", loss!);
  graph.fetch("gradient", grad(loss!, [logits])[0]!);
  const got = await runOnce(executor, graph, { x: Float32Array.from(x) });
  const right = expected(x, label);
  const scale = Math.max(1, ...x.map(Math.abs));
  expect(Math.abs(got.loss![0]! / 2 - right.loss)).toBeLessThanOrEqual(2e-7 * scale);
  for (const [i, g] of right.gradient.entries()) expect(Math.abs(got.gradient![i]! / 2 - g)).toBeLessThanOrEqual(1e-6);
});
