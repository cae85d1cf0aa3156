import type { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import type { Executor } from "../../../src/exec/executor.ts";
import { createWasmExecutor } from "../../../src/exec/wasm/executor.ts";
import { add, matmul } from "../../../src/graph/build.ts";
import { Graph } from "../../../src/graph/graph.ts";
import { startedBy } from "../../workers.ts";

const ends = (worker: Worker): Promise<unknown> => new Promise((resolve) => worker.once("exit", resolve));

/** A session in which w is multiplied by itself and added to at each run. */
async function counting(executor: Executor, n: number) {
  const session = await executor.open([{ name: "w", shape: [n, n] }]);
  const graph = new Graph();
  const w = graph.variable("w", [n, n]);
  graph.assign(w, add(matmul(w, w), graph.input("x", [])));
  const program = await session.compile(graph);
  return { session, step: (x: number) => program.run({ x }) };
}

describe("sessions that compute in as many threads", () => {
  it("share them, take turns, and none knows of the others", async () => {
    const executors: Executor[] = [];
    const counters: Awaited<ReturnType<typeof counting>>[] = [];
    const { workers } = await startedBy(async () => {
      for (let i = 0; i < 6; i++) {
        executors.push(await createWasmExecutor({ threads: 3 }));
        counters.push(await counting(executors[i]!, i + 1));
      }
      await Promise.all([1, 2].flatMap((x) => counters.map(({ step }, i) => step((i + 1) * x))));
    });
    expect(workers).toHaveLength(3);
    for (const [i, { session }] of counters.entries()) {
      const n = i + 1;
      expect(await session.read("w")).toEqual(new Float32Array(n * n).fill(n * n * n + 2 * n));
    }
    const ended = Promise.all(workers.map(ends));
    for (const executor of executors) executor.dispose();
    await counters[5]!.step(0);
    for (const { session } of counters) session.dispose();
    await ended;
  });

  it("leave the others to themselves when they are disposed of under way", async () => {
    const executor = await createWasmExecutor({ threads: 2 });
    const [leaving, staying] = [await counting(executor, 500), await counting(executor, 2)];
    const outcomes = Promise.allSettled([leaving.step(1), staying.step(1)]);
    await new Promise((resolve) => setTimeout(resolve, 1));
    leaving.session.dispose();
    expect(await outcomes).toMatchObject([{ reason: { name: "StateError" } }, { status: "fulfilled" }]);
    expect(await staying.session.read("w")).toEqual(new Float32Array(4).fill(1));
    staying.session.dispose();
    executor.dispose();
  });

  it("have other threads when those have left much memory behind, which they would not let go", async () => {
    const executor = await createWasmExecutor({ threads: 2 });
    const staying = await counting(executor, 2);
    const { workers } = await startedBy(async () => {
      for (let i = 0; i < 4; i++) {
        const large = await executor.open([{ name: "large", shape: [2 ** 24] }]);
        large.dispose();
        await staying.step(1);
      }
    });
    expect(workers).toHaveLength(4); // at the third 64 MB, and never for the one that stays
    expect(await staying.session.read("w")).toEqual(new Float32Array(4).fill(723));
    staying.session.dispose();
    executor.dispose();
  });
});
