import { describe, expect, it } from "vitest";
import { greyBorders, greySquares } from "../../bench/learning/leaks.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../src/formats/safetensors.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import { plenty } from "../../src/gan/training.ts";
import { type CreateOptions, createGAN, loadGAN } from "../../src/index.ts";
import { expectSameBytes } from "../bytes.ts";

const SHAPE = [8, 8, 1];
const ALL = ["color", "rotation", "flip", "scale", "translation", "cutout"] as const;
const tiny: CreateOptions = { shape: SHAPE, architecture: "mlp", width: 4, latent: 2, batchSize: 4, backend: "wasm", threads: 1 };
const pictures = Float32Array.from({ length: 64 * 9 }, (_, i) => Math.sin(i));

describe("a GAN with an adaptive augmentation", () => {
  it("tells its probability and how sure the discriminator is, step by step", async () => {
    const gan = await createGAN({ ...tiny, augment: { policy: ALL, adaptive: { target: -1, images: 40, most: 0.5 } } });
    const seen: (number | undefined)[][] = [];
    const report = await gan.train(pictures, {
      steps: 9,
      onUnhealthy: "ignore",
      onStep: ({ augmentProbability, augmentCertainty }) => seen.push([augmentProbability, augmentCertainty]),
    });
    expect([...report.augmentProbabilities!]).toEqual(seen.map(([p]) => p));
    expect([...report.augmentCertainties!]).toEqual(seen.map(([, r]) => r));
    for (const [k, p] of report.augmentProbabilities!.entries()) expect(p).toBeCloseTo(Math.min(0.1 * k, 0.5), 5);
    expect(report.augmentCertainties!.every((r) => r >= -1 && r <= 1)).toBe(true);
    const whole = JSON.stringify(gan.spec.augment);
    expect(JSON.stringify((await loadGAN(await gan.save(), { backend: "wasm", threads: 1 })).spec.augment)).toBe(whole);
    const { tensors, metadata } = decodeSafetensors(await gan.save());
    for (const [name, value, range] of [
      ["augment.probability", 1.5, "0 to 1"],
      ["augment.probability", -0.5, "0 to 1"],
      ["augment.certainty", -1.5, "-1 to 1"],
    ] as const) {
      const damaged = new Map(tensors as Map<string, Tensor>).set(name, { shape: [], data: Float32Array.of(value) });
      await expect(loadGAN(encodeSafetensors(damaged, metadata))).rejects.toThrow(`tensor "${name}": expected a number from ${range}, got ${value}`);
    }
    gan.dispose();
  });

  it("is told of by no other", async () => {
    const gan = await createGAN({ ...tiny, augment: ["cutout"] });
    const report = await gan.train(pictures, {
      steps: 1,
      onUnhealthy: "ignore",
      onStep: (step) => expect(step).not.toHaveProperty("augmentProbability"),
    });
    expect(report).not.toHaveProperty("augmentProbabilities");
    expect(report).not.toHaveProperty("augmentCertainties");
    gan.dispose();
  });

  it("does not depend on the number of threads", async () => {
    const files = [];
    for (const threads of [1, 2]) {
      const gan = await createGAN({
        ...tiny,
        width: 16,
        batchSize: 16,
        threads,
        augment: { policy: ["color", "translation"], adaptive: { target: -1, images: 64 } },
      });
      await gan.train(pictures, { steps: 2, onUnhealthy: "ignore" });
      files.push(await gan.save());
      gan.dispose();
    }
    expectSameBytes(files[0]!, files[1]!);
  });
});

it("counts what augmentation takes among the memory of training: of tall images, far more than they have pixels", () => {
  const tall = { shape: [512, 1, 1], architecture: "mlp", width: 2, batchSize: 1024 } as const;
  const [plain, augmented] = [[], ["translation"] as const].map((augment) => plenty(resolveSpec({ ...tall, augment })));
  expect(augmented! - plain!).toBeGreaterThan(4 * 1024 * 512 ** 2);
});

describe("what augmentations leave in images", () => {
  const white = () => new Float32Array(2 * 64).fill(0.8);
  const batch = (data: Float32Array, shape: readonly number[] = [2, ...SHAPE]) => ({ data, shape });

  it("is found: a grey part as a cutout, a grey edge as a translation leaves", () => {
    const [cut, moved] = [white(), white()];
    for (const p of [0, 1, 2, 8, 9, 10, 16, 17, 18]) cut[p] = 0;
    for (let row = 0; row < 8; row++) moved[64 + row * 8 + 7] = 0.05;
    expect(greySquares(batch(cut), batch(white()))).toEqual({ samples: 0.5, data: 0 });
    expect(greyBorders(batch(moved), batch(white()))).toEqual({ samples: 0.5, data: 0 });
    expect(greySquares(batch(moved), batch(cut))).toEqual({ samples: 0, data: 0.5 });
    expect(greyBorders(batch(cut), batch(moved))).toEqual({ samples: 0, data: 0.5 });
    expect(greyBorders(batch(moved, [1, 8, 8, 2]), batch(white())).samples).toBe(0);
  });

  it("is not learned with them, where most of what the discriminator sees has it: bright images stay bright to their edges", async () => {
    const data = Float32Array.from({ length: 4 * 64 }, (_, i) => 0.6 + 0.2 * Math.sin(i + (i >> 6)));
    const augment = { policy: ["translation", "cutout"], probability: 0.6 } as const;
    const gan = await createGAN({ ...tiny, width: 32, batchSize: 32, augment, reproducible: true });
    await gan.train(data, { steps: 200, onUnhealthy: "ignore" });
    const { data: made, shape } = await gan.sample({ count: 64 });
    const [samples, given] = [
      { data: made, shape },
      { data, shape: [4, ...SHAPE] },
    ];
    expect(greySquares(samples, given).samples).toBeLessThan(0.1);
    expect(greyBorders(samples, given).samples).toBe(0);
    gan.dispose();
  });
});
