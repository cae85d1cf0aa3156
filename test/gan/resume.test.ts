import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../src/formats/safetensors.ts";
import { type CreateOptions, createGAN, type GAN, loadGAN, type Schedule } from "../../src/index.ts";
import { expectSameBytes } from "../bytes.ts";

const points = Float32Array.from({ length: 2 * 37 }, (_, i) => ((i * 29) % 64) / 32 - 1);
const pictures = { data: Uint8Array.from({ length: 64 * 11 }, (_, i) => (i * 37) % 256), labels: Float32Array.from({ length: 11 }, (_, i) => i % 3) };

const mlp: CreateOptions = { shape: [2], architecture: "mlp", width: 8, latent: 4, batchSize: 8, seed: 3, threads: 1 };
/** Halfway down the second curve when 80 images were shown. */
const warmUp = (peak: number): Schedule => ({
  curve: "linear",
  from: 0,
  to: peak,
  images: 50,
  next: { curve: "cosine", from: peak, to: peak / 10, images: 60 },
});
const scheduled: CreateOptions = {
  ...mlp,
  optimizer: {
    generator: { learningRate: warmUp(1e-2), betas: [0.5, { curve: "cosine", from: 0.9, to: 0.99, images: 150 }] },
    discriminator: { name: "rmsprop", learningRate: { curve: "cosine", from: 1e-2, to: 1e-3, images: 155 } },
  },
  regularizers: [
    { name: "r1", gamma: warmUp(2), every: 2 },
    { name: "gradient-penalty", lambda: { curve: "linear", from: 1, to: 0, images: 120 } },
  ],
  ema: { halfLife: { curve: "cosine", from: 0, to: 200, images: 130 }, rampUp: 0.5 },
};
const cases: [string, CreateOptions, typeof pictures | Float32Array][] = [
  ["an mlp", mlp, points],
  ["an mlp without moving average", { ...mlp, ema: false }, points],
  ["RMSProp and five discriminator updates a step", { ...mlp, objective: "wasserstein" }, points],
  ["a gradient penalty and its own noise", { ...mlp, objective: { name: "wasserstein-gp", discriminatorSteps: 2 } }, points],
  ["schedules of every kind", scheduled, points],
  [
    "an augmentation whose probability is in motion",
    {
      ...mlp,
      shape: [8, 8, 1],
      augment: { policy: ["color", "rotation", "flip", "scale", "translation", "cutout"], adaptive: { target: 0, images: 200 } },
    },
    pictures,
  ],
  ["batches in parts", { ...mlp, accumulate: 2 }, points],
  ["spectral normalisation", { ...mlp, objective: "hinge", regularizers: ["spectral-norm"] }, points],
  [
    "a conditional dcgan with running statistics",
    { shape: [8, 8, 1], architecture: "dcgan", width: 2, latent: 3, batchSize: 4, threads: 1, condition: { classes: 3 } },
    pictures,
  ],
  [
    "dropout",
    {
      shape: [2],
      latent: 4,
      batchSize: 8,
      threads: 1,
      architecture: {
        generator: [
          { type: "dense", units: 8 },
          { type: "activation", name: "relu" },
          { type: "dense", units: 2 },
        ],
        discriminator: [
          { type: "dense", units: 8 },
          { type: "activation", name: "leakyRelu" },
          { type: "dropout", rate: 0.3 },
          { type: "dense", units: 1 },
        ],
      },
    },
    points,
  ],
];

async function curve(gan: GAN, data: typeof pictures | Float32Array, steps: number): Promise<number[]> {
  const { discriminatorLosses, generatorLosses, divergences } = await gan.train(data, { steps });
  return [...discriminatorLosses].flatMap((d, i) => [d, generatorLosses[i]!, divergences[i]!]);
}

