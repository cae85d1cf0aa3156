import { describe, expect, it } from "vitest";
import { BackendError, type CreateOptions, createGAN, DataError, type GAN, SpecError, StateError } from "../../src/index.ts";
import { createSampler, type ImageSampler } from "../../src/sample.ts";
import { expectSameBytes } from "../bytes.ts";

const PAGE = 2 ** 16;
const options: CreateOptions = { shape: [8, 8, 1], architecture: "dcgan", latent: 3, width: 4, batchSize: 4, seed: 3, backend: "wasm", threads: 1 };

/** A GAN that has trained on examples of the classes 0 and 2 of three, or with vectors of two numbers. */
async function trained(changes: Partial<CreateOptions> = {}): Promise<GAN> {
  const gan = await createGAN({ ...options, ...changes });
  const data = Float32Array.from({ length: 6 * 64 }, (_, i) => Math.sin(i));
  const { condition } = changes;
  const labels =
    condition && ("classes" in condition ? { labels: [0, 0, 2, 2, 2, 2] } : { labels: Float32Array.from({ length: 12 }, (_, i) => i / 12) });
  await gan.train({ data, shape: [6, 8, 8, 1], ...labels }, { steps: 2 });
  return gan;
}

const plain = await trained();
const whole = await plain.save();
const file = await plain.save({ generatorOnly: true });

/** Notes the memories of WebAssembly's that are made, until it is disposed of. */
function watchMemories(): Disposable & { bytes(): number[] } {
  const memories: WebAssembly.Memory[] = [];
  const { Memory } = WebAssembly;
  WebAssembly.Memory = class extends Memory {
    constructor(descriptor: WebAssembly.MemoryDescriptor) {
      super(descriptor);
      memories.push(this);
    }
  };
  return {
    bytes: () => memories.map(({ buffer }) => buffer.byteLength),
    [Symbol.dispose]() {
      WebAssembly.Memory = Memory;
    },
  };
}

describe("images of a seed", () => {
  it.each([{}, { condition: { classes: 3 } }])("are the same whichever others are made with them: %j", async (changes) => {
    using gan = await trained(changes);
    const all = await gan.sample({ count: 20, seed: 4, truncation: 1 });
    const indices = Uint16Array.of(19, 3, 3, 11);
    const some = await gan.sample({ indices, seed: 4, truncation: 1 });
    expect(some.shape).toEqual([4, 8, 8, 1]);
    for (const [i, index] of indices.entries()) expectSameBytes(some.at(i).data, all.at(index).data);
  });
});

describe("a sampler makes the images that the GAN makes", () => {
  const latents = Float32Array.from({ length: 9 }, (_, i) => Math.cos(i));
  const draws = [{}, { count: 5, seed: 9 }, { count: 37, truncation: 0.5 }, { latents }, { count: 3, latents, seed: 2 }, { indices: [7, 2 ** 40] }];
  const classes = [
    { count: 19, seed: 4 },
    { count: 3, condition: 1 },
    { indices: [4, 0, 4], seed: 4 },
    { condition: [2, 0, 1], latents },
    { count: 2, condition: Int32Array.of(1, 2) },
  ];
  const vectors = [{ condition: [0.5, -1] }, { count: 3, condition: [1, 2, 3, 4, 5, 6], truncation: 1 }];

  it.each<[string, Partial<CreateOptions>, readonly object[]]>([
    ["of an averaged generator", {}, draws],
    ["without an average", { ema: false }, draws.slice(0, 2)],
    ["of vectors", { shape: [64], architecture: "mlp" }, draws.slice(0, 2)],
    ["of classes, those that nobody asked for alike", { condition: { classes: 3 } }, classes],
    ["of vectors that they are made for", { condition: { size: 2 } }, vectors],
  ])("%s", async (_, changes, asked) => {
    using gan = changes.shape ? await createGAN({ ...options, ...changes }) : await trained(changes);
    for (const bytes of [await gan.save({ generatorOnly: true }), await gan.save()]) {
      using sampler = await createSampler(bytes);
      for (const draw of asked) {
        const [images, others] = [await sampler.sample(draw), await gan.sample(draw)];
        expect(images.shape).toEqual(others.shape);
        expectSameBytes(images.data, others.data, JSON.stringify(draw));
      }
      expectSameBytes(sampler.latents({ count: 4, seed: 5, truncation: 1 }), gan.latents({ count: 4, seed: 5, truncation: 1 }));
      const { shape, latent } = gan.spec;
      // Nothing of what the discriminator is told.
      const condition = changes.condition && "classes" in changes.condition ? { classes: 3, generator: "concatenation" } : gan.spec.condition;
      expect(sampler.spec).toEqual({ shape, latent, condition, architecture: { generator: gan.spec.architecture.generator } });
    }
  });

  it("from a file whose bytes are gone", async () => {
    const bytes = file.slice();
    using sampler = await createSampler(bytes.buffer);
    bytes.fill(255);
    expectSameBytes((await sampler.sample({ count: 3 })).data, (await plain.sample({ count: 3 })).data);
  });
});

