import { expect, it } from "vitest";
import { decodeSafetensors } from "../../src/formats/safetensors.ts";
import { type CreateOptions, createGAN, type GAN } from "../../src/index.ts";

const create = (discriminatorSteps: number, ema: NonNullable<CreateOptions["ema"]>) =>
  createGAN({
    shape: [2],
    latent: 2,
    width: 4,
    backend: "reference",
    objective: { name: "non-saturating", discriminatorSteps },
    optimizer: { generator: { learningRate: 0.1 } },
    ema,
  });

const valuesOf = async (gan: GAN, name: string) => decodeSafetensors(await gan.save()).tensors.get(name)!.data as Float32Array;

it.each([
  ["the batches of a step", 2, 10],
  ["what the data had left for it", 1, 5],
])("moves the average by half for as many images as its half-life: %s", async (_, batches, halfLife) => {
  const gan = await create(2, { halfLife, rampUp: null });
  const before = await valuesOf(gan, "generator.0.filter");
  const data = Array.from({ length: batches }, (_, k) => Float32Array.from({ length: 10 }, (_, i) => Math.sin(10 * k + i)));
  await gan.train(data[Symbol.iterator](), { steps: 1, batchSize: 5 });
  const [after, average] = [await valuesOf(gan, "generator.0.filter"), await valuesOf(gan, "generator.0.filter/ema")];
  expect(gan.step).toBe(1);
  for (const [i, value] of average.entries()) expect(value).toBeCloseTo((before[i]! + after[i]!) / 2, 6);
  expect(after).not.toEqual(before);
  gan.dispose();
});

it("has a half-life of no more than a share of the images seen before the step, which its own batches are not", async () => {
  const gan = await create(3, { halfLife: 1e9, rampUp: 1 });
  const data = Float32Array.from({ length: 20 }, (_, i) => Math.sin(i));
  await gan.train(data, { steps: 1, batchSize: 5 });
  const first = await valuesOf(gan, "generator.0.filter/ema");
  expect(first).toEqual(await valuesOf(gan, "generator.0.filter"));
  await gan.train(data, { steps: 1, batchSize: 5 });
  const [second, average] = [await valuesOf(gan, "generator.0.filter"), await valuesOf(gan, "generator.0.filter/ema")];
  for (const [i, value] of average.entries()) expect(value).toBeCloseTo((first[i]! + second[i]!) / 2, 6);
  expect(second).not.toEqual(first);
  gan.dispose();
});
