import { describe, expect, it } from "vitest";
import { createWasmExecutor } from "../../../src/exec/wasm/executor.ts";
import { probeEvery } from "../../../src/gan/health/watch.ts";
import { matmul, neg } from "../../../src/graph/build.ts";
import { Graph } from "../../../src/graph/graph.ts";
import { BackendError, type CreateOptions, createGAN } from "../../../src/index.ts";
import { expectSameBytes } from "../../bytes.ts";
import { runModule } from "../../child.ts";

const GIB = 2 ** 30;
const small: CreateOptions = { shape: [8, 8, 1], architecture: "dcgan", width: 3, latent: 4, batchSize: 6, backend: "wasm", threads: 1 };

const refusal = async (options: CreateOptions): Promise<BackendError> => {
  const error = await createGAN(options).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(BackendError);
  return error as BackendError;
};

/** The bytes that a refusal says would have to be allowed, or are more than there are. */
const needed = ({ path, expected, got }: BackendError): number => Number(/\d+/.exec(path === "maxMemory" ? expected : got)![0]);

describe("maxMemory", () => {
  it.each([1, 2])("says at createGAN how many bytes are needed, to the byte, %i threads", async (threads) => {
    const options = { ...small, threads };
    const total = needed(await refusal({ ...options, maxMemory: 1 }));
    const error = await refusal({ ...options, maxMemory: total - 1 });
    expect(error.message).toBe(`maxMemory: expected at least ${total} bytes, got ${total - 1}; a smaller batchSize, width or image shape needs less`);
    const enough = await createGAN({ ...options, maxMemory: total });
    await enough.prepare();
    await enough.train(new Float32Array(64 * 20), { steps: probeEvery(enough.spec, "wasm"), validation: 0.5 });
    await enough.sample({ count: 4 });
    await enough.discriminate(new Float32Array(64 * 4));
    expect(enough.memory.total).toBe(total);
    enough.dispose();
  });

  it("counts a batch size that comes with train, and leaves the GAN as it was", async () => {
    const gan = await createGAN({ ...small, maxMemory: 300_000 });
    await gan.prepare();
    const before = await gan.save();
    const { total } = gan.memory;
    const error = await gan.train(new Float32Array(64 * 500), { steps: 1, batchSize: 500 }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(BackendError);
    expect(needed(error as BackendError)).toBeGreaterThan(300_000);
    expectSameBytes(await gan.save(), before);
    expect((await gan.train(new Float32Array(64 * 6), { steps: 2 })).steps).toBe(2);
    expect(gan.memory.total).toBe(total);
    gan.dispose();
  });

  it("reports what it holds: parts that make up the total, and a plan no larger than a quarter above what must live at once", async () => {
    const gan = await createGAN({ ...small, shape: [32, 32, 3], width: 8, batchSize: 16 });
    await gan.prepare();
    const { variables, activations, live, scratch, total } = gan.memory;
    expect(variables + activations + scratch).toBeLessThanOrEqual(total);
    expect(total - variables - activations - scratch).toBeLessThan(300_000); // instruction lists and constants
    expect(activations).toBeGreaterThanOrEqual(live);
    expect(activations).toBeLessThanOrEqual(1.25 * live);
    gan.dispose();
  });

  it("plans a DCGAN of 64 x 64 pixels, width 64, batch 64, within 1.25 times what must live at once", async () => {
    const gan = await createGAN({ shape: [64, 64, 3], architecture: "dcgan", width: 64, latent: 100, batchSize: 64, backend: "wasm", threads: 1 });
    await gan.prepare();
    expect(gan.memory.activations).toBeLessThanOrEqual(1.25 * gan.memory.live);
    expect(gan.memory.total).toBeLessThan(2 * GIB);
    gan.dispose();
  });
});

describe("the 4 GiB of WebAssembly", () => {
  it("refuses weights that are larger, with their size, before anything is allocated", async () => {
    const error = await refusal({ shape: [65_536], architecture: "mlp", width: 4096, backend: "wasm", threads: 1 });
    expect(needed(error)).toBeGreaterThan(4 * GIB);
    expect(error.message).toContain("memory: expected at most 4294967296 bytes, all that WebAssembly has, got a need of");
  });

  it("refuses activations that are larger", async () => {
    const error = await refusal({ shape: [128, 128, 3], architecture: "dcgan", width: 64, batchSize: 2000, backend: "wasm", threads: 1 });
    expect(needed(error)).toBeGreaterThan(4 * GIB);
  });

  it("computes at addresses beyond 2 GiB, where a signed integer would be negative", async () => {
    const executor = await createWasmExecutor({ threads: 1 });
    const session = await executor.open([{ name: "low", shape: [600_000_000] }]); // never touched
    const graph = new Graph();
    const x = graph.input("x", [13, 17]);
    graph.fetch("y", matmul(neg(x), x, { transposeB: true }));
    const program = await session.compile(graph);
    const values = Float32Array.from({ length: 13 * 17 }, (_, i) => (i % 7) - 3);
    const { y } = await program.run({ x: values });
    const expected = Array.from({ length: 13 * 13 }, (_, i) => {
      let sum = 0;
      for (let k = 0; k < 17; k++) sum -= values[Math.floor(i / 13) * 17 + k]! * values[(i % 13) * 17 + k]!;
      return sum;
    });
    expect([...y!]).toEqual(expected);
    session.dispose();
  });
});

describe("1,000 steps", () => {
  // What threads could leave behind they would at each run, of which the second has half as many.
  it.each<[number, CreateOptions["objective"] & object]>([
    [1, { name: "wasserstein-gp", discriminatorSteps: 2 }],
    [2, { name: "non-saturating" }],
  ])("grow neither WebAssembly's memory nor JavaScript's, %i threads", async (threads, objective) => {
    const source = `
      const memories = [];
      const Memory = WebAssembly.Memory;
      WebAssembly.Memory = function (descriptor) {
        const memory = new Memory(descriptor);
        memories.push(memory);
        return memory;
      };
      const { createGAN } = await import("ganvas");
      const gan = await createGAN({
        shape: [8, 8, 1], architecture: "dcgan", width: 2, latent: 3, batchSize: 4, backend: "wasm", threads: ${threads},
        objective: ${JSON.stringify(objective)},
      });
      const data = Float32Array.from({ length: 64 * 10 }, (_, i) => (i * 29 % 64) / 32 - 1);
      const used = async () => {
        for (let i = 0; i < 4; i++) { // what one collection finds dead, a later one frees
          await new Promise((resolve) => setTimeout(resolve, 20));
          gc();
        }
        const { heapUsed, arrayBuffers } = process.memoryUsage();
        return { heap: heapUsed, arrayBuffers, wasm: memories.map((m) => m.buffer.byteLength) };
      };
      const round = async (steps) => {
        for (let i = 0; i < steps; i += 50) {
          await gan.train(data, { steps: 50, onStep() {} });
          await gan.sample({ count: 3 });
        }
      };
      await round(1700); // by then the engine has compiled what it will, and both networks were looked at, after step 1,600
      const before = await used();
      await round(1000);
      console.log(JSON.stringify({ before, after: await used(), finite: (await gan.train(data, { steps: 1 })).generatorLosses.every(Number.isFinite) }));`;
    const { code, stdout, stderr } = await runModule(source, { flags: ["--expose-gc"], timeout: 50_000 });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const { before, after, finite } = JSON.parse(stdout);
    expect(finite).toBe(true);
    expect(before.wasm).toHaveLength(1);
    expect(after.wasm).toEqual(before.wasm);
    // One number kept a step would be 16 kB with its place in a list; the engine's own tables move by some tens of kB.
    expect(after.heap - before.heap).toBeLessThan(150_000);
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(16_000);
  });
});
