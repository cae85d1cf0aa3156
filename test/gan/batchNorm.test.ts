import { describe, expect, it } from "vitest";
import { openSource } from "../../src/data/batches.ts";
import { createGAN, DataError, SpecError } from "../../src/index.ts";

const generator = [{ type: "dense", units: 4 }, { type: "batchNorm" }, { type: "dense", units: 2 }] as const;
const architecture = { generator, discriminator: [{ type: "dense", units: 1 }] } as const;
const options = { shape: [2], latent: 2, batchSize: 4, architecture, backend: "wasm", threads: 1 } as const;
const batch = (...examples: number[]) => Float32Array.from(examples.flatMap((x) => [x, -x]));

describe("batch norm over single values", () => {
  it("refuses batches of one", async () => {
    await expect(createGAN({ ...options, batchSize: 1 })).rejects.toThrow(/^batchSize: expected at least 2, as the statistics of .*batchNorm/);
    const gan = await createGAN(options);
    await expect(gan.train(batch(1, 2, 3, 4), { steps: 1, batchSize: 1 })).rejects.toThrow(SpecError);
    await expect(gan.prepare({ batchSize: 1 })).rejects.toThrow(SpecError);
    gan.dispose();
  });

  it("trains a last example alone together with the one before it", async () => {
    const gan = await createGAN(options);
    function* five() {
      yield batch(0.1, 0.2, 0.3, 0.4);
      yield batch(0.5);
    }
    expect(await gan.train(five(), { steps: 9 })).toMatchObject({ steps: 2, stopped: "data" });
    expect((await gan.sample({ count: 8 })).data.every((x) => Math.abs(x) < 100)).toBe(true);
    await expect(gan.train([batch(1)][Symbol.iterator](), { steps: 1 })).rejects.toThrow(DataError);
    gan.dispose();
  });
});

it("a source gives no batch of fewer examples than the least", async () => {
  function* labelled() {
    yield { data: batch(1, 2, 3), labels: [0, 1, 2] };
    yield { data: batch(4), labels: [1] };
  }
  const source = openSource(labelled(), { shape: [2], condition: { classes: 3 } }, 0, { least: 2 });
  expect(await source.take(0, 3)).toEqual({ count: 3, data: batch(1, 2, 3), labels: Float32Array.of(0, 1, 2) });
  expect(await source.take(3, 3)).toEqual({ count: 2, data: batch(3, 4), labels: Float32Array.of(2, 1) });
  expect(await source.take(5, 3)).toBeNull();
});
