import { describe, expect, it } from "vitest";
import { conditionRows, drawClasses, withLabels } from "../../src/gan/condition.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import { type Condition, type CreateOptions, createGAN, Dataset, type LayerSpec, loadGAN, SpecError, type TrainingData } from "../../src/index.ts";
import { createSampler } from "../../src/sample.ts";
import { expectSameBytes } from "../bytes.ts";

describe("classes that are not asked for", () => {
  const draw = (seen: readonly number[]) => drawClasses(seen, { count: 4000, seed: 1 }, async () => {});

  it("are drawn by their share in training", async () => {
    const drawn = withLabels([0, 0, 0, 0], await draw([0, 30, 10, 0]));
    expect([drawn[0], drawn[3]]).toEqual([0, 0]);
    expect(drawn[1]! / 4000).toBeCloseTo(0.75, 1);
  });

  it("are drawn alike before training", async () => {
    for (const share of withLabels([0, 0, 0, 0], await draw([0, 0, 0, 0]))) expect(share / 4000).toBeCloseTo(0.25, 1);
    expect(await draw([0, 0, 0, 0])).toEqual(await draw([7, 7, 7, 7]));
  });
});

it("training counts the classes it has seen, and a file keeps the numbers", async () => {
  const options = { backend: "wasm", threads: 1 } as const;
  const gan = await createGAN({ shape: [2], latent: 2, width: 4, batchSize: 4, condition: { classes: 5 }, ...options });
  const data = Float32Array.from({ length: 8 }, (_, i) => Math.sin(i));
  await gan.train({ data, labels: [1, 2, 2, 4] }, { steps: 10 });
  const bytes = await gan.save();
  const { progress } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + new DataView(bytes.buffer).getUint32(0, true)))).__metadata__;
  expect(JSON.parse(progress).classesSeen).toEqual([0, 10, 20, 0, 10]);
  const loaded = await loadGAN(bytes, options);
  expect((await loaded.sample({ count: 50 })).data).toEqual((await gan.sample({ count: 50 })).data);
  expect(Buffer.compare(await loaded.save(), bytes)).toBe(0);
  gan.dispose();
  loaded.dispose();
});

const faultsOf = (options: object): string[] => {
  try {
    resolveSpec(options as never);
  } catch (error) {
    if (error instanceof SpecError) return error.message.split("\n");
    throw error;
  }
  return [];
};

