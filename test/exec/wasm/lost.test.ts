import { afterEach, describe, expect, it, vi } from "vitest";
import { RESERVED_BYTES } from "../../../assembly/format/memory.ts";
import type { Session } from "../../../src/exec/executor.ts";
import { createWasmExecutor, type WasmOptions } from "../../../src/exec/wasm/executor.ts";
import { add, matmul, meanAll, mul } from "../../../src/graph/build.ts";
import { Graph } from "../../../src/graph/graph.ts";
import { startedBy } from "../../workers.ts";

afterEach(() => void vi.unstubAllGlobals());

const SIZE = 600;
const VARIABLES = [{ name: "w", shape: [2] }];
const LOSS = { name: "BackendError", path: "threads", lost: true };

/** A program that takes many milliseconds; where it `assigns`, it adds 1 to w. */
async function longProgram(session: Session, { assigns }: { assigns: boolean }) {
  const graph = new Graph();
  const x = graph.input("x", [SIZE, SIZE]);
  const w = graph.variable("w", [2]);
  const y = meanAll(matmul(matmul(x, x), x));
  graph.fetch("y", y);
  graph.fetch("w", w);
  if (assigns) graph.assign(w, add(w, add(mul(y, 0), 1)));
  const program = await session.compile(graph);
  return () => program.run({ x: new Float32Array(SIZE * SIZE) });
}

/** Until a run just asked for is under way. */
const begun = () => new Promise((resolve) => setTimeout(resolve, 2));

describe.each<[string, WasmOptions]>([
  ["one of two threads", { threads: 2 }],
  ["the one in a worker", { threads: 1, place: "worker" }],
])("a thread that ends without a word, %s", (_, options) => {
  it.each([false, true])("is a loss, not a wait, for the run under way and ever after, assigning %s", async (assigns) => {
    const { value: executor, workers } = await startedBy(() => createWasmExecutor(options));
    const session = await executor.open(VARIABLES);
    await session.write("w", Float32Array.of(3, 4));
    const run = await longProgram(session, { assigns });
    const pending = run();
    await begun();
    void workers[0]!.terminate();
    await expect(pending).rejects.toMatchObject(LOSS);
    await expect(run()).rejects.toMatchObject(LOSS);
    await expect(session.write("w", new Float32Array(2))).rejects.toMatchObject(LOSS);
    // What half a run may have written is not given out; what none has written is, where it is still there.
    if (assigns || options.threads === 1) await expect(session.read("w")).rejects.toMatchObject(LOSS);
    else expect(await session.read("w")).toEqual(Float32Array.of(3, 4));
    session.dispose();
    executor.dispose();
  });
});

describe("a thread that ends between two runs", () => {
  it("is replaced at the next one, and nothing is lost", async () => {
    const { value: executor, workers } = await startedBy(() => createWasmExecutor({ threads: 2 }));
    const session = await executor.open(VARIABLES);
    const run = await longProgram(session, { assigns: true });
    await run();
    await workers[1]!.terminate();
    const { value, workers: others } = await startedBy(run);
    expect(value.w).toEqual(Float32Array.of(1, 1));
    expect(others).toHaveLength(2);
    expect(await session.read("w")).toEqual(Float32Array.of(2, 2));
    session.dispose();
    executor.dispose();
  });
});

describe("a session whose turn it was not when a thread ended", () => {
  it("goes on with other threads", async () => {
    const { value: executors, workers } = await startedBy(() => Promise.all([1, 2].map(() => createWasmExecutor({ threads: 2 }))));
    const sessions = await Promise.all(executors.map((executor) => executor.open(VARIABLES)));
    const [first, second] = await Promise.all(sessions.map((session) => longProgram(session, { assigns: true })));
    const outcomes = Promise.allSettled([first!(), second!()]);
    await begun();
    void workers[0]!.terminate();
    expect(await outcomes).toMatchObject([{ reason: LOSS }, { value: { w: Float32Array.of(0, 0) } }]);
    expect(await sessions[1]!.read("w")).toEqual(Float32Array.of(1, 1));
    for (const session of sessions) session.dispose();
    for (const executor of executors) executor.dispose();
  });
});

describe.each([1, 2])("a kernel that traps, %i threads", (threads) => {
  it("is a loss as well", async () => {
    const memories: WebAssembly.Memory[] = [];
    vi.stubGlobal("WebAssembly", {
      __proto__: WebAssembly,
      Memory: new Proxy(WebAssembly.Memory, {
        construct(Memory, [descriptor]: [WebAssembly.MemoryDescriptor]) {
          memories.push(new Memory(descriptor));
          return memories.at(-1)!;
        },
      }),
    });
    const executor = await createWasmExecutor({ threads });
    const session = await executor.open(VARIABLES);
    const run = await longProgram(session, { assigns: false });
    await session.write("w", Float32Array.of(3, 4));
    // Behind the variable: instructions of an opcode that there is not, of which every thread has a share.
    new Int32Array(memories.at(-1)!.buffer, RESERVED_BYTES + 64, 1000).set(Array.from({ length: 250 }, () => [100, 4, 100, 1]).flat());
    await expect(run()).rejects.toMatchObject({ ...LOSS, cause: expect.objectContaining({ name: "RuntimeError" }) });
    await expect(run()).rejects.toMatchObject(LOSS);
    expect(await session.read("w")).toEqual(Float32Array.of(3, 4));
    session.dispose();
    executor.dispose();
  });
});
