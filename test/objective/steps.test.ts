import { describe, expect, it } from "vitest";
import { fillNormals, Stream } from "../../src/core/random.ts";
import { evaluate } from "../../src/exec/reference/evaluate.ts";
import { type GANOptions, resolveSpec } from "../../src/gan/spec.ts";
import { meanAll, softplus } from "../../src/graph/build.ts";
import { grad } from "../../src/graph/grad.ts";
import { Graph } from "../../src/graph/graph.ts";
import { discriminate } from "../../src/nn/discriminator.ts";
import { emaName } from "../../src/nn/generator.ts";
import type { LayerSpec } from "../../src/nn/layers/table.ts";
import { conditionInput, generate, openPass, parameters } from "../../src/nn/network.ts";
import { sampleGraph } from "../../src/nn/sampling.ts";
import type { Counters } from "../../src/objective/counters.ts";
import { type ObjectiveName, objectiveRow } from "../../src/objective/objectives.ts";
import type { PresetName } from "../../src/objective/presets.ts";
import { criticStep, stepScalars, trainStep } from "../../src/objective/steps.ts";
import { variables } from "../../src/objective/variables.ts";
import { expectSameBytes } from "../bytes.ts";
import { PLAIN } from "../cases/plain.ts";
import { drawNoise, type State, TINY_LAYERS, Trainer, type Values } from "./harness.ts";

const BATCH = 6;
const FIRST: Counters = { discriminator: 0, generator: 0, images: 0 };
const TINY: GANOptions = { ...PLAIN, shape: [4, 4, 1], latent: 3, architecture: TINY_LAYERS, condition: { classes: 3 }, ema: { decay: 0.5 } };
const LABELS = { condition: [0, 1, 2, 2, 1, 0] };

function images(size: number, item = 0): Float32Array {
  const values = new Float32Array(size);
  fillNormals(values, 9, Stream.data, item);
  return values;
}

/** The generator's loss on fresh images with batch statistics, as a function of every tensor. */
function generatorLoss(options: GANOptions, state: State, noise: Values): number {
  const spec = resolveSpec(options);
  const graph = new Graph();
  const condition = conditionInput(spec, graph, BATCH);
  const fake = generate(spec, graph.input("latents", [BATCH, spec.latent]), condition, openPass(graph, { training: true, label: "generate" }));
  const scores = discriminate(spec, fake, condition, openPass(graph, { training: true, label: "judge" }));
  graph.fetch("loss", objectiveRow(spec.objective).generatorLoss(scores, scores, spec.objective));
  return evaluate(graph, { ...noise, ...LABELS }, state).fetches.loss![0]!;
}

