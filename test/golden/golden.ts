/** The golden files, and the two executors that are held to them. */
import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { Shape } from "../../src/core/shape.ts";
import type { Executor, Fetches } from "../../src/exec/executor.ts";
import { createReferenceExecutor } from "../../src/exec/reference/executor.ts";
import { createWasmExecutor } from "../../src/exec/wasm/executor.ts";
import type { Graph } from "../../src/graph/graph.ts";

interface PlainTensor {
  readonly shape: Shape;
  readonly values: readonly number[];
}

/** A tensor as PyTorch gave it. */
export interface Tensor {
  readonly shape: Shape;
  readonly values: Float64Array;
}

export type Tensors = Readonly<Record<string, Tensor>>;

const isTensor = (value: unknown): value is PlainTensor => typeof value === "object" && value !== null && Object.hasOwn(value, "values");

/** The cases of `ops.json`, `layers.json`..., from the folder GOLDEN_DIR or from this one. */
export function readCases<T>(file: string): readonly T[] {
  const folder = process.env.GOLDEN_DIR;
  const text = readFileSync(folder ? `${folder}/${file}` : new URL(file, import.meta.url), "utf8");
  const revive = (_: string, value: unknown) => (isTensor(value) ? { shape: value.shape, values: Float64Array.from(value.values) } : value);
  return (JSON.parse(text, revive) as { cases: readonly T[] }).cases;
}

/** Values as an executor takes them. Inputs of the golden files are float32 numbers, so nothing is lost. */
export const feedsOf = (tensors: Tensors): Record<string, Float32Array> =>
  Object.fromEntries(Object.entries(tensors).map(([name, { values }]) => [name, Float32Array.from(values)]));

/** An executor, and the share of the largest value by which its results may differ from PyTorch's float64. */
export interface Subject {
  readonly name: string;
  readonly create: () => Promise<Executor>;
  /** For one op or layer with its gradients of both orders. */
  readonly opBound: number;
  /** For two training steps in a row. */
  readonly stepBound: number;
}

// One rounding to float32 is 2^-24 = 6e-8. The kernels' float32 sums are exact to a few of them, and a step is a chain of
// fifty or so ops of which batch norm and Adam enlarge what came before.
const FLOAT32 = { opBound: 1e-5, stepBound: 1e-4 };

export const SUBJECTS: readonly Subject[] = [
  // It computes in float64, but on float32 constants, and gives back and keeps float32.
  { name: "reference", create: async () => createReferenceExecutor(), opBound: 5e-7, stepBound: 1e-5 },
  { name: "wasm", create: () => createWasmExecutor({ threads: 1 }), ...FLOAT32 },
  { name: "wasm, reproducible", create: () => createWasmExecutor({ threads: 1, reproducible: true }), ...FLOAT32 },
];

/** Runs a graph without variables once. Of `feeds`, those it has an input for are fed. */
export async function runOnce(executor: Executor, graph: Graph, feeds: Record<string, Float32Array>): Promise<Fetches> {
  const session = await executor.open([]);
  try {
    const program = await session.compile(graph);
    return await program.run(Object.fromEntries(graph.leaves("input").map(({ attrs: { name } }) => [name, feeds[name]!])));
  } finally {
    session.dispose();
  }
}

/**
 * The largest difference, as a share of the largest value expected in any of the tensors. They are sums of the same
 * terms, or of terms of the same size: rounding is as large in one that happens to cancel as in the others.
 */
export function relativeError(got: Readonly<Record<string, Float32Array>>, expected: Tensors, smallestScale = 0): number {
  let difference = 0;
  let scale = smallestScale;
  for (const [name, { values }] of Object.entries(expected)) {
    expect(got[name]?.length, name).toBe(values.length);
    for (const [i, e] of values.entries()) {
      const d = Math.abs(got[name]![i]! - e);
      // A NaN is an error without bound.
      difference = Number.isNaN(d) ? Number.POSITIVE_INFINITY : Math.max(difference, d);
      scale = Math.max(scale, Math.abs(e));
    }
  }
  return difference === 0 ? 0 : difference / scale;
}