const counts = [1, 40, 3, 17, 16, 1, 2];
const expected = await Promise.all(counts.map(async (count, seed) => (await plain.sample({ count, seed })).data));

describe("calls at once", () => {
  const together = async (sampler: ImageSampler): Promise<string[]> => {
    const ended: string[] = [];
    const made = counts.map(async (count, seed) => {
      const { data } = await sampler.sample({ count, seed });
      ended.push(`${count}/${seed}`);
      return data;
    });
    expectSameBytes(await Promise.all(made), expected);
    return ended;
  };

  it("agree, and none waits for another to end", async () => {
    using sampler = await createSampler(whole);
    const ended = await together(sampler);
    expect(ended.at(-1)).toBe("40/1");
    expect(ended).toHaveLength(counts.length);
  });

  it("hold no more than calls one by one", async () => {
    using one = await createSampler(file);
    for (const count of [16, 8, 4, 2, 1]) await one.sample({ count });
    using many = await createSampler(file);
    await together(many);
    expect(many.memory.total).toBeLessThanOrEqual(one.memory.total);
  });

  it("agree where there is no memory for all sizes", async () => {
    using sampler = await createSampler(file);
    const { total: least } = sampler.memory;
    await sampler.sample({ count: 4 });
    for (const maxMemory of [least, least + 1000, sampler.memory.total]) {
      using tight = await createSampler(file, { maxMemory });
      await together(tight);
      expect(tight.memory.total).toBeLessThanOrEqual(maxMemory);
    }
  });
});

