import { availableParallelism } from "node:os";
import { describe, expect, it } from "vitest";
import { parse } from "../bench/cli.ts";
import { BASE, EMPTY, PROGRAMS } from "../bench/cold/programs.ts";
import { type ColdResult, coldRows, coldTable } from "../bench/cold/report.ts";
import { deviations, faultOf, worst } from "../bench/compare.ts";
import { tensorsOf } from "../bench/data.ts";
import { gridMeans } from "../bench/gridMeans.ts";
import { median, quantile } from "../bench/numbers.ts";
import { startOurs } from "../bench/ours.ts";
import { rowsOf, table } from "../bench/report.ts";
import { distinct, loadLayers, loadTasks } from "../bench/shapes.ts";
import { parameters, type TrainTask } from "../bench/task.ts";
import { compareFiles } from "../bench/weights.ts";
import { createReferenceExecutor } from "../src/exec/reference/executor.ts";
import { createWasmExecutor } from "../src/exec/wasm/executor.ts";
import { createSamplingExecutor, samplingKernels } from "../src/exec/wasm/sampling.ts";
import { resolveSpec } from "../src/gan/spec.ts";
import { createGAN } from "../src/index.ts";
import { parameters as tensorsOfNetwork } from "../src/nn/network.ts";
import { expectSameBytes } from "./bytes.ts";

describe("workloads", () => {
  it("count the arithmetic", () => {
    const gflop = (name: string) => loadTasks(name)[0]!.gflop;
    expect(gflop("S64") / 16).toBeCloseTo(0.209, 3);
    expect(gflop("S64-1")).toBeCloseTo(0.209, 3);
    expect(gflop("S32")).toBeCloseTo(3.36, 2);
    expect(gflop("T64") / 16).toBeCloseTo(2.29, 2);
    expect(gflop("T28")).toBeCloseTo(9.5, 1);
    expect(gflop("L28") / 32).toBeCloseTo(0.0388, 4);
    expect(gflop("R32") / 64).toBeCloseTo(14.44, 2);
    expect(gflop("TMLP")).toBeCloseTo(0.095, 3);
    expect(gflop("GEMM")).toBe((2 * 256 ** 3) / 1e9);
  });

  it("have three faces for each distinct convolution of what trains, and the forward pass of what samples", () => {
    const ops = (name: string) => distinct(loadLayers(name)).map((task) => task.kind === "kernel" && task.op);
    const faces = ["conv2d", "conv2dInputGrad", "conv2dFilterGrad"];
    expect(ops("T28")).toEqual([...faces, ...faces]);
    expect(ops("S64-1")).toEqual(Array(4).fill("conv2dInputGrad"));
    expect(new Set(ops("S32"))).toEqual(new Set(["conv2d"]));
    // The generator's both ways at three sizes and its last, the discriminator's at 32, 16 and 8 pixels.
    expect(ops("R32")).toHaveLength(3 * (2 * 3 + 1 + 2 + 3 + 1));
  });

  it("have R32 as the architecture has it, but for biases before batch norm", () => {
    const [task] = loadTasks("R32") as [TrainTask];
    const spec = resolveSpec({ shape: [32, 32, 3], architecture: "resnet", width: 64, latent: 128 });
    for (const network of ["generator", "discriminator"] as const) {
      const theirs = tensorsOfNetwork(spec, network).filter(({ role, name }) => role === "weight" && !/^generator.[234].3.bias$/.test(name));
      expect(parameters(task[network]).map(({ name, shape }) => [name, shape])).toEqual(theirs.map(({ name, shape }) => [name, shape]));
    }
    expect(spec).toMatchObject({ objective: { name: task.objective }, regularizers: [{ name: "spectral-norm" }] });
  });
});

describe("ours", () => {
  it.each(["TMLP", "TGP", "S64-1"])("does %s, and does the same again after a reset", async (name) => {
    const [task] = loadTasks(name, [1]);
    const tensors = tensorsOf(task!);
    const ours = await startOurs(await createWasmExecutor({ threads: 1 }), task!, tensors);
    await ours.reset();
    await ours.run(1);
    const first = await ours.outputs();
    await ours.run(1);
    const second = await ours.outputs();
    await ours.reset();
    await ours.run(1);
    expectSameBytes(await ours.outputs(), first);
    if (name !== "S64-1") expect(faultOf(deviations(task!, tensors, first, second), null)).not.toBeNull();
    else {
      const sampling = await startOurs(createSamplingExecutor(samplingKernels()), task!, tensors);
      await sampling.reset();
      await sampling.run(1);
      expectSameBytes(await sampling.outputs(), first);
      sampling.close();
    }
    ours.close();
  });

  it("is as near to float64 as its judge asks for", async () => {
    const [task] = loadTasks("TMLP", [8]);
    const tensors = tensorsOf(task!);
    const results = [];
    for (const executor of [createReferenceExecutor(), await createWasmExecutor({ threads: 1 })]) {
      const contender = await startOurs(executor, task!, tensors);
      await contender.reset();
      await contender.run(1);
      results.push(await contender.outputs());
      contender.close();
    }
    const found = deviations(task!, tensors, results[0]!, results[1]!);
    expect(found).toHaveLength(14);
    expect(worst(found, "update")).toBeLessThan(1e-4);
    expect(worst(found, "loss")).toBeLessThan(1e-6);
    expect(faultOf(found, null)).toBeNull();
  });
});

