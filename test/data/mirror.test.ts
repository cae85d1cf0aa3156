import { describe, expect, it } from "vitest";
import { openSource, type TrainingData } from "../../src/data/batches.ts";
import { type DataFormat, Dataset } from "../../src/data/dataset.ts";
import { mirrored } from "../../src/data/mirror.ts";
import { createGAN, loadGAN, SpecError } from "../../src/index.ts";
import { expectSameBytes } from "../bytes.ts";

const FORMAT: DataFormat = { shape: [2, 3, 2] };
/** An image of 2 x 3 pixels of two channels, all numbers different; and the same with left and right changed. */
const image = (i: number) => Array.from({ length: 12 }, (_, p) => (12 * i + p) / 256);
const turned = (i: number) => [4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7].map((p) => image(i)[p]!);
const images = (count: number) => Float32Array.from(Array.from({ length: count }, (_, i) => image(i)).flat());
const source = (data: TrainingData, { seed = 1, format = FORMAT, validation = 0 } = {}) =>
  mirrored(openSource(data, format, seed, { validation }), format, seed);

/** Which image of `images` each of a batch is, below 0 where it is turned. */
function which(data: Float32Array): number[] {
  return Array.from({ length: data.length / 12 }, (_, n) => {
    const one = data.subarray(12 * n, 12 * n + 12);
    const i = Math.floor((Math.min(...one) * 256) / 12);
    const isTurned = one[0] !== image(i)[0];
    expect([...one]).toEqual(isTurned ? turned(i) : image(i));
    return isTurned ? -1 - i : i;
  });
}

describe("mirrored", () => {
  it("turns half of the images left to right, each epoch others", async () => {
    const data = images(20);
    const batch = await source({ data }).take(0, 400);
    const seen = which(batch!.data);
    const share = seen.filter((i) => i < 0).length / 400;
    expect(Math.abs(share - 0.5)).toBeLessThan(0.1);
    expect(new Set(seen).size).toBe(40);
    expect(data).toEqual(images(20));
  });

  it("goes on from any position, whatever the size of batches", async () => {
    const whole = (await source({ data: images(5) }).take(0, 20))!.data;
    const later = source({ data: images(5) });
    expect([...(await later.take(9, 4))!.data, ...(await later.take(13, 7))!.data]).toEqual([...whole.subarray(9 * 12)]);
    expect([...(await source({ data: images(5) }, { seed: 2 }).take(0, 20))!.data]).not.toEqual([...whole]);
  });

  it("turns by the same bits whatever the data come from, and on every machine", async () => {
    const bits = [0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 1];
    const data = images(12);
    for (const from of [new Dataset({ data, shape: [12, 2, 3, 2] }), { data }, [data.subarray(0, 60), data.subarray(60)], batches(data)]) {
      expect(which((await source(from).take(0, 12))!.data).map((i) => (i < 0 ? 1 : 0))).toEqual(bits);
    }
  });

  it("turns the image that one is made for with it, and no class", async () => {
    const pairs = source({ data: images(8), labels: images(8) }, { format: { ...FORMAT, condition: { shape: [2, 3, 2] } } });
    const batch = (await pairs.take(0, 8))!;
    expect(batch.labels).toEqual(batch.data);
    const labels = Float32Array.from({ length: 8 }, (_, i) => i % 3);
    const classes = await source({ data: images(8), labels }, { format: { ...FORMAT, condition: { classes: 3 } } }).take(0, 8);
    const seen = which(classes!.data).map((i) => (i < 0 ? -1 - i : i) % 3);
    expect([...classes!.labels!]).toEqual(seen);
  });

  it("turns what is held out likewise, and ends and closes as its source does", async () => {
    const { heldOut } = source({ data: images(20) }, { validation: 0.5 });
    const [held, others] = [await heldOut!.take(0, 40), await heldOut!.others(0, 40)].map(({ data }) => which(data));
    expect(new Set(held).size).toBeGreaterThan(10);
    const of = (seen: number[]) => new Set(seen.map((i) => (i < 0 ? -1 - i : i)));
    expect([...of(held!)].some((i) => of(others!).has(i))).toBe(false);
    const once = source(batches(images(3)));
    expect((await once.take(0, 5))!.count).toBe(3);
    expect(await once.take(3, 5)).toBeNull();
    await once.close();
  });
});

/** One batch that can be had once. */
function* batches(data: Float32Array) {
  yield data;
}

describe("train with mirror", () => {
  const options = { shape: [2, 3, 2], architecture: "mlp", width: 4, latent: 2, batchSize: 4, backend: "wasm", threads: 1 } as const;

  it("goes on bit for bit from a file", async () => {
    const run = (steps: number) => ({ steps, mirror: true, onUnhealthy: "ignore" }) as const;
    const [whole, first] = [await createGAN(options), await createGAN(options)];
    await whole.train(images(9), run(6));
    await first.train(images(9), run(3));
    const second = await loadGAN(await first.save(), { backend: "wasm", threads: 1 });
    await second.train(images(9), run(3));
    expectSameBytes(await second.save(), await whole.save());
    for (const gan of [whole, first, second]) gan.dispose();
  });

  it("refuses vectors", async () => {
    const gan = await createGAN({ ...options, shape: [2] });
    const refused = gan.train(new Float32Array(8), { steps: 1, mirror: true });
    await expect(refused).rejects.toThrow(new SpecError([{ path: "mirror", expected: "false but for images", got: "true for vectors [2]" }]));
    expect(gan.step).toBe(0);
    gan.dispose();
  });
});