describe("trainStep", () => {
  const spec = resolveSpec(TINY);
  const trainer = () => new Trainer(spec, BATCH);

  it("assigns every variable of the session and reads no other", () => {
    const { graph } = trainStep(spec, BATCH);
    const names = variables(spec)
      .map((v) => v.name)
      .sort();
    expect([...graph.assigns.keys()].map((v) => v.attrs.name).sort()).toEqual(names);
    expect(
      graph
        .leaves("variable")
        .map((v) => v.attrs.name)
        .sort(),
    ).toEqual(names);
  });

  it("wants its inputs by name", () => {
    const { graph, noise, scalars } = trainStep(spec, BATCH);
    expect(noise).toEqual([
      { name: "latents", shape: [BATCH, 3], distribution: "normal" },
      ...["real", "fake", "judge"].map((pass) => ({ name: `${pass}/discriminator.3.dropout`, shape: [BATCH, 2, 2, 3], distribution: "uniform" })),
    ]);
    expect(
      graph
        .leaves("input")
        .map((n) => n.attrs.name)
        .sort(),
    ).toEqual(["images", "condition", ...noise.map((n) => n.name), ...Object.keys(scalars(FIRST))].sort());
  });

  it("gives the generator the gradient of its loss under the updated discriminator, held fixed: relative error < 1e-6", () => {
    // With Adam's v at 1 the discriminator's update is in proportion to its gradient, and the rate makes it large:
    // a path from the images through the update to the loss would be seen.
    const t = new Trainer(
      resolveSpec({ ...TINY, optimizer: { ...PLAIN.optimizer, discriminator: { ...PLAIN.optimizer.discriminator, learningRate: 30 } } }),
      BATCH,
    );
    for (const [name, v] of Object.entries(t.state)) if (/^discriminator.*adam\.v$/.test(name)) v.fill(1);
    const before = t.state;
    const { fetches } = t.step("train", images(BATCH * 16), LABELS);
    const noise = drawNoise(t.train.noise, 1);
    const judged = Object.fromEntries(Object.entries(before).map(([name, v]) => [name, name.startsWith("discriminator.") ? t.state[name]! : v]));
    // Adam's first m is (1 - β1) times the gradient.
    for (const { name } of parameters(spec, "generator").filter((p) => p.role === "weight")) {
      const direction = Float64Array.from(before[name]!, (_, i) => Math.sin(i + 1));
      const at = (h: number) => generatorLoss(TINY, { ...judged, [name]: before[name]!.map((v, i) => v + h * direction[i]!) }, noise);
      const numeric = (at(1e-5) - at(-1e-5)) / 2e-5;
      const analytic = t.state[`${name}/adam.m`]!.reduce((sum, m, i) => sum + 2 * m * direction[i]!, 0);
      expect(Math.abs(analytic - numeric), name).toBeLessThan(1e-6 * (Math.abs(numeric) + 0.01));
    }
    expect(fetches.generatorLoss![0]).toBeCloseTo(generatorLoss(TINY, judged, noise), 9);
  });

  it("moves every weight by Adam's first step, which is the learning rate against the sign of the gradient", () => {
    const t = trainer();
    const before = t.state;
    t.step("train", images(BATCH * 16), LABELS);
    for (const network of ["generator", "discriminator"] as const) {
      for (const { name } of parameters(spec, network).filter((p) => p.role === "weight")) {
        for (const [i, m] of t.state[`${name}/adam.m`]!.entries()) {
          // Epsilon weighs little against a gradient this large. A bias before batch norm has a gradient that is all rounding.
          if (Math.abs(m) > 1e-4) expect(t.state[name]![i]! - before[name]![i]!, name).toBeCloseTo(-2e-4 * Math.sign(m), 7);
        }
      }
    }
  });

  it("lets the discriminator's running statistics see the real images, then the generated ones", () => {
    const t = trainer();
    const before = t.state;
    const real = images(BATCH * 16);
    t.step("train", real, LABELS);

    const graph = new Graph();
    const condition = conditionInput(spec, graph, BATCH);
    const noise = drawNoise(t.train.noise, 1);
    const fake = generate(spec, graph.input("latents", [BATCH, 3]), condition, openPass(graph, { training: true }));
    const first = openPass(graph, { training: true, label: "real" });
    discriminate(spec, graph.input("images", [BATCH, 4, 4, 1]), condition, first);
    const second = openPass(graph, { training: true, label: "fake", values: first.updates });
    discriminate(spec, fake, condition, second);
    for (const [name, value] of second.updates) graph.fetch(name, value);
    const { fetches } = evaluate(graph, { ...noise, ...LABELS, images: real }, before);
    for (const name of ["discriminator.1.runningMean", "discriminator.1.runningVariance"]) expect(t.state[name]).toEqual(fetches[name]);
    expect(t.state["generator.2.runningMean"]).not.toEqual(before["generator.2.runningMean"]);
  });

  it("moves the average of every generator tensor, faster at first", () => {
    const t = trainer();
    const before = t.state;
    t.step("train", images(BATCH * 16), LABELS);
    for (const { name } of parameters(spec, "generator")) {
      for (const [i, average] of t.state[`${name}/ema`]!.entries()) {
        // The rate, 1 - 1/10, reaches the graph as a number of the test's own precision; only rounding is left.
        expect(average).toBeCloseTo(0.1 * before[name]![i]! + 0.9 * t.state[name]![i]!, 12);
      }
    }
  });

  it.each([
    ["a NaN in the images", (real: Float32Array) => real.fill(Number.NaN, 7, 8), {}],
    ["an infinite weight of the discriminator", () => {}, { "discriminator.5.bias": Float64Array.of(Number.POSITIVE_INFINITY) }],
    ["a NaN in the generator", () => {}, { "generator.4.bias": Float64Array.of(Number.NaN) }],
  ] as const)("changes nothing at all after %s", (_, spoil, weights) => {
    const t = trainer();
    t.state = { ...t.state, ...weights };
    const before = t.state;
    const real = images(BATCH * 16);
    spoil(real);
    const { fetches } = t.step("train", real, LABELS);
    expect(fetches.finite![0]).toBe(0);
    expectSameBytes(t.state, before);
  });

  it.each(["generator", "discriminator"] as const)("changes nothing after a gradient of the %s that is NaN under finite losses", (network) => {
    // tanh(±∞) is ±1, but what flows back through it is 0 · ∞.
    const saturating = (units: number): LayerSpec[] => [
      { type: "dense", units: 3 },
      { type: "dense", units: 3 },
      { type: "activation", name: "tanh" },
      { type: "dense", units },
    ];
    const t = new Trainer(resolveSpec({ ...PLAIN, shape: [2], architecture: { generator: saturating(2), discriminator: saturating(1) } }), BATCH);
    t.state = { ...t.state, [`${network}.1.filter`]: new Float64Array(9).map((_, i) => (i < 3 ? Number.POSITIVE_INFINITY : 0.1)) };
    const before = t.state;
    const { fetches } = t.step(network === "generator" ? "train" : "critic", images(BATCH * 2));
    expect(fetches.discriminatorLoss![0]).toBeGreaterThan(0);
    expect(fetches.finite![0]).toBe(0);
    expectSameBytes(t.state, before);
  });

  it("says that a good step is finite", () => {
    expect(trainer().step("train", images(BATCH * 16), LABELS).fetches.finite![0]).toBe(1);
  });
});

