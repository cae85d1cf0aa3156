import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import { type GANOptions, resolveSpec } from "../../src/gan/spec.ts";
import { add, leakyRelu, matmul, meanAll, mul, reduceSum, reshape, tanh } from "../../src/graph/build.ts";
import { grad } from "../../src/graph/grad.ts";
import { Graph, type Node } from "../../src/graph/graph.ts";
import { createGAN } from "../../src/index.ts";
import { REGULARIZERS, type RegularizerName, regularizerRow } from "../../src/objective/regularizers.ts";
import { stepScalars, trainStep } from "../../src/objective/steps.ts";
import { PLAIN, twoHidden } from "../cases/plain.ts";
import { Trainer } from "./harness.ts";

describe("weight-clipping", () => {
  it("holds weights within the limit", () => {
    const graph = new Graph();
    graph.fetch("clipped", REGULARIZERS["weight-clipping"].project!(graph.input("w", [4]), { clip: 0.5 }));
    expect([...evaluate(graph, { w: [-2, -0.25, 0.5, 3] }).fetches.clipped!]).toEqual([-0.5, -0.25, 0.5, 0.5]);
  });
});

/** What a regularizer of default parameters but these adds to the loss of this discriminator; noise is fed by its names. */
function penaltyOf(name: RegularizerName, parameters: object, score: (images: Node) => Node, real: Node, fake: Node): Node {
  const regularizer = resolveSpec({ shape: [2], regularizers: [{ name, ...parameters }] }).regularizers[0]!;
  const { graph } = real;
  const input = (name: string, shape: readonly number[] = []) => graph.input(name, shape);
  return regularizerRow(regularizer).penalty!({ judge: score, real, fake, noise: input, relabelled: () => graph.constant(7) }, regularizer);
}

describe("gradient-penalty", () => {
  it("is λ (‖w‖ - 1)² for a linear critic, wherever it looks", () => {
    const graph = new Graph();
    const [real, fake] = [graph.input("real", [2, 2]), graph.input("fake", [2, 2])];
    const linear = (x: Node) => reshape(matmul(x, graph.constant([3, 4], [2, 1])), [2]);
    graph.fetch("penalty", penaltyOf("gradient-penalty", {}, linear, real, fake));
    expect(evaluate(graph, { real: [1, 2, 3, 4], fake: 0, interpolation: 0.3 }).fetches.penalty![0]).toBeCloseTo(10 * 16, 9);
  });

  it("takes one norm an image, at the image's own mixture", () => {
    // f(x) = Σ x²/2 has the gradient x: the penalty is the mean of (‖x̂‖ - 1)².
    const graph = new Graph();
    const [real, fake] = [graph.input("real", [2, 1, 2, 1]), graph.input("fake", [2, 1, 2, 1])];
    const bowl = (x: Node) => mul(reshape(reduceSum(mul(x, x), [1, 2, 3]), [2]), 0.5);
    graph.fetch("penalty", penaltyOf("gradient-penalty", { lambda: 1 }, bowl, real, fake));
    const { fetches } = evaluate(graph, { real: [6, 8, 2, 0], fake: [0, 0, 0, 2], interpolation: [0.5, 0.25] });
    expect(fetches.penalty![0]).toBeCloseTo((16 + (Math.sqrt(0.5 ** 2 + 1.5 ** 2) - 1) ** 2) / 2, 9);
  });

  it("has the gradient that finite differences see: relative error < 1e-6", () => {
    const graph = new Graph();
    const shapes = { a: [3, 4], b: [4], c: [4, 1] } as const;
    const [a, b, c] = [graph.input("a", shapes.a), graph.input("b", shapes.b), graph.input("c", shapes.c)];
    const critic = (x: Node) => reshape(matmul(leakyRelu(tanh(add(matmul(x, a), b)), 0.2), c), [2]);
    const penalty = penaltyOf("gradient-penalty", {}, critic, graph.input("real", [2, 3]), graph.input("fake", [2, 3]));
    graph.fetch("penalty", penalty);
    for (const [name, g] of Object.entries({ a, b, c }).map(([n, x]) => [n, grad(penalty, [x])[0]!] as const)) graph.fetch(`d${name}`, g);

    const wave = (n: number, phase: number) => Float64Array.from({ length: n }, (_, i) => Math.sin(1.7 * i + phase));
    const feeds = { a: wave(12, 0), b: wave(4, 1), c: wave(4, 2), real: wave(6, 3), fake: wave(6, 4), interpolation: [0.3, 0.8] };
    const { fetches } = evaluate(graph, feeds);
    for (const [name, size] of [
      ["a", 12],
      ["b", 4],
      ["c", 4],
    ] as const) {
      const direction = wave(size, 5);
      const h = 1e-5;
      const at = (step: number) => evaluate(graph, { ...feeds, [name]: feeds[name].map((v, i) => v + step * direction[i]!) }).fetches.penalty![0]!;
      const numeric = (at(h) - at(-h)) / (2 * h);
      const analytic = fetches[`d${name}`]!.reduce((sum, g, i) => sum + g * direction[i]!, 0);
      expect(Math.abs(analytic - numeric) / Math.abs(numeric)).toBeLessThan(1e-6);
    }
  });

  it("has a finite gradient where the critic is flat", () => {
    const graph = new Graph();
    const w = graph.input("w", [2, 1]);
    const flat = (x: Node) => reshape(matmul(x, w), [1]);
    const penalty = penaltyOf("gradient-penalty", {}, flat, graph.input("real", [1, 2]), graph.input("fake", [1, 2]));
    graph.fetch("dw", grad(penalty, [w])[0]!);
    expect([...evaluate(graph, { w: 0, real: 1, fake: 0, interpolation: 0.5 }).fetches.dw!].every(Number.isFinite)).toBe(true);
  });

  it("lets norms below 1 go free where it is one-sided", () => {
    const at = (slope: number): number => {
      const graph = new Graph();
      const linear = (x: Node) => reshape(matmul(x, graph.constant([slope, 0], [2, 1])), [1]);
      const penalty = penaltyOf("gradient-penalty", { oneSided: true }, linear, graph.input("real", [1, 2]), graph.input("fake", [1, 2]));
      graph.fetch("penalty", penalty);
      return evaluate(graph, { real: 1, fake: 0, interpolation: 0.5 }).fetches.penalty![0]!;
    };
    expect(at(0.25)).toBe(0);
    expect(at(3)).toBeCloseTo(40, 9);
  });
});

