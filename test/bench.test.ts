import { describe, expect, it } from "vitest";
import { parse } from "../bench/cli.ts";
import { compare } from "../bench/compare.ts";
import { tensorsOf } from "../bench/data.ts";
import { median, quantile } from "../bench/measure.ts";
import { startOurs } from "../bench/ours.ts";
import { rowsOf, table } from "../bench/report.ts";
import { loadLayers, loadTasks } from "../bench/shapes.ts";
import { createWasmExecutor } from "../src/exec/wasm/executor.ts";
import { createSamplingExecutor } from "../src/exec/wasm/sampling.ts";
import { expectSameBytes } from "./bytes.ts";

describe("workloads", () => {
  it("count the arithmetic of the five workloads", () => {
    const gflop = (name: string) => loadTasks(name)[0]!.gflop;
    expect(gflop("S64")).toBeCloseTo(0.209, 3);
    expect(gflop("T64") / 16).toBeCloseTo(2.29, 2);
    expect(gflop("T28")).toBeCloseTo(9.5, 1);
    expect(gflop("TMLP")).toBeCloseTo(0.095, 3);
    expect(gflop("GEMM")).toBe((2 * 256 ** 3) / 1e9);
  });

  it("have three faces for each distinct convolution", () => {
    const layers = loadLayers("T28");
    expect(layers.map(({ op }) => op).sort()).toEqual([
      "conv2d",
      "conv2d",
      "conv2dFilterGrad",
      "conv2dFilterGrad",
      "conv2dInputGrad",
      "conv2dInputGrad",
    ]);
  });
});

describe("ours", () => {
  it.each(["TMLP", "TGP", "S64"])("does %s, and does the same again after a reset", async (name) => {
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
    if (name !== "S64") expect(compare(task!, tensors, first, second)).not.toBeNull();
    else {
      const sampling = await startOurs(await createSamplingExecutor(), task!, tensors);
      await sampling.reset();
      await sampling.run(1);
      expectSameBytes(await sampling.outputs(), first);
      sampling.close();
    }
    ours.close();
  });
});

describe("compare", () => {
  const [task] = loadTasks("TMLP", [8]);
  const tensors = tensorsOf(task!);
  const start = tensors.find(({ name }) => name === "generator.0.filter")!.data;
  const moved = (by: number) => new Map([["generator.0.filter", start.map((x, i) => x + (i % 2 ? by : -by))]]);

  it("accepts an update of the same length and direction", () => {
    expect(compare(task!, tensors, moved(2e-4), moved(2.01e-4))).toBeNull();
  });

  it.each([
    ["longer", moved(2.4e-4)],
    ["opposite", moved(-2e-4)],
    ["not finite", moved(Number.NaN)],
    ["missing", new Map<string, Float32Array>()],
  ])("names an update that is %s", (_, got) => {
    expect(compare(task!, tensors, moved(2e-4), got)).toMatch(/^generator\.0\.filter/);
  });
});

describe("report", () => {
  const [task] = loadTasks("TMLP", [256]);
  const results = [
    { implementation: "ganvas", runtime: "Node", threads: 1, outcome: [2, 4, 3] },
    { implementation: "slow", runtime: "Node", threads: 1, outcome: [30, 31, 28, 33] },
    { implementation: "unable", runtime: "Node", threads: 1, outcome: new Error("no such kernel") },
  ];

  it("takes medians, and ratios to ours", () => {
    expect(median([4, 1, 2])).toBe(2);
    expect(quantile([0, 10], 0.75)).toBe(7.5);
    const [ours, slow, unable] = rowsOf(task!, results);
    expect(ours).toMatchObject({ medianMs: 3, minMs: 2, samples: 3, ratioToOurs: 1 });
    expect(ours!.gflops).toBeCloseTo(task!.gflop / 3e-3, 9);
    expect(slow!.ratioToOurs).toBeCloseTo(30.5 / 3, 9);
    expect(unable).toEqual({ workload: "TMLP", batch: 256, implementation: "unable", runtime: "Node", threads: 1, error: "no such kernel" });
  });

  it("prints a line for each, and why one is missing", () => {
    const text = table(task!, results, 60);
    expect(text).toMatch(/^unable .*cannot: no such kernel$/m);
    expect(text).toContain("ours is 10.2× as fast as slow");
  });
});

describe("command line", () => {
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
  ])("refuses %j", (args) => {
    expect(() => parse(args)).toThrow();
  });
});
