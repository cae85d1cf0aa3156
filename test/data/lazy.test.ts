import { describe, expect, it } from "vitest";
import { openSource } from "../../src/data/batches.ts";
import type { DataFormat, Examples } from "../../src/data/dataset.ts";
import type { LazyDataset } from "../../src/data/lazy.ts";
import { mirrored } from "../../src/data/mirror.ts";
import type { Values } from "../../src/data/values.ts";
import { createGAN, DataError, loadGAN } from "../../src/index.ts";
import { faultOf } from "./fault.ts";

/** Pictures of 2 x 3 pixels, each filled with its own number. */
const SIZE = 6;
const pixels = (count: number) => Uint8Array.from({ length: count * SIZE }, (_, i) => Math.floor(i / SIZE));
const format: DataFormat = { shape: [2, 3, 1] };

/** The same examples, to be read by their indices; `calls` are the indices that were asked for. */
function lazily({ data, labels }: { data: Uint8Array | Float32Array; labels?: Examples["labels"] }, read?: (values: Values) => unknown) {
  const calls: number[][] = [];
  const lazy: LazyDataset = {
    shape: [data.length / SIZE, 2, 3, 1],
    labels: labels ?? null,
    async read(indices) {
      calls.push([...indices]);
      const values = new (data.constructor as typeof Uint8Array)(indices.length * SIZE);
      for (const [i, index] of indices.entries()) values.set((data as Uint8Array).subarray(index * SIZE, (index + 1) * SIZE), i * SIZE);
      indices.fill(0); // it is the reader's own
      return (read ? read(values) : values) as Values;
    },
  };
  return { lazy, calls };
}

async function faultIn(work: Promise<unknown>): Promise<DataError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof DataError) return error;
  throw new Error(`expected a DataError, got ${error}`);
}

