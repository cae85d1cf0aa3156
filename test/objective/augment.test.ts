import { describe, expect, it } from "vitest";
import { evaluate, evaluatePrimitives } from "../../src/exec/reference/evaluate.ts";
import { type GANOptions, resolveSpec } from "../../src/gan/spec.ts";
import { sumAll } from "../../src/graph/build.ts";
import { expandComposites } from "../../src/graph/composites.ts";
import { grad } from "../../src/graph/grad.ts";
import { Graph } from "../../src/graph/graph.ts";
import type { LayerSpec } from "../../src/nn/layers/table.ts";
import { openAugmenting } from "../../src/objective/augment.ts";
import type { AugmentationName } from "../../src/objective/augmentations.ts";
import { divergenceGraph, probeGraph } from "../../src/objective/probe.ts";
import { trainStep } from "../../src/objective/steps.ts";
import { variables } from "../../src/objective/variables.ts";
import { PLAIN } from "../cases/plain.ts";
import { firstState, Trainer, type Values } from "./harness.ts";

/** Every pair of equally likely draws: of the first of `m` integers, and of the second of `n`. */
const everyPair = (m: number, n: number): [number[], number[]] => [
  Array.from({ length: m * n }, (_, i) => (Math.floor(i / n) + 0.5) / m),
  Array.from({ length: m * n }, (_, i) => ((i % n) + 0.5) / n),
];

/** The same image under each of these draws, and the mean of what it becomes. */
function shown(policy: readonly AugmentationName[], image: readonly number[], shape: readonly number[], draws: Values, probability = 1) {
  const graph = new Graph();
  const count = Object.values(draws)[0]!.length;
  const images = graph.input("images", [count, ...shape]);
  graph.fetch("shown", openAugmenting({ policy, probability }, shape, graph, (name) => graph.input(name, [count])).images(images));
  const all = evaluate(graph, { images: Array.from({ length: count }, () => image).flat(), ...draws }).fetches.shown!;
  const each = Array.from({ length: count }, (_, i) => [...all.subarray(i * image.length, (i + 1) * image.length)]);
  return { each, mean: image.map((_, p) => each.reduce((sum, one) => sum + one[p]! / count, 0)) };
}