describe("the description of a condition", () => {
  const resolved = (condition: Condition) => resolveSpec({ shape: [8, 8, 1], condition }).condition;

  it("is filled in with what applies", () => {
    expect(resolved({ classes: 3 })).toEqual({ classes: 3, generator: "concatenation", discriminator: "projection" });
    expect(resolved({ classes: 3, generator: "embedding", discriminator: "auxiliary-classifier" })).toEqual({
      classes: 3,
      generator: "embedding",
      embedding: 50,
      discriminator: "auxiliary-classifier",
      classWeight: 1,
    });
    expect(resolved({ classes: 3, generator: "batch-norm", discriminator: "concatenation" })).toEqual({
      classes: 3,
      generator: "batch-norm",
      discriminator: "concatenation",
    });
    expect(resolved({ size: 3 })).toEqual({ size: 3 });
    expect(resolved({ shape: [8, 8, 2] })).toEqual({ shape: [8, 8, 2] });
  });

  it.each<Condition | null>([
    { classes: 3 },
    { classes: 3, generator: "embedding", embedding: 4, discriminator: "auxiliary-classifier", classWeight: 0 },
    { classes: 3, generator: "batch-norm", discriminator: "concatenation" },
    { size: 2 },
    { shape: [8, 8, 3] },
    null,
  ])("resolves to what resolves to itself: %j", (condition) => {
    const spec = resolveSpec({ shape: [8, 8, 1], condition });
    expect(JSON.stringify(resolveSpec(JSON.parse(JSON.stringify(spec))))).toBe(JSON.stringify(spec));
  });

  it("leaves little to z beside an image", () => {
    expect(resolveSpec({ shape: [8, 8, 1], condition: { shape: [8, 8, 3] } }).latent).toBe(8);
    expect(resolveSpec({ shape: [8, 8, 1], condition: { shape: [8, 8, 3] }, latent: 64 }).latent).toBe(64);
    expect(resolveSpec({ shape: [8, 8, 1], condition: { size: 3 } }).latent).toBe(64);
  });

  const dense = (units: number): LayerSpec => ({ type: "dense", units });
  it.each<[string, object, string]>([
    [
      "projection without classes",
      { size: 2, discriminator: "projection" },
      'condition.discriminator: expected none without condition.classes, got "projection"',
    ],
    ["a classifier without classes", { discriminator: "auxiliary-classifier" }, "condition.discriminator: expected none without condition.classes"],
    ["an embedding without classes", { shape: [8, 8, 1], generator: "embedding" }, "condition.generator: expected none without condition.classes"],
    [
      "an unknown way",
      { classes: 2, generator: "batchnorm" },
      'condition.generator: expected "concatenation" or "embedding" or "batch-norm", got "batchnorm"',
    ],
    ["an unknown option", { classes: 2, embeding: 3 }, 'did you mean "embedding"?'],
    ["an unknown option of the discriminator", { classes: 2, discriminater: "projection" }, 'did you mean "discriminator"?'],
    ["a size of no table", { classes: 2, embedding: 3 }, 'condition.embedding: expected none unless condition.generator is "embedding", got 3'],
    [
      "a weight of no classifier",
      { classes: 2, classWeight: 3 },
      'condition.classWeight: expected none unless condition.discriminator is "auxiliary-classifier", got 3',
    ],
    [
      "a weight below 0",
      { classes: 2, discriminator: "auxiliary-classifier", classWeight: -1 },
      "condition.classWeight: expected a number of at least 0, got -1",
    ],
    ["images of another size", { shape: [8, 4, 3] }, "condition.shape: expected [8, 8, channels], as shape is [8, 8, 1], got [8, 4, 3]"],
    ["images without channels", { shape: [8, 8] }, "condition.shape: expected a list of 3"],
    ["a condition of no kind", {}, "condition: expected { classes }, { size } or { shape }"],
  ])("is refused with %s", (_, condition, message) => {
    expect(faultsOf({ shape: [8, 8, 1], condition })).toEqual([expect.stringContaining(message)]);
  });

  it.each<[string, object, string]>([
    [
      "class-conditional batch norm without batch norm",
      { shape: [2], condition: { classes: 2, generator: "batch-norm" } },
      'architecture.generator: expected a batchNorm layer, as condition.generator "batch-norm" needs, got none',
    ],
    [
      "images for vectors",
      { shape: [2], condition: { shape: [2, 2, 1] } },
      "condition.shape: expected no image, as shape is one of vectors, got [2, 2, 1]",
    ],
    [
      "a classifier without features",
      {
        shape: [2],
        condition: { classes: 2, discriminator: "auxiliary-classifier" },
        architecture: { generator: [dense(2)], discriminator: [dense(1), { type: "activation", name: "tanh" }] },
      },
      "architecture.discriminator[1]: expected a dense layer of one unit",
    ],
    [
      "bounded scores where the condition joins the images",
      {
        shape: [2],
        condition: { classes: 2, discriminator: "concatenation" },
        architecture: { generator: [dense(2)], discriminator: [dense(1), { type: "activation", name: "tanh" }] },
      },
      "architecture.discriminator[1]: expected scores before any sigmoid",
    ],
  ])("is refused with %s", (_, options, message) => {
    expect(faultsOf(options)).toEqual([expect.stringContaining(message)]);
  });

  it("takes batch norm within residual layers", () => {
    const layers: LayerSpec[] = [{ type: "residual", layers: [dense(3), { type: "batchNorm" }], shortcut: [dense(3)] }, dense(2)];
    const condition = { classes: 2, generator: "batch-norm" } as const;
    expect(faultsOf({ shape: [2], condition, architecture: { generator: layers, discriminator: [dense(1)] } })).toEqual([]);
  });
});