describe("criticStep", () => {
  it("updates the discriminator as trainStep does, and nothing of the generator", () => {
    const spec = resolveSpec(TINY);
    const [critic, train] = [new Trainer(spec, BATCH), new Trainer(spec, BATCH)];
    const real = images(BATCH * 16);
    const result = critic.step("critic", real, LABELS);
    train.step("train", real, { ...LABELS, ...drawNoise(critic.critic.noise, 1) });
    expect(Object.keys(result.fetches).sort()).toEqual([
      "discriminatorAccuracy",
      "discriminatorLoss",
      "divergence",
      "fakeScore",
      "finite",
      "realScore",
    ]);
    expect(Object.keys(result.assigns).sort()).toEqual(
      variables(spec)
        .map((v) => v.name)
        .filter((n) => n.startsWith("discriminator."))
        .sort(),
    );
    for (const [name, value] of Object.entries(result.assigns)) expectSameBytes(value, train.state[name], name);
  });

  it("reads the discriminator's scalars only", () => {
    const spec = resolveSpec({ shape: [2], objective: "wasserstein-gp" });
    const { graph, noise, scalars } = criticStep(spec, BATCH);
    expect(Object.keys(scalars(FIRST))).toEqual(["discriminator/stepSize", "discriminator/scale"]);
    expect(
      graph
        .leaves("input")
        .map((n) => n.attrs.name)
        .sort(),
    ).toEqual(["images", ...noise.map((n) => n.name), ...Object.keys(scalars(FIRST))].sort());
    expect(noise.at(-1)).toEqual({ name: "interpolation", shape: [BATCH], distribution: "uniform" });
  });
});

describe("stepScalars", () => {
  it("corrects Adam's bias by the updates of each network", () => {
    const spec = resolveSpec({ ...PLAIN, shape: [2], ema: { decay: 0.9 } });
    const scalars = stepScalars(spec, { discriminator: 2, generator: 0, images: 0 }, { before: 0, shown: BATCH });
    expect(scalars["discriminator/stepSize"]).toBeCloseTo(2e-4 / (1 - 0.5 ** 3), 15);
    expect(scalars["discriminator/scale"]).toBeCloseTo(1 / Math.sqrt(1 - 0.999 ** 3), 10);
    expect(scalars["generator/stepSize"]).toBeCloseTo(2e-4 / 0.5, 15);
    expect(scalars["ema/rate"]).toBeCloseTo(0.9, 12);
    expect(stepScalars(spec, { discriminator: 1e6, generator: 1e6, images: 0 }, { before: 0, shown: BATCH })).toEqual({
      "discriminator/stepSize": 2e-4,
      "discriminator/scale": 1,
      "generator/stepSize": 2e-4,
      "generator/scale": 1,
      "ema/rate": 1 - 0.9,
    });
  });
});

describe("weight clipping", () => {
  it("holds every weight of the critic within the limit, and none of the generator's", () => {
    const spec = resolveSpec({ shape: [2], width: 8, objective: { name: "wasserstein", clip: 0.03 } });
    const t = new Trainer(spec, BATCH);
    t.step("critic", images(BATCH * 2));
    t.step("train", images(BATCH * 2, 1));
    const largest = (network: "generator" | "discriminator") =>
      Math.max(...parameters(spec, network).flatMap((p) => [...t.state[p.name]!].map(Math.abs)));
    expect(largest("discriminator")).toBe(Math.fround(0.03));
    expect(largest("generator")).toBeGreaterThan(0.3);
  });
});

