import type { Worker } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { createWasmExecutor, type WasmOptions } from "../../../src/exec/wasm/executor.ts";
import { matmul } from "../../../src/graph/build.ts";
import { Graph } from "../../../src/graph/graph.ts";

describe.each<[string, WasmOptions]>([
  ["one of two threads", { threads: 2 }],
  ["the one in a worker", { threads: 1, place: "worker" }],
])("a thread that ends without a word, %s", (_, options) => {
  it("is a loss, not a wait, for the run under way and ever after", async () => {
    const workers: Worker[] = [];
    const note = (worker: Worker) => void workers.push(worker);
    const executor = await createWasmExecutor(options);
    process.on("worker", note);
    const session = await executor.open([{ name: "w", shape: [2] }]);
    process.off("worker", note);
    const graph = new Graph();
    const x = graph.input("x", [900, 900]);
    graph.fetch("y", matmul(matmul(x, x), x));
    const program = await session.compile(graph);
    const pending = program.run({ x: new Float32Array(900 * 900) });
    await new Promise((resolve) => setTimeout(resolve, 1));
    void workers[0]!.terminate();
    const loss = { name: "BackendError", path: "threads", lost: true };
    await expect(pending).rejects.toMatchObject(loss);
    await expect(program.run({ x: new Float32Array(900 * 900) })).rejects.toMatchObject(loss);
    session.dispose();
    executor.dispose();
  });
});
