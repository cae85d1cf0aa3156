import { describe, expect, it } from "vitest";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { CheckpointError, createGAN, loadGAN } from "../../src/index.ts";

const options = { shape: [2], latent: 2, width: 4, batchSize: 4, backend: "wasm", threads: 1 } as const;

describe("train", () => {
  it("is ended by its signal while it waits for data", async () => {
    const gan = await createGAN(options);
    async function* stalled() {
      yield Float32Array.from({ length: 8 }, (_, i) => i / 8);
      await new Promise(() => {});
    }
    const controller = new AbortController();
    const onStep = () => void setTimeout(() => controller.abort());
    const report = await gan.train(stalled(), { steps: 5, onStep, signal: controller.signal });
    expect(report).toMatchObject({ steps: 1, stopped: "signal" });
    gan.dispose();
  });

  it.each([false, true])("is ended by a signal that the data themselves give, with a batch behind it: %s", async (more) => {
    const gan = await createGAN(options);
    const controller = new AbortController();
    const batch = () => Float32Array.from({ length: 8 }, (_, i) => i / 8);
    async function* ending() {
      yield batch();
      controller.abort();
      if (more) yield batch();
      await new Promise(() => {});
    }
    expect(await gan.train(ending(), { steps: 5, signal: controller.signal })).toMatchObject({ steps: 1, stopped: "signal" });
    gan.dispose();
  });
});

describe("loadGAN refuses", () => {
  const load = async (change: (file: ReturnType<typeof decodeSafetensors>) => Record<string, string>): Promise<unknown> => {
    const gan = await createGAN(options);
    const file = decodeSafetensors(await gan.save());
    gan.dispose();
    const metadata = change(file);
    return loadGAN(encodeSafetensors(file.tensors, metadata)).catch((error: unknown) => error);
  };

  it("counters that could not be counted on", async () => {
    const progress = JSON.stringify({ generatorUpdates: 0, discriminatorUpdates: 0, imagesSeen: Number.MAX_SAFE_INTEGER });
    expect(await load(({ metadata }) => ({ ...metadata, progress }))).toBeInstanceOf(CheckpointError);
  });

  it("a mean of squares below 0", async () => {
    const error = await load(({ tensors, metadata }) => {
      const [name, tensor] = [...tensors].find(([key]) => key.endsWith("/adam.v"))!;
      tensor.data[0] = -1;
      expect(name).toMatch(/adam\.v$/);
      return Object.fromEntries(Object.entries(metadata));
    });
    expect(error).toBeInstanceOf(CheckpointError);
  });
});
