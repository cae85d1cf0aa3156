import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { type CreateOptions, createGAN, loadGAN, TrainingError } from "../../src/index.ts";
import { PLAIN } from "../cases/plain.ts";

const points = Float32Array.from({ length: 32 }, (_, i) => Math.sin(i));
const backends = ["wasm", "reference"] as const;

/** A GAN after two steps, with numbers of its file changed. */
async function altered(backend: (typeof backends)[number], options: Partial<CreateOptions>, change: (name: string, data: Float32Array) => void) {
  const first = await createGAN({ ...PLAIN, shape: [2], latent: 2, width: 4, batchSize: 4, threads: 1, backend, ...options });
  await first.train(points, { steps: 2 });
  const { tensors, metadata } = decodeSafetensors(await first.save());
  first.dispose();
  for (const [name, { data }] of tensors) change(name, data as Float32Array);
  return loadGAN(encodeSafetensors(tensors, metadata), { backend, threads: 1 });
}

describe.each(backends)("an update on %s that would leave a number behind that is not finite", (backend) => {
  const cases: [string, Partial<CreateOptions>, (name: string, data: Float32Array) => void][] = [
    ["by a quotient", {}, (name, data) => /^generator.*adam.m$/.test(name) && data.fill(1e38)],
    ["by a quotient, of the discriminator", {}, (name, data) => /^discriminator.*adam.m$/.test(name) && data.fill(-1e38)],
    [
      "where weights are clipped",
      { objective: "wasserstein", regularizers: ["weight-clipping"], optimizer: { discriminator: { name: "adam" } } },
      (name, data) => /^discriminator.*adam.m$/.test(name) && data.fill(1e38),
    ],
  ];
  it.each(cases)("%s is not made: the GAN stays as it was", async (_, options, change) => {
    const gan = await altered(backend, options, change);
    const before = await gan.save();
    await expect(gan.train(points, { steps: 3 })).rejects.toThrow(TrainingError);
    expect(Buffer.compare(await gan.save(), before)).toBe(0);
    gan.dispose();
  });
});

it("numbers that only float64 holds are not finite on the reference backend either", async () => {
  const optimizer = { generator: { learningRate: 1e6 }, discriminator: { learningRate: 1e6 } };
  const gan = await createGAN({ shape: [2], architecture: "mlp", width: 8, latent: 4, batchSize: 8, optimizer, backend: "reference" });
  await expect(gan.train(points, { steps: 50 })).rejects.toThrow(TrainingError);
  const bytes = await gan.save();
  for (const { data } of decodeSafetensors(bytes).tensors.values()) expect(data.every((x) => Math.abs(x) < 2 ** 127)).toBe(true);
  (await loadGAN(bytes)).dispose();
  gan.dispose();
});