describe("compare", () => {
  const [task] = loadTasks("TMLP", [8]);
  const tensors = tensorsOf(task!);
  const start = tensors.find(({ name }) => name === "generator.0.filter")!.data;
  const moved = (by: number) => new Map([["generator.0.filter", start.map((x, i) => x + (i % 2 ? by : -by))]]);
  const found = (by: number) => deviations(task!, tensors, moved(2e-3), moved(by));

  it("accepts an update of the same length and direction", () => expect(faultOf(found(2.05e-3), null)).toBeNull());

  it.each([
    ["longer", 2.4e-3],
    ["opposite", -2e-3],
    ["not finite", Number.NaN],
  ])("names an update that is %s", (_, by) => {
    expect(faultOf(found(by), null)).toMatch(/^generator\.0\.filter: the update differs/);
  });

  it("bears eight times PyTorch's own error", () => {
    expect(faultOf(found(2.4e-3), found(2.06e-3))).toBeNull();
    expect(faultOf(found(2.4e-3), found(2.02e-3))).toMatch(/at most 0.08/);
  });

  it("compares an update that should be none with the learning rate", () => {
    const [none, little] = [new Map([["generator.0.filter", start]]), moved(1e-8)];
    expect(deviations(task!, tensors, none, little)[0]!.error).toBeLessThan(0.02);
  });

  it("names what is missing", () => expect(() => deviations(task!, tensors, moved(1), new Map())).toThrow("generator.0.filter: missing"));
});

describe("report", () => {
  const [task] = loadTasks("TMLP", [256]);
  const results = [
    { implementation: "ganvas", runtime: "Node", threads: 1, outcome: [2, 4, 3] },
    { implementation: "slow", runtime: "Node", threads: 1, deviation: 3.14e-5, outcome: [30, 31, 28, 33] },
    { implementation: "unable", runtime: "Node", threads: 1, outcome: new Error("no such kernel") },
  ];

  it("takes medians, and ratios to ours", () => {
    expect(median([4, 1, 2])).toBe(2);
    expect(quantile([0, 10], 0.75)).toBe(7.5);
    const [ours, slow, unable] = rowsOf(task!, results);
    expect(ours).toMatchObject({ medianMs: 3, minMs: 2, samples: 3, ratioToOurs: 1 });
    expect(ours!.gflops).toBeCloseTo(task!.gflop / 3e-3, 9);
    expect(slow!.ratioToOurs).toBeCloseTo(30.5 / 3, 9);
    expect(slow!.deviation).toBe(3.14e-5);
    expect(unable).toEqual({ workload: "TMLP", batch: 256, implementation: "unable", runtime: "Node", threads: 1, error: "no such kernel" });
  });

  it("prints a line for each, and why one is missing", () => {
    const text = table(task!, results, 60);
    expect(text).toMatch(/^unable .*cannot: no such kernel$/m);
    expect(text).toMatch(/^slow .* 3\.1e-5$/m);
    expect(text).toContain("ours is 10.2× as fast as slow");
  });
});

describe("weights", () => {
  it("are told apart by means over an 8 x 8 grid", () => {
    const data = Float32Array.from({ length: 2 * 16 * 16 * 3 }, (_, i) => i % 3);
    const { shape, data: means } = gridMeans({ shape: [2, 16, 16, 3], data });
    expect(shape).toEqual([2, 192]);
    expect(means).toEqual(Float64Array.from({ length: 384 }, (_, i) => i % 3));
    expect(() => gridMeans({ shape: [1, 12, 12, 1], data: new Float32Array(144) })).toThrow("multiples of 8");
  });

  it("give pictures that are the nearer the more of them a file keeps", async () => {
    const gan = await createGAN({ shape: [8, 8, 1], latent: 4, width: 4, backend: "wasm", threads: 1 });
    const rows = await compareFiles(gan, 100);
    gan.dispose();
    const of = (weights: string) => rows.find((row) => row.weights === weights)!;
    expect(of("float32")).toMatchObject({ largest: 0, mean: 0 });
    for (const [finer, coarser] of [
      ["float16", "bfloat16"],
      ["bfloat16", "int8"],
    ] as const) {
      expect(of(finer).largest).toBeLessThan(of(coarser).largest!);
      expect(of(finer).frechet).toBeLessThan(of(coarser).frechet);
    }
    expect(of("int8").frechet).toBeLessThan(of("float32, other seeds").frechet);
  });
});

