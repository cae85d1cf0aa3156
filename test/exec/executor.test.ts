import { afterAll, beforeAll, describe, it } from "vitest";
import type { Executor } from "../../src/exec/executor.ts";
import { createReferenceExecutor } from "../../src/exec/reference/executor.ts";
import { createWasmExecutor } from "../../src/exec/wasm/executor.ts";
import { EXECUTOR_CASES } from "../cases/executor.ts";

function describeExecutor(name: string, open: () => Promise<Executor>): void {
  describe(name, () => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await open();
    });
    afterAll(() => executor.dispose());
    for (const { name: what, run } of EXECUTOR_CASES) it(what, () => run(executor));
  });
}

// WebGPU goes through the same cases in test/webgpu.
describeExecutor("the reference", async () => createReferenceExecutor());
describeExecutor("WebAssembly, one thread", () => createWasmExecutor({ threads: 1, place: "here" }));
describeExecutor("WebAssembly, two threads", () => createWasmExecutor({ threads: 2 }));
describeExecutor("WebAssembly, one thread in a worker", () => createWasmExecutor({ threads: 1, place: "worker" }));
