import { describe, expect, it } from "vitest";
import type { Executor } from "../../../src/exec/executor.ts";
import { createWasmExecutor } from "../../../src/exec/wasm/executor.ts";
import { add, matmul, mul } from "../../../src/graph/build.ts";
import { Graph } from "../../../src/graph/graph.ts";
import { StateError } from "../../../src/index.ts";
import { expectSameBytes } from "../../bytes.ts";
import { any, draw, seeded } from "../../cases/values.ts";
import { watchWorkers } from "../../workers.ts";

const here = () => createWasmExecutor({ threads: 1 });
const remote = () => createWasmExecutor({ threads: 1, place: "worker" });

/** y = x w + w, kept in w, whose next value depends on the last. */
async function accumulate(executor: Executor, size: number) {
  const graph = new Graph();
  const w = graph.variable("w", [size, size]);
  const y = add(matmul(graph.input("x", [size, size]), w), w);
  graph.fetch("y", y);
  graph.assign(w, mul(y, 1 / size));
  const session = await executor.open([{ name: "w", shape: [size, size] }]);
  await session.write("w", draw([size, size], any, seeded(1)));
  return { session, program: await session.compile(graph), x: draw([size, size], any, seeded(2)) };
}

describe("one thread in a worker", () => {
  it("gives the bits of one thread here, for runs asked for one behind the other, and for programs that make the memory larger", async () => {
    const outcome = async (executor: Executor) => {
      const { session, program, x } = await accumulate(executor, 20);
      const early = await Promise.all([program.run({ x }), program.run({ x }), session.read("w"), program.run({ x })]);
      const large = new Graph();
      large.fetch("y", matmul(large.input("a", [700, 300]), large.input("b", [300, 500])));
      const second = await session.compile(large);
      const feeds = { a: draw([700, 300], any, seeded(3)), b: draw([300, 500], any, seeded(4)) };
      const late = [await second.run(feeds), await program.run({ x }), await session.read("w"), session.memory];
      session.dispose();
      executor.dispose();
      return [early, late];
    };
    expectSameBytes(await outcome(await remote()), await outcome(await here()));
  });

  it("leaves what it is fed with the caller", async () => {
    const { session, program, x } = await accumulate(await remote(), 8);
    const before = x.slice();
    await program.run({ x });
    expectSameBytes(x, before);
    session.dispose();
  });

  it("ends with its session, and says so to whoever waits", async () => {
    using watch = watchWorkers();
    const { workers } = watch;
    const { session, program, x } = await accumulate(await remote(), 900);
    expect(workers).toHaveLength(1);
    const ended = new Promise((resolve) => workers[0]!.once("exit", resolve));
    const pending = program.run({ x });
    await new Promise((resolve) => setTimeout(resolve, 1));
    session.dispose();
    await expect(pending).rejects.toThrow(StateError);
    await expect(program.run({ x })).rejects.toThrow(StateError);
    await ended;
  });

  it("is another one for each session, and ends with the executor where there was none", async () => {
    using watch = watchWorkers();
    const { workers } = watch;
    const executor = await remote();
    const sessions = [await executor.open([]), await executor.open([])];
    const idle = await remote();
    expect(workers).toHaveLength(3);
    const ended = Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("exit", resolve))));
    for (const session of sessions) session.dispose();
    executor.dispose();
    idle.dispose();
    await ended;
  });

  it("may be disposed of before it has answered", async () => {
    const { session } = await accumulate(await remote(), 64);
    const writes = [1, 2, 3].map(() => session.write("w", new Float32Array(64 * 64)));
    await writes[0];
    session.dispose();
    await Promise.allSettled(writes);
    await new Promise((resolve) => setTimeout(resolve, 50)); // an answer that nobody waits for would be an uncaught error
  });
});