describe("instance-noise", () => {
  const spec = (parameters: object) => resolveSpec({ shape: [2], regularizers: [{ name: "instance-noise", ...parameters }] });
  const at = (parameters: object, images: number) =>
    stepScalars(spec(parameters), { discriminator: 9, generator: 9, images }, { before: images, shown: 4 })["instance-noise/stdDev"];

  it("falls with the images that were seen, where it follows a schedule", () => {
    const stdDev = { curve: "linear", from: 0.5, to: 0, images: 100 };
    expect([0, 30, 100, 1000].map((images) => at({ stdDev }, images))).toEqual([0.5, 0.35, 0, 0]);
  });

  it("has real and generated images judged under noise of their own, the same in both turns, with every penalty", () => {
    const options: GANOptions = { ...PLAIN, shape: [2], latent: 2, architecture: twoHidden(2, 3), ema: false, regularizers: ["r1", "r2"] };
    const noisy = trainStep(resolveSpec({ ...options, regularizers: ["r1", "r2", { name: "instance-noise", stdDev: 0.25 }] }), 3);
    expect(noisy.noise.slice(1)).toEqual(["real", "fake"].map((label) => ({ name: `${label}/instance`, shape: [3, 2], distribution: "normal" })));
    const plain = new Trainer(resolveSpec(options), 3);
    const feeds = { latents: new Float64Array(3 * 2).fill(0.5), ...plain.train.scalars(plain.done) };
    // Images with the noise on them, shown to a step without: real ones are fed so, generated ones by a last bias of as much more.
    const state = { ...plain.state, "generator.4.bias": plain.state["generator.4.bias"]!.map((b) => b + 0.25) };
    const shifted = evaluate(plain.train.graph, { ...feeds, images: [1.125, 2.125, 3.125, 4.125, 5.125, 6.125] }, state);
    const { fetches, assigns } = evaluate(
      noisy.graph,
      { ...feeds, images: [1, 2, 3, 4, 5, 6], "real/instance": 0.5, "fake/instance": 1 },
      plain.state,
    );
    for (const [name, value] of Object.entries(fetches)) expect(value[0], name).toBeCloseTo(shifted.fetches[name]![0]!, 9);
    for (const [name, value] of Object.entries(assigns)) {
      if (name === "generator.4.bias") continue;
      for (const [i, x] of value.entries()) expect(x, name).toBeCloseTo(shifted.assigns[name]![i]!, 9);
    }
  });
});

