import { describe, expect, it } from "vitest";
import { type CreateOptions, createGAN, type GAN, loadGAN } from "../../src/index.ts";
import { createSampler } from "../../src/sample.ts";
import { expectSameBytes } from "../bytes.ts";

const leaky = { type: "activation", name: "leakyRelu" } as const;
const modulated = { type: "modulatedConv2d", filters: 4, kernel: 3 } as const;

/** A small StyleGAN2 with whatever else normalises. Batches of 5 are groups of 3 and of 2. */
const options: CreateOptions = {
  shape: [4, 4, 2],
  latent: 3,
  batchSize: 5,
  backend: "wasm",
  threads: 1,
  regularizers: ["r1"],
  architecture: {
    generator: [
      {
        type: "styled",
        mapping: [{ type: "pixelNorm" }, { type: "dense", units: 4 }, leaky],
        layers: [
          { type: "constant", shape: [2, 2, 4] },
          modulated,
          { type: "noise" },
          leaky,
          { type: "upsample", factor: 2, mode: "bilinear" },
          { type: "residual", layers: [modulated, { type: "noise" }, { type: "groupNorm", groups: 2 }, leaky] },
          { type: "modulatedConv2d", filters: 2, kernel: 1, demodulate: false },
        ],
      },
      { type: "activation", name: "tanh" },
    ],
    discriminator: [
      { type: "conv2d", filters: 4, kernel: 3 },
      { type: "instanceNorm" },
      leaky,
      { type: "minibatchStdDev", groupSize: 2 },
      { type: "flatten" },
      { type: "dense", units: 1 },
    ],
  },
};
const data = Float32Array.from({ length: 32 * 11 }, (_, i) => Math.sin(i * i));

describe("a styled generator and a discriminator that sees how much a batch varies", () => {
  it("train, go on from a file bit for bit, make the same images from it, and judge an image alone as among others", async () => {
    using whole = await createGAN(options);
    using first = await createGAN(options);
    await Promise.all([whole.train(data, { steps: 3 }), first.train(data, { steps: 1 })]);
    using second = await loadGAN(await first.save(), { backend: "wasm", threads: 1 });
    await second.train(data, { steps: 2 });
    const file = await whole.save();
    expectSameBytes(await second.save(), file);

    const draw = async (gan: Pick<GAN, "sample">) => (await gan.sample({ count: 3, seed: 9 })).data;
    for (const bytes of [file, await whole.save({ generatorOnly: true })]) {
      using sampler = await createSampler(bytes);
      expectSameBytes(await draw(sampler), await draw(whole));
    }

    const scores = await whole.discriminate(data.subarray(0, 32 * 3));
    expect(new Set(scores).size).toBe(3);
    for (const i of [0, 1, 2]) expectSameBytes(await whole.discriminate(data.subarray(32 * i, 32 * (i + 1))), scores.subarray(i, i + 1));
  });
});