describe.each(["reference", "wasm"] as const)("save and loadGAN, %s", (backend) => {
  it.each(cases)("train 10, save, load, train 10 is train 20, bit for bit: %s", async (_, options, data) => {
    const whole = await createGAN({ ...options, backend });
    const wholeCurve = await curve(whole, data, 20);

    const first = await createGAN({ ...options, backend });
    const firstCurve = await curve(first, data, 10);
    const bytes = await first.save();
    first.dispose();
    const second = await loadGAN(bytes, { backend, threads: 1 });
    expect(second.step).toBe(10);
    expect(second.spec).toEqual(whole.spec);
    expectSameBytes(await second.save(), bytes);
    const secondCurve = await curve(second, data, 10);

    expectSameBytes([...firstCurve, ...secondCurve], wholeCurve);
    expectSameBytes(await second.save(), await whole.save());
    const sample = async (gan: GAN) => (await gan.sample({ count: 5, seed: 9 })).data;
    expectSameBytes(await sample(second), await sample(whole));
    whole.dispose();
    second.dispose();
  });

  it("goes on bit for bit after another size of batch, in the middle of every schedule", async () => {
    const options: CreateOptions = { ...scheduled, backend, objective: { name: "non-saturating", discriminatorSteps: 2 } };
    const [whole, first] = [await createGAN(options), await createGAN(options)];
    for (const gan of [whole, first]) await gan.train(points, { steps: 2 });
    await whole.train(points, { steps: 2, batchSize: 5 });
    await first.train(points, { steps: 1, batchSize: 5 });
    const broken = await loadGAN(await first.save(), { backend, threads: 1 });
    await broken.train(points, { steps: 1, batchSize: 5 });
    expectSameBytes(await broken.save(), await whole.save());
    for (const gan of [whole, first, broken]) gan.dispose();
  });

  it("judges with spectrally normalised weights alike in training, and from a file of it with the discriminator alone", async () => {
    const gan = await createGAN({ ...mlp, backend, regularizers: ["spectral-norm"], seed: 8 });
    const first = await gan.discriminate(points);
    await gan.train(points, { steps: 2 });
    const scores = await gan.discriminate(points);
    expect(scores).not.toEqual(first);
    const alone = await loadGAN(await gan.save(), { backend, threads: 1 });
    expectSameBytes(await alone.discriminate(points), scores);
    // Whatever factor a matrix has, its normalised self is the same.
    const { tensors, metadata } = decodeSafetensors(await gan.save());
    const scaled = new Map(
      Array.from(tensors, ([name, t]) => [name, /^discriminator.*filter$/.test(name) ? { ...t, data: t.data.map((x) => 4 * x) } : t]),
    );
    const other = await loadGAN(encodeSafetensors(scaled as Map<string, Tensor>, metadata), { backend, threads: 1 });
    for (const [i, x] of (await other.discriminate(points)).entries()) expect(x).toBeCloseTo(scores[i]!, 5);
    for (const each of [gan, alone, other]) each.dispose();
  });

  it("saves from within onStep what the step left", async () => {
    const gan = await createGAN({ ...mlp, backend });
    let inside: Uint8Array | undefined;
    await gan.train(points, {
      steps: 3,
      onStep: async ({ step }) => {
        if (step === 2) inside = await gan.save();
      },
    });
    const other = await createGAN({ ...mlp, backend });
    await other.train(points, { steps: 2 });
    expectSameBytes(inside, await other.save());
  });

  it("counts the updates of each network and the images", async () => {
    const gan = await createGAN({ ...mlp, backend, objective: { name: "wasserstein", discriminatorSteps: 3 } });
    await gan.train(points, { steps: 2 });
    const { progress } = decodeSafetensors(await gan.save()).metadata;
    expect(JSON.parse(progress!)).toEqual({ generatorUpdates: 2, discriminatorUpdates: 6, imagesSeen: 48, classesSeen: [] });
  });

  it("writes names and metadata as documented", async () => {
    const gan = await createGAN({ ...mlp, backend, shape: [8, 8, 1], architecture: "dcgan", width: 2 });
    const { tensors, metadata } = decodeSafetensors(await gan.save());
    expect(Object.keys(metadata)).toEqual(["format", "version", "spec", "progress"]);
    expect(JSON.parse(metadata.spec!)).toEqual(gan.spec);
    expect(JSON.parse(metadata.progress!)).toEqual({ generatorUpdates: 0, discriminatorUpdates: 0, imagesSeen: 0, classesSeen: [] });
    const names = [...tensors.keys()];
    expect(names.every((name) => /^(generator|discriminator)(\.\d+)+\.[a-zA-Z]+(\/(adam\.m|adam\.v|ema))?$/.test(name))).toBe(true);
    for (const suffix of ["filter", "gamma", "runningMean"]) {
      const name = names.find((n) => n.startsWith("generator.") && n.endsWith(`.${suffix}`));
      expect(name).toBeDefined();
      expect(names).toContain(`${name}/ema`);
      expect(names.includes(`${name}/adam.m`)).toBe(suffix !== "runningMean");
    }
  });

  it("takes an ArrayBuffer, and a view into a larger one", async () => {
    const bytes = await (await createGAN({ ...mlp, backend })).save();
    const larger = new Uint8Array(bytes.length + 5);
    larger.set(bytes, 5);
    for (const file of [bytes.buffer, larger.subarray(5)]) {
      expectSameBytes(await (await loadGAN(file, { backend, threads: 1 })).save(), bytes);
    }
  });
});