describe("memory", () => {
  it("is what WebAssembly has, up to a page", async () => {
    using memories = watchMemories();
    using sampler = await createSampler(file);
    const check = () => {
      expect(memories.bytes()).toHaveLength(1);
      const { total } = sampler.memory;
      expect(memories.bytes()[0]).toBe(Math.ceil(total / PAGE) * PAGE);
    };
    check();
    await sampler.sample({ count: 16 });
    check();
    await sampler.sample({ count: 40 });
    check();
  });

  it("is refused in numbers, and none is made, where there is too little", async () => {
    using memories = watchMemories();
    const refused = await createSampler(whole, { maxMemory: 1000 }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(BackendError);
    expect(memories.bytes()).toEqual([]);
    const [, least] = /^maxMemory: expected at least (\d+) bytes, got 1000/.exec((refused as Error).message)!;
    await expect(createSampler(whole, { maxMemory: Number(least) - 1 })).rejects.toThrow(BackendError);
    expect(memories.bytes()).toEqual([]);
    using sampler = await createSampler(whole, { maxMemory: Number(least) });
    expect(sampler.memory.total).toBe(Number(least));
    // In so little, each image has a run of its own.
    expectSameBytes((await sampler.sample({ count: 40, seed: 1 })).data, (await plain.sample({ count: 40, seed: 1 })).data);
  });
});

describe("the end", () => {
  it("of a sampler is that of all calls", async () => {
    const sampler = await createSampler(file);
    const calls = [sampler.sample(), sampler.sample({ count: 1000 })];
    sampler.dispose();
    sampler.dispose();
    for (const call of calls) await expect(call).rejects.toThrow(StateError);
    await expect(sampler.sample()).rejects.toThrow("sampler: expected a sampler in use, got one that is disposed");
    expect(() => sampler.latents()).toThrow(StateError);
    expect(() => sampler.memory).toThrow(StateError);
    expect(sampler.spec.shape).toEqual([8, 8, 1]);
  });

  it("of a sampler while it computes ends the call", async () => {
    const sampler = await createSampler(file);
    const call = sampler.sample({ count: 100_000 });
    setTimeout(() => sampler.dispose());
    await expect(call).rejects.toThrow(StateError);
  });

  it("of a call comes by its signal, before it begins and under way", async () => {
    using sampler = await createSampler(file);
    await expect(sampler.sample({ signal: AbortSignal.abort("early") })).rejects.toBe("early");
    const stop = new AbortController();
    const call = sampler.sample({ count: 100_000, signal: stop.signal });
    const other = sampler.sample({ count: 3 });
    setTimeout(() => stop.abort("late"));
    await expect(call).rejects.toBe("late");
    expectSameBytes((await other).data, (await plain.sample({ count: 3 })).data);
  });
});

describe("what cannot be asked", () => {
  it.each<[object, string]>([
    [{ seeds: 1 }, "seeds: expected"],
    [{ count: 0 }, "count: expected an integer from 1 to 16777216, got 0"],
    [{ count: 2 ** 24 }, "count: expected at most 8388608 at once of shape [8, 8, 1], got 16777216"],
    [{ seed: -1 }, "seed: expected"],
    [{ truncation: 0 }, "truncation: expected"],
    [{ truncation: 1, latents: new Float32Array(3) }, "truncation: expected none where latents are given, got 1"],
    [{ latents: [1, 2, 3] }, "latents: expected a Float32Array"],
    [{ signal: {} }, "signal: expected an AbortSignal"],
  ])("%o is a SpecError", async (draw, message) => {
    using sampler = await createSampler(file);
    await expect(sampler.sample(draw)).rejects.toThrow(message);
    await expect(sampler.sample(draw)).rejects.toBeInstanceOf(SpecError);
  });

  it.each<[object, string]>([
    [{ latents: new Float32Array(4) }, "latents: expected a multiple of 3 values, got 4"],
    [{ latents: new Float32Array(3).fill(Number.NaN) }, "latents[0]: expected a finite number, got NaN"],
    [{ condition: 1 }, "condition: expected none, as this GAN has no condition, got 1"],
  ])("%o is a DataError", async (draw, message) => {
    using sampler = await createSampler(file);
    await expect(sampler.sample(draw)).rejects.toThrow(message);
    await expect(sampler.sample(draw)).rejects.toBeInstanceOf(DataError);
  });

  it.each<[object, string]>([
    [{ threads: 2 }, "threads: expected"],
    [{ maxMemory: 0 }, "maxMemory: expected"],
    [{ wasm: 7 }, "wasm: expected a WebAssembly.Module, bytes, a Response or a URL, got 7"],
  ])("of createSampler, %o, is a SpecError", async (asked, message) => {
    await expect(createSampler(file, asked)).rejects.toThrow(message);
    await expect(createSampler(file, asked)).rejects.toBeInstanceOf(SpecError);
  });

  it("what is no file is a CheckpointError", async () => {
    await expect(createSampler("model.safetensors" as never)).rejects.toThrow("file: expected a Uint8Array or an ArrayBuffer");
  });
});