describe("augmentations", () => {
  it("translation: every shift up to an eighth of each side as often, zeros coming in", () => {
    const image = Array.from({ length: 16 * 9 }, (_, i) => (i === 7 * 9 + 4 ? 1 : 0));
    const [down, right] = everyPair(5, 3);
    const { mean, each } = shown(["translation"], image, [16, 9, 1], { "translation.down": down, "translation.right": right });
    for (const [p, x] of mean.entries()) {
      const [row, column] = [Math.floor(p / 9), p % 9];
      expect(x).toBeCloseTo(Math.abs(row - 7) <= 2 && Math.abs(column - 4) <= 1 ? 1 / 15 : 0, 12);
    }
    const ones = shown(["translation"], new Array(144).fill(1), [16, 9, 1], { "translation.down": [0.01], "translation.right": [0.99] }).each[0]!;
    expect(ones.filter((x) => x === 0)).toHaveLength(2 * 9 + 14);
    expect(each.every((one) => one.filter((x) => x === 1).length === 1)).toBe(true);
  });

  it.each([
    [8, 6],
    [7, 5],
    [1, 9],
  ])("cutout: of %i x %i, a part of half of each side about every pixel as often", (height, width) => {
    const [cutH, cutW] = [Math.max(1, height >> 1), width >> 1];
    const [m, n] = [height + 1 - (cutH % 2), width + 1 - (cutW % 2)];
    const [down, right] = everyPair(m, n);
    const { each } = shown(["cutout"], new Array(height * width).fill(1), [height, width, 1], { "cutout.down": down, "cutout.right": right });
    const inside = (cut: number, size: number, middle: number) =>
      Array.from({ length: size }, (_, i) => i - middle >= -(cut >> 1) && i - middle < cut - (cut >> 1));
    for (const [k, one] of each.entries()) {
      const [rows, columns] = [inside(cutH, height, Math.floor(k / n)), inside(cutW, width, k % n)];
      expect(one).toEqual(rows.flatMap((row) => columns.map((column) => (row && column ? 0 : 1))));
      expect(one).toContain(0);
    }
  });

  it("color: what it is on average is what it was", () => {
    const image = [0.5, -0.25, 0.75, 0, 0.25, -1, 1, -0.5, 0.125, 0.25, 0.5, 0.75];
    const ends = [0, 1].flatMap((b) => [0, 1].flatMap((s) => [0, 1].map((c) => [b, s, c])));
    const draw = (i: number) => ends.map((draws) => draws[i]!);
    const draws = { "color.brightness": draw(0), "color.saturation": draw(1), "color.contrast": draw(2) };
    const { mean, each } = shown(["color"], image, [2, 2, 3], draws);
    for (const [p, x] of image.entries()) expect(mean[p]).toBeCloseTo(x, 12);
    // No saturation, half the contrast and the least brightness.
    const [grey, level] = [(0.5 - 0.25 + 0.75) / 3, image.reduce((a, b) => a + b / 12, 0)];
    expect(each[0]![0]).toBeCloseTo(level - 0.5 + (grey - level) / 2, 6);
  });

  it("rotation tells how images stood, as long as some are left as they are", () => {
    const image = [1, 2, 3, 4];
    const turned = [image, [2, 4, 1, 3], [4, 3, 2, 1], [3, 1, 4, 2]];
    const [applied, quarters] = everyPair(10, 4);
    for (const probability of [0.8, 1]) {
      const draws = { "rotation.applied": applied, "rotation.quarters": quarters };
      const { each } = shown(["rotation"], image, [2, 2, 1], draws, probability);
      const shares = turned.map((one) => each.filter((other) => String(other) === String(one)).length / each.length);
      // The matrix of these shares, turned round, has these eigenvalues beside 1: with one that is 0 it cannot be undone.
      expect(shares[0]! - shares[1]!).toBeCloseTo(1 - probability, 12);
      for (const share of shares.slice(1)) expect(share).toBeCloseTo(probability / 4, 12);
    }
  });

  it("scale: what is white all over stays white, but for what comes in from outside", () => {
    const sizes = [-3, -1.3, -1, -0.5, 0, 0.5, 2];
    for (const [height, width] of [
      [16, 16],
      [9, 14],
    ] as const) {
      const { each } = shown(["scale"], new Array(height * width).fill(1), [height, width, 1], { "scale.size": sizes });
      for (const [k, one] of each.entries()) {
        const zoom = 2 ** (-0.2 * sizes[k]!);
        // How far from the middle what a place is made of reaches, by no more than it and half a place beside it.
        const isInside = (at: number, size: number) => Math.abs(at - (size - 1) / 2) * zoom + Math.max(zoom, 1) / 2 <= size / 2;
        for (const [p, x] of one.entries()) {
          if (isInside(Math.floor(p / width), height) && isInside(p % width, width)) expect(x).toBeCloseTo(1, 6);
          else expect(x).toBeLessThan(1 + 1e-6);
        }
      }
    }
  });

  it("leaves the images alone that it is not applied to", () => {
    const image = Array.from({ length: 8 * 8 * 3 }, (_, i) => Math.sin(i));
    const policy = ["color", "rotation", "flip", "scale", "translation", "cutout"] as const;
    const numbers = policy.flatMap((name) => [[`${name}.applied`, [0.49, 0.51]] as const]);
    const others = ["color.brightness", "color.saturation", "color.contrast", "rotation.quarters", "flip.side", "scale.size", "translation.down"];
    const draws = [...others, "translation.right", "cutout.down", "cutout.right"].map((name) => [name, [0.7, 0.7]] as const);
    const { each } = shown(policy, image, [8, 8, 3], Object.fromEntries([...numbers, ...draws]), 0.5);
    expect(each[1]).toEqual(image);
    expect(each[0]).not.toEqual(image);
  });

  it("lets the gradient through by the adjoint: what comes from outside has none", () => {
    const graph = new Graph();
    const images = graph.input("images", [1, 8, 8, 1]);
    const moved = openAugmenting({ policy: ["translation"], probability: 1 }, [8, 8, 1], graph, (name) => graph.input(name, [1])).images(images);
    graph.fetch("gradient", grad(sumAll(moved), [images])[0]!);
    const gradient = evaluate(graph, { images: 0, "translation.down": 0.9, "translation.right": 0.5 }).fetches.gradient!;
    expect([...gradient]).toEqual(Array.from({ length: 64 }, (_, i) => (i < 56 ? 1 : 0)));
  });
});