describe("label-smoothing", () => {
  it("adds as much of the loss of turned labels as there are", () => {
    const graph = new Graph();
    const [real, fake] = [graph.input("real", [1, 2]), graph.input("fake", [1, 2])];
    graph.fetch("penalty", penaltyOf("label-smoothing", { label: 0.75 }, meanAll, real, fake));
    expect(evaluate(graph, { real: 0, fake: 0 }).fetches.penalty![0]).toBe(7 / 4);
  });

  it("makes the loss the cross-entropy with that label, and leaves the divergence that of the scores", () => {
    const options = { shape: [2], architecture: "mlp", width: 3, ema: false } as const;
    const images = [1, 2, 3, 4];
    const [plain, smooth] = [[], ["label-smoothing"] as const].map((regularizers) =>
      new Trainer(resolveSpec({ ...options, regularizers }), 2).step("train", images),
    );
    const { realScore, discriminatorLoss, divergence } = plain!.fetches;
    // softplus(s) - softplus(-s) = s
    expect(smooth!.fetches.discriminatorLoss![0]).toBeCloseTo(discriminatorLoss![0]! + 0.1 * realScore![0]!, 7);
    expect(smooth!.fetches.divergence).toEqual(divergence);
  });
});

describe("gradient-clipping", () => {
  it("leaves gradients up to the norm as they are, and makes those beyond as long", () => {
    const graph = new Graph();
    graph.fetch("scale", REGULARIZERS["gradient-clipping"].gradientScale!(graph.input("norm", []), { norm: 2 }));
    expect([0, 1.5, 2, 8].map((norm) => evaluate(graph, { norm }).fetches.scale![0])).toEqual([1, 1, 1, 0.25]);
  });

  it("refuses an update where the norm is beyond float32, of which nothing would be left", async () => {
    const gan = await createGAN({
      shape: [2],
      latent: 2,
      // The gradient of a linear critic is the difference of the means.
      objective: "wasserstein",
      regularizers: ["gradient-clipping"],
      architecture: { generator: [{ type: "dense", units: 2 }], discriminator: [{ type: "dense", units: 1 }] },
      batchSize: 2,
      backend: "wasm",
      threads: 1,
    });
    await expect(gan.train(Float32Array.of(1e25, 2, 3, 4), { steps: 1 })).rejects.toThrow("expected finite losses, gradients and weights");
    gan.dispose();
  });

  it("takes the norm over all weights of a network", () => {
    const t = new Trainer(
      resolveSpec({ ...PLAIN, shape: [2], architecture: "mlp", width: 3, regularizers: [{ name: "gradient-clipping", norm: 1e-3 }] }),
      2,
    );
    t.step("train", [1, 2, 3, 4]);
    for (const network of ["generator", "discriminator"]) {
      // Adam's first m is half the gradient.
      const gradient = Object.entries(t.state).flatMap(([name, m]) => (name.startsWith(network) && name.endsWith("adam.m") ? [...m] : []));
      expect(2 * Math.hypot(...gradient)).toBeCloseTo(1e-3, 9);
    }
  });
});

describe("r1 and r2", () => {
  it("are γ/2 E ‖∇ D‖², at the images of the data and at the generator's", () => {
    const graph = new Graph();
    const [real, fake] = [graph.input("real", [2, 2]), graph.input("fake", [2, 2])];
    // f(x) = ‖x‖²/2 has the gradient x.
    const bowl = (x: Node) => mul(reshape(reduceSum(mul(x, x), [1]), [2]), 0.5);
    graph.fetch("r1", penaltyOf("r1", { gamma: 6 }, bowl, real, fake));
    graph.fetch("r2", penaltyOf("r2", {}, bowl, real, fake));
    const { fetches } = evaluate(graph, { real: [3, 4, 0, 1], fake: [0, 2, 0, 0] });
    expect(fetches.r1![0]).toBeCloseTo(3 * 13, 9);
    expect(fetches.r2![0]).toBeCloseTo(0.5 * 2, 9);
  });
});

describe("dragan", () => {
  it("looks around the images of the data, as far as they are spread", () => {
    const graph = new Graph();
    const [real, fake] = [graph.input("real", [2, 2]), graph.input("fake", [2, 2])];
    const bowl = (x: Node) => mul(reshape(reduceSum(mul(x, x), [1]), [2]), 0.5);
    graph.fetch("penalty", penaltyOf("dragan", { lambda: 2, reach: 0.5 }, bowl, real, fake));
    // The batch's deviation is 2: δ = share · offset · 1.
    const { fetches } = evaluate(graph, { real: [2, -2, -2, 2], fake: 100, share: [0, 0.5], offset: [1, 1, 0.5, 1] });
    const norms = [Math.hypot(2, -2), Math.hypot(-2 + 0.25, 2 + 0.5)];
    expect(fetches.penalty![0]).toBeCloseTo(((norms[0]! - 1) ** 2 + (norms[1]! - 1) ** 2) / 1, 5);
  });
});