describe("every way to tell of a condition", () => {
  const dcgan: CreateOptions = { shape: [8, 8, 1], architecture: "dcgan", latent: 3, width: 2, batchSize: 4, seed: 3, backend: "wasm", threads: 1 };
  const pixels = Float32Array.from({ length: 6 * 64 }, (_, i) => Math.sin(i));
  const classes: TrainingData = { data: pixels, labels: [0, 2, 1, 2, 2, 1] };
  const pictures = Uint8Array.from({ length: 6 * 128 }, (_, i) => (i * 37) % 256);
  const one = pictures.subarray(0, 128);
  const floats = Float32Array.from(one, (byte) => byte / 127.5 - 1);

  it.each<[Condition, TrainingData, Parameters<Awaited<ReturnType<typeof createGAN>>["sample"]>[0]]>([
    [{ classes: 3, generator: "embedding", embedding: 2, discriminator: "concatenation" }, classes, { count: 3, condition: [2, 0, 1] }],
    [{ classes: 3, generator: "batch-norm", discriminator: "auxiliary-classifier" }, classes, { count: 3, condition: [2, 0, 1] }],
    [{ shape: [8, 8, 2] }, { data: pixels, labels: pictures }, { count: 3, condition: one }],
  ])("trains, goes on from a file bit for bit, and samples alike from its generator alone: %j", async (condition, data, draw) => {
    using whole = await createGAN({ ...dcgan, condition });
    using first = await createGAN({ ...dcgan, condition });
    await whole.train(data, { steps: 2 });
    await first.train(data, { steps: 1 });
    using second = await loadGAN(await first.save(), { backend: "wasm", threads: 1 });
    expect(second.spec).toEqual(whole.spec);
    await second.train(data, { steps: 1 });
    expectSameBytes(await second.save(), await whole.save());
    const images = await whole.sample(draw);
    for (const bytes of [await whole.save({ generatorOnly: true }), await whole.save()]) {
      using sampler = await createSampler(bytes);
      expectSameBytes((await sampler.sample(draw)).data, images.data);
    }
    using small = await createSampler(await whole.save({ generatorOnly: true, weights: "int8" }));
    expect((await small.sample(draw)).shape).toEqual([3, 8, 8, 1]);
    const same = { ...draw, latents: new Float32Array(9) };
    const { data: made } = await whole.sample(same);
    const isOne = "shape" in condition;
    expect(Buffer.compare(Buffer.from(made.buffer, 0, 256), Buffer.from(made.buffer, 256, 256)) === 0).toBe(isOne);
  });

  it("a classifier is not told, and needs no labels to judge", async () => {
    using gan = await createGAN({ ...dcgan, condition: { classes: 3, discriminator: "auxiliary-classifier" } });
    const images = await gan.sample({ count: 2 });
    const scores = await gan.discriminate(images);
    expectSameBytes(await gan.discriminate(images, { condition: 1 }), scores);
    expectSameBytes(await gan.discriminate({ data: images.data, labels: [0, 1] }), scores);
    await expect(gan.discriminate(images, { condition: 3 })).rejects.toThrow("condition: expected an integer from 0 to 2, got 3");
  });

  it("images may be bytes, floats, or of a stream", async () => {
    const asFloats = Float32Array.from(pictures, (byte) => byte / 127.5 - 1);
    const half = (n: number) => ({ data: pixels.subarray(n * 192, (n + 1) * 192), labels: pictures.subarray(n * 384, (n + 1) * 384) });
    const trained = async (data: TrainingData): Promise<Uint8Array> => {
      using gan = await createGAN({ ...dcgan, batchSize: 6, condition: { shape: [8, 8, 2] } });
      await gan.train(data, { steps: 1 });
      return await gan.save();
    };
    const expected = await trained({ data: pixels, labels: asFloats });
    expectSameBytes(await trained({ data: pixels, labels: pictures }), expected);
    expectSameBytes(await trained(new Dataset({ data: pixels, shape: [6, 8, 8, 1], labels: pictures })), expected);
    const streamed = await trained([{ data: pixels, labels: asFloats }]);
    expectSameBytes(await trained([half(0), half(1)]), streamed);
  });

  it("images that cannot be are refused by their paths", async () => {
    using gan = await createGAN({ ...dcgan, condition: { shape: [8, 8, 2] } });
    const faultOf = (labels: ArrayLike<number>) => gan.train({ data: pixels, labels }, { steps: 1 }).catch((error) => error.message);
    expect(await faultOf(new Uint8Array(6))).toBe("labels: expected 6 images of shape [8, 8, 2], got 6 numbers");
    expect(await faultOf(new Float32Array(6 * 128).fill(2, 7))).toBe("labels[7]: expected a number in [-1, 1], or bytes, got 2");
    expect(gan.step).toBe(0);
    await expect(gan.sample()).rejects.toThrow("condition: expected 128 numbers, for images [8, 8, 2], got none");
    await expect(gan.sample({ condition: 1 })).rejects.toThrow("condition: expected 128 numbers, for images [8, 8, 2], got 1, for a count of 1");
    await expect(gan.sample({ condition: new Float32Array(128).fill(3, 9) })).rejects.toThrow(
      "condition[9]: expected a number in [-1, 1], or bytes, got 3",
    );
    const images = await gan.sample({ count: 2, condition: one });
    expectSameBytes(
      await gan.discriminate(images, { condition: one }),
      await gan.discriminate({ data: images.data, labels: [...floats, ...floats] }),
    );
    await expect(gan.discriminate(images, { condition: [1] })).rejects.toThrow("condition: expected 128 or 256 numbers, for images [8, 8, 2], got 1");
    await expect(gan.discriminate(pixels)).rejects.toThrow("labels: expected 6 images of shape [8, 8, 2], got no labels");
  });
});

it("one image is for all, bytes as data are", () => {
  const rows = conditionRows({ shape: [1, 2, 1] }, Uint8Array.of(0, 255), 3);
  expect(rows).toEqual(Float32Array.of(-1, 1, -1, 1, -1, 1));
  expect(conditionRows({ shape: [1, 2, 1] }, [0, 0.5, 1, -1], 2)).toEqual(Float32Array.of(0, 0.5, 1, -1));
});