const dense = (units: number): LayerSpec => ({ type: "dense", units });
const SHAPE = [4, 8, 2];
const DISCRIMINATOR: LayerSpec[] = [{ type: "flatten" }, dense(5), { type: "activation", name: "leakyRelu" }, dense(1)];
/** Images of 4 x 8 pixels, and a discriminator that looks at every pixel. */
const OPTIONS: GANOptions = {
  ...PLAIN,
  shape: SHAPE,
  latent: 2,
  architecture: {
    generator: [dense(64), { type: "reshape", shape: SHAPE }],
    discriminator: DISCRIMINATOR,
  },
};
const COUNT = 3;
const wave = (length: number, phase = 0) => Float64Array.from({ length }, (_, i) => Math.sin(1.3 * i + phase) / 2);
/** [N, height, width, C] with left and right changed in the images where it says so. */
const mirrored = (images: Float64Array, turned: readonly boolean[], channels = 2) =>
  images.map((_, i) => {
    const [c, x] = [i % channels, Math.floor(i / channels) % 8];
    const row = Math.floor(i / channels / 8);
    return images[(row * 8 + (turned[Math.floor(row / 4)] ? 7 - x : x)) * channels + c]!;
  });

describe("a step with augmentation", () => {
  it("is the one without where the draws change nothing, gradients and penalties of second order among them", () => {
    const options: GANOptions = { ...OPTIONS, regularizers: ["r1", "r2", "gradient-penalty"] };
    const augmented = trainStep(resolveSpec({ ...options, augment: ["translation", "color"] }), COUNT);
    const names = ["color.brightness", "color.saturation", "color.contrast", "translation.right"].map((name) => `augment/${name}`);
    expect(augmented.noise.slice(1, -1)).toEqual(names.map((name) => ({ name, shape: [COUNT], distribution: "uniform" })));
    const plain = new Trainer(resolveSpec(options), COUNT);
    const feeds = { images: wave(COUNT * 64), latents: wave(6), interpolation: 0.25, ...plain.train.scalars(plain.done) };
    const expected = evaluate(plain.train.graph, feeds, plain.state);
    const neutral = Object.fromEntries(names.map((name) => [name, 0.5]));
    const got = evaluate(augmented.graph, { ...feeds, ...neutral }, plain.state);
    for (const group of ["fetches", "assigns"] as const) {
      expect(Object.keys(got[group]).sort()).toEqual(Object.keys(expected[group]).sort());
      for (const [name, value] of Object.entries(expected[group])) {
        for (const [i, x] of value.entries()) expect(got[group][name]![i], name).toBeCloseTo(x, 10);
      }
    }
  });

  it("does the same to the images of the data, to the generated ones, and to those that they are made for, place for place", () => {
    const pairs: GANOptions = {
      ...OPTIONS,
      condition: { shape: [4, 8, 1] },
      architecture: {
        // What is made follows from a bias alone, whatever it is made for.
        generator: [{ type: "flatten" }, dense(64), { type: "reshape", shape: SHAPE }],
        discriminator: DISCRIMINATOR,
      },
    };
    const augmented = trainStep(resolveSpec({ ...pairs, augment: { policy: ["flip"], probability: 1 } }), COUNT);
    const plain = new Trainer(resolveSpec(pairs), COUNT);
    const bias = wave(64, 1);
    const filter = plain.state["generator.1.filter"]!;
    const state = { ...plain.state, "generator.1.filter": new Float64Array(filter.length), "generator.1.bias": bias };
    const [images, condition] = [wave(COUNT * 64, 2), wave(COUNT * 32, 3)];
    const feeds = { latents: wave(6), ...plain.train.scalars(plain.done) };
    const primitives = { augmented: expandComposites(augmented.graph), plain: expandComposites(plain.train.graph) };
    const shown = (sides: readonly number[]) =>
      evaluatePrimitives(primitives.augmented, { ...feeds, images, condition, "augment/flip.side": sides }, state).fetches;
    const given = (turned: readonly boolean[], values = state) =>
      evaluatePrimitives(primitives.plain, { ...feeds, images: mirrored(images, turned), condition: mirrored(condition, turned, 1) }, values).fetches;
    const all = [true, true, true];
    const expected = given(all, { ...state, "generator.1.bias": mirrored(bias, all) });
    const got = shown([0.75, 0.75, 0.75]);
    for (const [name, value] of Object.entries(expected)) expect(got[name]![0], name).toBeCloseTo(value[0]!, 10);
    // Each image has a draw of its own.
    expect(shown([0.75, 0.25, 0.75]).realScore![0]).toBeCloseTo(given([true, false, true]).realScore![0]!, 10);
  });

  it("shows probes and images held out to the discriminator as training does, and gives samples as they are", () => {
    const spec = resolveSpec({ ...OPTIONS, augment: { policy: ["flip"], probability: 1 } });
    const state = firstState(spec);
    const feeds = { latents: wave(6), images: wave(COUNT * 64) };
    const [turned, straight] = [0.75, 0.25].map(
      (side) => evaluate(probeGraph(spec, COUNT).graph, { ...feeds, "augment/flip.side": side }, state).fetches,
    );
    expect(turned!.samples).toEqual(straight!.samples);
    expect(turned!.realScores).not.toEqual(straight!.realScores);
    expect(turned!.fakeScores).not.toEqual(straight!.fakeScores);
    const flipped = { ...feeds, images: mirrored(feeds.images, [true, true, true]) };
    const again = evaluate(probeGraph(spec, COUNT).graph, { ...flipped, "augment/flip.side": 0.75 }, state).fetches;
    expect(again.realScores).toEqual(straight!.realScores);
    expect(divergenceGraph(spec, COUNT).noise.map(({ name }) => name)).toContain("augment/flip.side");
  });
});