describe("cold starts", () => {
  const runtime = { name: "Node" };
  const start = (ms: number, peak: number) => ({ picture: new Float32Array(), ms, peak, wallMs: ms + 50 });
  const peer = PROGRAMS.find((program) => program.peer === "ort-web")!;
  const results: ColdResult[] = [
    { runtime, program: EMPTY, threads: 1, bytes: 0, starts: [start(2, 40e6)] },
    { runtime, program: BASE, threads: 1, bytes: 14e6, starts: [start(100, 90e6), start(140, 92e6), start(110, 90e6)] },
    { runtime, program: peer, threads: 1, bytes: 14e6, starts: [start(330, 140e6)] },
    { runtime, program: peer, threads: 2, bytes: 14e6, starts: [], fault: "no threads" },
  ];

  it("are compared by medians, and memory with an empty process's", () => {
    const [empty, ours, slow, unable] = coldRows(results);
    expect(empty).toEqual(expect.objectContaining({ pictureMs: 2, peak: 40e6 }));
    expect(ours).toMatchObject({ starts: 3, pictureMs: 110, quartiles: [105, 125], wallMs: 160, peakOverEmpty: 50e6, ratioToOurs: 1 });
    expect(slow!.ratioToOurs).toBe(3);
    expect(unable).toEqual({ runtime: "Node", implementation: "ort-web", threads: 2, bytes: 14e6, error: "no threads" });
  });

  it("are printed, and why one could not be", () => expect(coldTable("Node", results)).toMatch(/^ort-web +2 +14\.0 {2}cannot: no threads$/m));
});

describe("command line", () => {
  it("starts cold what has a file of its own, on one thread unless told otherwise", () => {
    expect(parse(["cold"])).toMatchObject({ rounds: 15, threads: [1], peers: ["ort-web", "ort-node", "tfjs-wasm"] });
    expect(parse(["cold", "--rounds", "3", "--threads", "2", "--peers", "none"])).toMatchObject({ rounds: 3, threads: [2], peers: [] });
  });

  it("reads pictures with all threads that there are, unless it is told", () => {
    expect(parse(["pictures"])).toMatchObject({ suite: "pictures", threads: [availableParallelism()], peers: [] });
    expect(parse(["pictures", "--threads", "1", "--batch", "8", "--quick"])).toMatchObject({ threads: [1], batch: 8, quick: true });
  });

  it("takes a model for its weights", () => {
    expect(parse(["weights", "--model", "faces.safetensors"])).toMatchObject({ model: "faces.safetensors", peers: [] });
  });

  it("runs T28 against tfjs-cpu when it has to be quick", () => {
    expect(parse(["train", "--quick"])).toMatchObject({ suite: "train", workloads: ["T28"], batch: 64, peers: ["tfjs-cpu"] });
  });

  it("compares WebGPU with TensorFlow.js on WebGPU", () => {
    expect(parse(["train"])).toMatchObject({ backend: "wasm" });
    expect(parse(["train", "--backend", "webgpu", "--quick"])).toMatchObject({
      backend: "webgpu",
      workloads: ["T28"],
      peers: ["tfjs-webgpu", "pytorch-cuda"],
    });
  });

  it("drops --runtime before it runs itself again", () => {
    expect(parse(["train", "--runtime", "node24", "--quick"])).toMatchObject({ node24: true, args: ["train", "--quick"] });
    expect(parse(["--runtime=node24", "train"])?.args).toEqual(["train"]);
  });

  it("asks for no suite where help is asked for", () => expect([parse(["--help"]), parse(["train", "-h"])]).toEqual([null, null]));

  it.each([
    [["paint"]],
    [["train", "--peers", "caffe"]],
    [["train", "--threads", "0"]],
    [["train", "--workload", "S64"]],
    [["train", "--wat"]],
    [["train", "--backend", "cuda"]],
    [["sample", "--backend", "webgpu"]],
    [["cold", "--peers", "pytorch"]],
    [["train", "--rounds", "3"]],
    [["cold", "--model", "faces.safetensors"]],
  ])("refuses %j", (args) => {
    expect(() => parse(args)).toThrow();
  });
});