describe("the gradient penalty of a step", () => {
  it("is part of the critic's loss, and of its gradient", () => {
    const options = (lambda: number): GANOptions => ({ shape: [2], width: 8, latent: 2, objective: { name: "wasserstein-gp", lambda } });
    const real = images(BATCH * 2);
    const [weak, strong] = [1, 1001].map((lambda) => {
      const t = new Trainer(resolveSpec(options(lambda)), BATCH);
      const { fetches } = t.step("critic", real);
      return { loss: fetches.discriminatorLoss![0]!, divergence: fetches.divergence![0]!, v: t.state["discriminator.2.filter/adam.v"]! };
    });
    const penalty = (strong!.loss - weak!.loss) / 1000;
    expect(penalty).toBeGreaterThan(0);
    expect(weak!.loss).toBeCloseTo(penalty - weak!.divergence, 9);
    expect(strong!.v.reduce((a, b) => a + b)).toBeGreaterThan(1000 * weak!.v.reduce((a, b) => a + b));
  });
});

describe("training", () => {
  /** A cloud around (1.5, -1), 32 points. */
  const cloud = (item: number) => images(64, item).map((v, i) => 0.3 * v + (i % 2 === 0 ? 1.5 : -1));

  it.each<[ObjectiveName | PresetName, number]>([
    ["minimax", 150],
    ["non-saturating", 150],
    ["least-squares", 150],
    ["wasserstein", 150],
    ["wasserstein-gp", 150],
  ])("by %s brings generated points to the data", (name, steps) => {
    const network = { learningRate: name === "wasserstein" ? 5e-3 : 1e-2 };
    const spec = resolveSpec({
      shape: [2],
      latent: 2,
      width: 16,
      objective: name === "wasserstein" ? { name, clip: 0.1 } : name,
      optimizer: { generator: network, discriminator: network },
      ema: { decay: 0.9 },
    });
    const t = new Trainer(spec, 32);
    const distance = () => {
      const graph = sampleGraph(spec, 64, emaName);
      const latents = drawNoise([{ name: "latents", shape: [64, 2], distribution: "normal" }], 0);
      const { images: points } = evaluate(graph, latents, t.state).fetches;
      const mean = (axis: number) => points!.reduce((sum, v, i) => sum + (i % 2 === axis ? v / 64 : 0), 0);
      return Math.hypot(mean(0) - 1.5, mean(1) + 1);
    };
    const before = distance();
    let item = 0;
    for (let s = 0; s < steps; s++) {
      for (let k = 1; k < Math.min(spec.objective.discriminatorSteps, 3); k++) t.step("critic", cloud(item++));
      expect(t.step("train", cloud(item++)).fetches.finite![0]).toBe(1);
    }
    expect(before).toBeGreaterThan(1);
    expect(distance()).toBeLessThan(before / 2);
  });

  it("of a discriminator against a still generator lowers its loss", () => {
    const t = new Trainer(resolveSpec({ shape: [2], latent: 2, width: 16, optimizer: { discriminator: { learningRate: 1e-2 } } }), 32);
    const losses = Array.from({ length: 40 }, (_, i) => t.step("critic", cloud(i)).fetches.discriminatorLoss![0]!);
    expect(losses.at(-1)!).toBeLessThan(0.5 * losses[0]!);
  });
});

describe("a graph of the discriminator's loss", () => {
  it("has a gradient for the embedding of a condition", () => {
    const spec = resolveSpec({ shape: [2], width: 4, condition: { size: 3 } });
    const graph = new Graph();
    const pass = openPass(graph, { training: true });
    const loss = meanAll(softplus(discriminate(spec, graph.input("images", [2, 2]), conditionInput(spec, graph, 2), pass)));
    const embedding = graph.variable("discriminator.embedding", [3, 4]);
    graph.fetch("gradient", grad(loss, [embedding])[0]!);
    const state = new Trainer(spec, 2).state;
    const { gradient } = evaluate(graph, { images: [1, 2, 3, 4], condition: [1, 0, 0, 1, 0, 0] }, state).fetches;
    expect(gradient!.slice(0, 4).some((g) => g !== 0)).toBe(true);
    expect([...gradient!.slice(4)]).toEqual(new Array(8).fill(0));
  });
});