describe("an adaptive augmentation", () => {
  const LAST = "discriminator.3.bias";
  /** Training in steps of 3 images, from networks whose discriminator says about `bias` of every image. */
  function training(adaptive: object, bias: number, options: Partial<GANOptions> = {}) {
    const trainer = new Trainer(resolveSpec({ ...OPTIONS, ...options, augment: { policy: ["translation", "cutout"], adaptive } }), COUNT);
    trainer.state = { ...trainer.state, [LAST]: Float64Array.of(bias) };
    const step = (images = wave(COUNT * 64)) => trainer.step("train", images);
    const at = () => trainer.state["augment.probability"]![0]!;
    return { trainer, step, at };
  }

  it("begins with none; its two numbers are variables of a role of their own", () => {
    const spec = resolveSpec({ ...OPTIONS, augment: { policy: ["cutout"], adaptive: {} } });
    const own = variables(spec).filter(({ role }) => role === "augmentation");
    expect(own.map(({ name, shape, init }) => [name, shape, init])).toEqual(
      ["augment.probability", "augment.certainty"].map((name) => [name, [], { kind: "constant", value: 0 }]),
    );
    expect(variables(resolveSpec({ ...OPTIONS, augment: ["cutout"] })).some(({ role }) => role === "augmentation")).toBe(false);
  });

  it("rises while the discriminator is sure of the data, by the images shown, up to the most", () => {
    const { trainer, step, at } = training({ target: 0.6, images: 30, most: 0.35 }, 100);
    const reports = Array.from({ length: 8 }, () => step().fetches);
    // The mean sign is 1: smoothed it is 1 - (3/4)^k, above 0.6 from the fourth step on.
    for (const [k, { augmentCertainty }] of reports.entries()) expect(augmentCertainty![0]).toBeCloseTo(1 - 0.75 ** (k + 1), 6);
    const expected = [0, 0, 0, 0, 0.1, 0.2, 0.3, 0.35];
    for (const [k, { augmentProbability }] of reports.entries()) expect(augmentProbability![0]).toBeCloseTo(expected[k]!, 6);
    expect(at()).toBeCloseTo(0.35, 6);
    trainer.state = { ...trainer.state, [LAST]: Float64Array.of(-100) };
    for (let k = 0; k < 5; k++) step();
    expect(at()).toBeLessThan(0.1);
    for (let k = 0; k < 3; k++) step();
    expect(at()).toBe(0);
  });

  it("stays where the target is met", () => {
    const trainer = new Trainer(resolveSpec({ ...OPTIONS, augment: { policy: ["cutout"], adaptive: { target: 1, images: 30 } } }), 4);
    trainer.state = {
      ...trainer.state,
      [LAST]: Float64Array.of(100),
      "augment.probability": Float64Array.of(0.25),
      "augment.certainty": Float64Array.of(1),
    };
    trainer.step("train", wave(4 * 64));
    expect(trainer.state["augment.probability"]).toEqual(Float64Array.of(0.25));
  });

  it("has images augmented with the probability that it has come to", () => {
    const { trainer } = training({}, 0);
    const feeds = { images: wave(COUNT * 64), latents: wave(6), ...trainer.train.scalars(trainer.done) };
    const noise = Object.fromEntries(trainer.train.noise.slice(1).map(({ name }) => [name, 0.3]));
    const at = (p: number) => evaluate(trainer.train.graph, { ...feeds, ...noise }, { ...trainer.state, "augment.probability": Float64Array.of(p) });
    const plain = new Trainer(resolveSpec(OPTIONS), COUNT);
    const { fetches } = evaluate(plain.train.graph, feeds, trainer.state);
    expect(at(0.25).fetches.realScore![0]).toBeCloseTo(fetches.realScore![0]!, 12);
    expect(at(0.35).fetches.realScore![0]).not.toBeCloseTo(fetches.realScore![0]!, 3);
  });

  it.each([
    ["least-squares", 0.6, 1],
    ["least-squares", 0.4, -1],
    [{ name: "least-squares", realLabel: -1, fakeLabel: 3 } as const, 0.9, 1],
    ["hinge", -0.1, -1],
  ] as const)("asks %j, by the middle of its labels, what a score of %f says: %i", (objective, score, sign) => {
    const { trainer, step } = training({}, score, { objective, regularizers: [] });
    // Nothing but the last bias is left.
    const zero = Object.keys(trainer.state).filter((name) => name.startsWith("discriminator.") && name !== LAST);
    trainer.state = { ...trainer.state, ...Object.fromEntries(zero.map((name) => [name, new Float64Array(trainer.state[name]!.length)])) };
    expect(step().fetches.augmentCertainty![0]).toBeCloseTo(sign / 4, 6);
  });

  it.each(["relativistic", "wasserstein"] as const)("compares scores in pairs where they say nothing alone: %s", (objective) => {
    const { step } = training({}, 1000, { objective: { name: objective, discriminatorSteps: 1 }, regularizers: [] });
    const { augmentCertainty, discriminatorAccuracy } = step().fetches;
    expect(augmentCertainty![0]).toBeCloseTo((2 * discriminatorAccuracy![0]! - 1) / 4, 6);
  });

  it("changes nothing at a step that is not finite", () => {
    const { trainer, step } = training({ target: -1, images: 30 }, 100);
    step();
    const before = trainer.state;
    expect(step(new Float64Array(COUNT * 64).fill(Number.NaN)).fetches.finite![0]).toBe(0);
    expect(trainer.state).toEqual(before);
  });
});

