import { describe, expect, it } from "vitest";
import type { Executor } from "../../../src/exec/executor.ts";
import { createWasmExecutor } from "../../../src/exec/wasm/executor.ts";
import { matmul } from "../../../src/graph/build.ts";
import { Graph } from "../../../src/graph/graph.ts";
import { BackendError, type CreateOptions, createGAN, StateError, type TrainReport } from "../../../src/index.ts";
import { expectSameBytes } from "../../bytes.ts";
import { any, draw, seeded } from "../../cases/values.ts";
import { runModule } from "../../child.ts";
import { watchWorkers } from "../../workers.ts";

/** Sizes that no number of threads divides, and batches that leave a tile, a block and a chunk of rows unfinished. */
const MODELS: readonly (readonly [string, CreateOptions])[] = [
  ["an mlp of odd widths", { shape: [3], architecture: "mlp", width: 37, latent: 5, batchSize: 67 }],
  ["a dcgan on colour images", { shape: [28, 28, 3], architecture: "dcgan", width: 9, latent: 7, batchSize: 5, objective: "non-saturating" }],
  [
    "a conditional dcgan on grey images",
    { shape: [32, 32, 1], architecture: "dcgan", width: 4, latent: 3, batchSize: 11, objective: "non-saturating", condition: { classes: 3 } },
  ],
  ["a dcgan with the penalty that it has by default", { shape: [16, 16, 1], architecture: "dcgan", width: 5, latent: 3, batchSize: 7 }],
  [
    "a WGAN-GP of convolutions",
    { shape: [12, 12, 1], architecture: "dcgan", width: 6, latent: 5, batchSize: 7, objective: { name: "wasserstein-gp", discriminatorSteps: 2 } },
  ],
  // Wide enough, and with branches enough, that threads meet different instructions that need working space.
  [
    "batch norm over many channels",
    {
      shape: [40],
      latent: 8,
      batchSize: 16,
      architecture: {
        generator: [{ type: "dense", units: 2100 }, { type: "batchNorm" }, { type: "activation", name: "leakyRelu" }, { type: "dense", units: 40 }],
        discriminator: [
          { type: "dense", units: 1100 },
          { type: "batchNorm" },
          { type: "activation", name: "leakyRelu" },
          { type: "dense", units: 1 },
        ],
      },
    },
  ],
  ["an mlp by least squares", { shape: [2], architecture: "mlp", width: 130, latent: 2, batchSize: 33, objective: "least-squares", ema: false }],
];

describe("the same bits for any number of threads", () => {
  it.each(MODELS)("%s: losses and the whole state after 3 steps", async (_, options) => {
    const count = 20;
    const data = draw([count, ...options.shape], (u) => 2 * u - 1, seeded(5));
    const labels = options.condition ? Float32Array.from({ length: count }, (_, i) => i % 3) : null;
    const train = async (threads: number): Promise<{ bytes: Uint8Array; report: TrainReport }> => {
      const gan = await createGAN({ ...options, seed: 11, backend: "wasm", threads });
      expect(gan.backend.threads).toBe(threads);
      const report = await gan.train({ data, labels }, { steps: 3 });
      const bytes = await gan.save();
      gan.dispose();
      return { bytes, report: { ...report, seconds: 0 } };
    };
    const one = await train(1);
    expect(one.report.discriminatorLosses.every(Number.isFinite)).toBe(true);
    for (const threads of [2, 3, 5]) expectSameBytes(await train(threads), one);
  });

  it("convolutions by Winograd's algorithm, with gradients of filters in several pieces", async () => {
    const graph = new Graph();
    const x = graph.input("x", [20, 32, 32, 68]);
    const w = graph.input("w", [4, 4, 68, 36]);
    const attrs = { strides: [2, 2], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 } as const;
    const y = graph.apply("conv2d", [x, w], attrs);
    graph.fetch("dw", graph.apply("conv2dFilterGrad", [x, y], { ...attrs, filterSize: [4, 4] }));
    graph.fetch("dx", graph.apply("conv2dInputGrad", [y, w], { ...attrs, inputSize: [32, 32] }));
    await expectSameBits(graph, { x: draw(x.shape, any, seeded(3)), w: draw(w.shape, any, seeded(4)) });
  });

  it("convolutions of 3x3 filters, by tiles and by channels", async () => {
    const graph = new Graph();
    const feeds: Record<string, Float32Array> = {};
    const attrs = { strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1], groups: 1 } as const;
    for (const [i, [batch, size]] of [
      [2, 33],
      [5, 8],
      [3, 5],
    ].entries()) {
      const x = graph.input(`x${i}`, [batch!, size!, size!, 140]);
      const w = graph.input(`w${i}`, [3, 3, 140, 36]);
      const y = graph.apply("conv2d", [x, w], attrs);
      graph.fetch(`y${i}`, y);
      graph.fetch(`dw${i}`, graph.apply("conv2dFilterGrad", [x, y], { ...attrs, filterSize: [3, 3] }));
      graph.fetch(`dx${i}`, graph.apply("conv2dInputGrad", [y, w], { ...attrs, inputSize: [size!, size!] }));
      for (const node of [x, w]) feeds[node.attrs.name] = draw(node.shape, any, seeded(i));
    }
    await expectSameBits(graph, feeds);
  });

  it("matrix products along leading axes, many and few, deeper than a block too", async () => {
    const graph = new Graph();
    const feeds: Record<string, Float32Array> = {};
    const input = (name: string, shape: number[]) => {
      feeds[name] = draw(shape, any, seeded(name.length));
      return graph.input(name, shape);
    };
    const many = matmul(input("a", [33, 17, 30]), input("bb", [33, 30, 19]));
    graph.fetch("many", matmul(many, many, { transposeA: true }));
    graph.fetch("few", matmul(input("ccc", [2, 70, 40]), input("dddd", [2, 90, 40]), { transposeB: true }));
    graph.fetch("deep", matmul(input("eeeee", [3, 600, 20]), input("ffffff", [3, 600, 50]), { transposeA: true }));
    await expectSameBits(graph, feeds);
  });

  async function expectSameBits(graph: Graph, feeds: Record<string, Float32Array>): Promise<void> {
    const run = async (threads: number) => {
      const executor = await createWasmExecutor({ threads });
      const session = await executor.open([]);
      const program = await session.compile(graph);
      const fetches = await program.run(feeds);
      for (let i = 0; i < 4; i++) expectSameBytes(await program.run(feeds), fetches);
      session.dispose();
      executor.dispose();
      return fetches;
    };
    const one = await run(1);
    for (const threads of [2, 3, 5]) expectSameBytes(await run(threads), one);
  }
});