describe("examples that are read when they are needed", () => {
  it.each([
    ["bytes", { data: pixels(10) }, format],
    ["floats", { data: Float32Array.from(pixels(10), (v) => v / 10) }, format],
    ["bytes as classes", { data: pixels(10), labels: Uint8Array.from({ length: 10 }, (_, i) => i % 3) }, { ...format, condition: { classes: 3 } }],
    ["vectors", { data: pixels(10), labels: Float32Array.from({ length: 20 }, (_, i) => i / 4) }, { ...format, condition: { size: 2 } }],
    ["images as labels", { data: pixels(10), labels: pixels(10) }, { ...format, condition: { shape: [2, 3, 1] } }],
  ])("come as those in memory do: %s", async (_, examples, format) => {
    const { lazy } = lazily(examples);
    for (const [validation, mirrors] of [[0, false] as const, [0.3, true] as const]) {
      const open = (data: LazyDataset | Examples) => {
        const source = openSource(data, format, 7, { validation });
        return mirrors ? mirrored(source, format, 7) : source;
      };
      const [ours, theirs] = [open(lazy), open(examples)];
      for (const [position, count] of [[0, 4] as const, [4, 4] as const, [8, 4] as const, [12, 5] as const, [4, 3] as const, [17, 25] as const]) {
        expect(await ours.take(position, count)).toEqual(await theirs.take(position, count));
      }
      expect(await ours.heldOut?.take(2, 9)).toEqual(await theirs.heldOut?.take(2, 9));
      expect(await ours.heldOut?.others(2, 9)).toEqual(await theirs.heldOut?.others(2, 9));
      await ours.close();
    }
  });

  it("are on their way while the last batch is at work, and not read twice", async () => {
    const { lazy, calls } = lazily({ data: pixels(12) });
    const source = openSource(lazy, format, 1, { ahead: 2 });
    await source.take(0, 3);
    expect(calls).toHaveLength(3);
    await source.take(3, 3);
    expect(calls).toHaveLength(4);
    await source.take(6, 3);
    await source.take(9, 3);
    const epoch = calls.slice(0, 4).flat();
    expect(epoch.sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });

  it("are read ahead as far as there is room", async () => {
    let calls = 0;
    const large: LazyDataset = {
      shape: [1024, 1024, 1024, 1],
      read() {
        calls++;
        return new Uint8Array(20 * 2 ** 20);
      },
    };
    const source = openSource(large, { shape: [1024, 1024, 1] }, 1, { ahead: 1000 });
    await source.take(0, 20);
    await source.close();
    expect(calls).toBe(4); // of 80 MiB each: the one that was taken, and as many as 256 MiB hold
  });

  it("are read anew where training goes back", async () => {
    const { lazy, calls } = lazily({ data: pixels(12) });
    const source = openSource(lazy, format, 1);
    const [first] = [await source.take(0, 3), await source.take(3, 3)];
    expect(await source.take(0, 3)).toEqual(first);
    expect(calls).toHaveLength(5);
  });

  it("are asked for again where reading failed once", async () => {
    let fails = true;
    const { lazy } = lazily({ data: pixels(12) }, (values) => {
      if (!fails) return values;
      fails = false;
      throw new Error("the disk is away");
    });
    const source = openSource(lazy, format, 1);
    await expect(source.take(0, 3)).rejects.toThrow("the disk is away");
    expect((await source.take(0, 3))?.count).toBe(3);
  });

  it("are let go of only when nobody reads them any more", async () => {
    let [begun, ended] = [0, 0];
    const { lazy } = lazily({ data: pixels(12) });
    const slow: LazyDataset = {
      ...lazy,
      async read(indices) {
        begun++;
        await new Promise((resolve) => setTimeout(resolve, 20));
        ended++;
        return lazy.read(indices);
      },
    };
    const source = openSource(slow, format, 1);
    await source.take(0, 3);
    await source.close();
    expect([begun, ended]).toEqual([2, 2]);
  });

  it.each([
    ["another shape", "shape", { ...lazily({ data: pixels(4) }).lazy, shape: [4, 3, 2, 1] }],
    ["no shape", "shape", { read: () => pixels(1) } as unknown as LazyDataset],
    ["labels for others", "labels", { ...lazily({ data: pixels(4) }).lazy, labels: [0, 1, 2] }],
  ])("are refused at once with %s", (_, path, data) => {
    expect(faultOf(() => openSource(data, format, 1))).toBe(path);
  });

  it.each([
    ["no numbers", "data.read()", () => undefined],
    ["too few", "data.read()", (values: Values) => values.subarray(1)],
    ["what is no picture", "data.read()[0]", (values: Values) => new Float32Array(values.length).fill(2)],
  ])("are refused when they are read: %s", async (_, path, read) => {
    const source = openSource(lazily({ data: pixels(4) }, read).lazy, format, 1);
    expect((await faultIn(source.take(0, 2))).path).toBe(path);
  });

  it("train a GAN to the bits that they would in memory, over a break too", async () => {
    const data = Uint8Array.from({ length: 20 * 64 }, (_, i) => (i * 37) % 256);
    const lazy: LazyDataset = {
      shape: [20, 8, 8, 1],
      read: (indices) => Uint8Array.from([...indices].flatMap((index) => [...data.subarray(index * 64, (index + 1) * 64)])),
    };
    const options = { shape: [8, 8, 1], width: 4, latent: 4, batchSize: 6, seed: 3, backend: "wasm", threads: 1 } as const;
    const [whole, first] = [await createGAN(options), await createGAN(options)];
    await whole.train({ data, shape: [20, 8, 8, 1] }, { steps: 6, validation: 0.2 });
    await first.train(lazy, { steps: 2, validation: 0.2 });
    const second = await loadGAN(await first.save(), { backend: "wasm", threads: 1 });
    await second.train(lazy, { steps: 4, validation: 0.2 });
    expect(await second.save()).toEqual(await whole.save());
    for (const gan of [whole, first, second]) gan.dispose();
  });
});