describe("augment, as it is described", () => {
  const resolved = (augment: Exclude<GANOptions["augment"], undefined>, shape: readonly number[] = [8, 8, 1]) =>
    resolveSpec({ shape, augment }).augment;
  const faults = (augment: unknown, shape: readonly number[] = [8, 8, 1]): string[] => {
    try {
      resolveSpec({ shape, augment: augment as never });
    } catch (error) {
      return (error as { faults: { path: string; expected: string; got: string }[] }).faults.map((f) => `${f.path}: ${f.expected}, ${f.got}`);
    }
    return [];
  };

  it("is nothing unless it is named", () => {
    expect(resolveSpec({ shape: [8, 8, 1] }).augment).toBe(false);
    for (const none of [false, null, [], { policy: [] }, { policy: [], adaptive: {} }] as const) expect(resolved(none)).toBe(false);
  });

  it("is in full, in the order in which it is done, and resolves to itself", () => {
    expect(resolved(["cutout", "translation", "color"])).toEqual({ policy: ["color", "translation", "cutout"], probability: 1 });
    expect(resolved(["flip", "color"])).toEqual({ policy: ["color", "flip"], probability: 0.8 });
    expect(resolved({ policy: ["rotation"], probability: 0.5 })).toEqual({ policy: ["rotation"], probability: 0.5 });
    const adaptive = { policy: ["cutout"], adaptive: { target: 0.6, images: 500_000, most: 0.8 } } as const;
    for (const given of [true, {}, { most: 0.8 }]) expect(resolved({ policy: ["cutout"], adaptive: given })).toEqual(adaptive);
    for (const none of [false, null, undefined])
      expect(resolved({ policy: ["cutout"], adaptive: none })).toEqual({ policy: ["cutout"], probability: 1 });
    for (const spec of [adaptive, resolved(["cutout"]) as GANOptions["augment"]]) expect(resolved(JSON.parse(JSON.stringify(spec)))).toEqual(spec);
  });

  it("names every fault with its path", () => {
    expect(faults(["colour"])).toEqual([
      'augment[0]: "color" or "rotation" or "flip" or "scale" or "translation" or "cutout", "colour"; did you mean "color"?',
    ]);
    for (const wrong of [true, "flip"]) {
      expect(faults(wrong)).toEqual([`augment: a list of augmentations, such as ["translation", "cutout"], ${JSON.stringify(wrong)}`]);
    }
    expect(faults({})).toEqual(['augment.policy: a list of augmentations, such as ["translation", "cutout"], undefined']);
    expect(faults(["color", "color"])).toEqual(['augment[1]: each augmentation once, "color" again']);
    expect(faults({ policy: ["color"], adaptive: { target: 2, images: 0, most: 0, speed: 1 } }).map((f) => f.split(":")[0])).toEqual([
      "augment.adaptive.speed",
      "augment.adaptive.target",
      "augment.adaptive.images",
      "augment.adaptive.most",
    ]);
    expect(faults({ policy: ["color"], probability: 0.5, adaptive: {} })).toEqual([
      "augment.probability: none beside adaptive, which it follows, 0.5",
    ]);
    expect(faults({ policy: ["color"], probability: 0 })).toHaveLength(1);
    expect(faults({ probability: 0.5 })[0]).toMatch(/^augment\.policy: a list/);
    expect(faults("color")[0]).toMatch(/^augment: a list/);
    expect(faults(["color"], [2])).toEqual(['augment: none but for images [height, width, channels], ["color"] for vectors [2]']);
    expect(faults(["rotation"], [8, 9, 1])).toEqual(['augment: images as high as wide, to be turned ("rotation"), 8 x 9']);
    expect(faults(["translation"], [7, 4, 1])).toEqual(['augment: images of 8 pixels a side at least, to be moved ("translation"), 7 x 4']);
  });
});