/** A program that takes a good part of a second on one thread, in one call. */
async function longProgram(executor: Executor) {
  const size = 768;
  const graph = new Graph();
  let y = matmul(graph.input("x", [size, size]), graph.input("w", [size, size]));
  for (let i = 0; i < 15; i++) y = matmul(y, graph.input("w", [size, size]));
  graph.fetch("y", y);
  const session = await executor.open([]);
  const program = await session.compile(graph);
  const feeds = { x: draw([size, size], any, seeded(1)), w: draw([size, size], any, seeded(2)) };
  return { session, run: () => program.run(feeds) };
}

/** Until a run just asked for has fed its inputs and started the threads. */
const begun = () => new Promise((resolve) => setTimeout(resolve));

describe("the thread that calls", () => {
  it("goes on with timers and I/O while the others compute", async () => {
    const executor = await createWasmExecutor({ threads: 2 });
    const { session, run } = await longProgram(executor);
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const pending = run();
    await begun();
    ticks = 0;
    await pending;
    clearInterval(timer);
    expect(ticks).toBeGreaterThanOrEqual(5);
    session.dispose();
    executor.dispose();
  });

  it("is told when a session is disposed of under way", async () => {
    const executor = await createWasmExecutor({ threads: 2 });
    const { session, run } = await longProgram(executor);
    const pending = run();
    await begun();
    session.dispose();
    await expect(pending).rejects.toThrow(StateError);
    await expect(run()).rejects.toThrow(StateError);
    executor.dispose();
  });
});

describe("threads end", () => {
  const small: CreateOptions = { shape: [2], architecture: "mlp", width: 8, latent: 2, batchSize: 4, backend: "wasm", threads: 3 };

  it("all of them, when the GAN is disposed of", async () => {
    using watch = watchWorkers();
    const { workers } = watch;
    const gan = await createGAN(small);
    await gan.prepare();
    expect(workers).toHaveLength(3);
    const ended = Promise.all(workers.map((worker) => new Promise((resolve) => worker.once("exit", resolve))));
    await gan.train(new Float32Array(20), { steps: 2 });
    gan.dispose();
    await ended;
    expect(workers.every((worker) => worker.threadId === -1)).toBe(true);
  });

  it("and when the model is refused", async () => {
    using watch = watchWorkers();
    const { workers } = watch;
    await expect(createGAN({ ...small, batchSize: 8192, maxMemory: 300_000 })).rejects.toThrow(BackendError);
    expect(workers).toHaveLength(3);
    await Promise.all(workers.map((worker) => worker.threadId === -1 || new Promise((resolve) => worker.once("exit", resolve))));
  });

  it("there are none with one thread", async () => {
    using watch = watchWorkers();
    const { workers } = watch;
    const gan = await createGAN({ ...small, threads: 1 });
    await gan.prepare();
    gan.dispose();
    expect(workers).toEqual([]);
  });
});

describe("a Node process ends by itself", () => {
  const create = `
    import { createGAN } from "ganvas";
    const gan = await createGAN({ shape: [2], architecture: "mlp", width: 8, latent: 2, batchSize: 4, backend: "wasm", threads: 3 });
    const data = new Float32Array(20);`;

  it.each([
    ["with an idle GAN", ""],
    ["with a GAN that has trained and sampled", "await gan.train(data, { steps: 3 }); await gan.sample();"],
    ["with training that its own callback holds up for ever", "gan.train(data, { steps: 3, onStep: () => new Promise(() => {}) });"],
    ["with training stopped by an error", "await gan.train(data, { steps: 3, onStep() { throw new Error() } }).catch(() => {});"],
    ["with a GAN disposed of while it trains", "gan.train(data, { steps: 1000 }).catch(() => {}); setTimeout(() => gan.dispose(), 20);"],
  ])("%s", async (_, source) => {
    const { code, stdout, stderr } = await runModule(`${create} ${source} console.log(gan.backend.threads);`, { timeout: 30_000 });
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "3\n", stderr: "" });
  });

  it("but not before training that is waited for is done", async () => {
    const { code, stdout } = await runModule(`${create} console.log((await gan.train(data, { steps: 50 })).steps);`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "50\n" });
  });
});
