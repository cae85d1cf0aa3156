import type { Worker } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BackendError, createGAN, DataError, type GAN, loadGAN, StateError, type TrainOptions } from "../../src/index.ts";
import { watchWorkers } from "../workers.ts";
import { fuzzed, PATIENCE } from "./fuzz.ts";

const spec = { shape: [2], latent: 2, width: 4, batchSize: 4, seed: 3 } as const;
const points = () => Float32Array.from({ length: 26 }, (_, i) => Math.sin(i));
const thrown = new Error("thrown by the caller");

/** A call that goes wrong at one of its steps, or is ended there. */
type Fault = (gan: GAN, at: number, workers: readonly Worker[]) => Promise<unknown>;

const train = (gan: GAN, at: number, act: () => unknown, options: Partial<TrainOptions> = {}, data: Float32Array = points()) =>
  gan.train(data, { steps: at + 3, ...options, onStep: () => (--at === 0 ? act() : undefined) });

const FAULTS: Readonly<Record<string, Fault>> = {
  "data that are taken away": async (gan, at) => {
    const data = points();
    const call = train(gan, at, () => structuredClone(data.buffer, { transfer: [data.buffer] }), {}, data);
    await expect(call).rejects.toThrow(DataError);
  },
  "data that turn into what cannot be": async (gan, at) => {
    const data = points();
    await expect(train(gan, at, () => data.fill(Number.NaN), {}, data)).rejects.toThrow(DataError);
  },
  "a callback that throws": async (gan, at) => {
    const act = () => {
      throw thrown;
    };
    await expect(train(gan, at, act)).rejects.toBe(thrown);
  },
  "a callback that is refused": async (gan, at) => {
    await expect(train(gan, at, () => Promise.reject(thrown), { reportEvery: 4 })).rejects.toBe(thrown);
  },
  "an abort": async (gan, at) => {
    const controller = new AbortController();
    expect(await train(gan, at, () => controller.abort(), { signal: controller.signal })).toMatchObject({ stopped: "signal" });
  },
  "memory that is refused": async (gan) => {
    await expect(gan.train(points(), { steps: 1, batchSize: 65_536 })).rejects.toThrow(BackendError);
  },
  "a second call": async (gan, at) => {
    await train(gan, at, () => expect(gan.train(points(), { steps: 1 })).rejects.toThrow(StateError));
  },
  "samples that nothing finite comes of": async (gan) => {
    await expect(gan.sample({ latents: Float32Array.of(3e38, -3e38) })).rejects.toThrow(DataError);
  },
  "a thread that ends": async (gan, at, workers) => {
    await train(gan, at, () => void workers.at(-1)?.terminate());
  },
};

describe.each([
  ["one thread", 1, 25],
  ["two threads", 2, 6],
] as const)("a GAN on %s", PATIENCE, (_, threads, runs) => {
  it("is after any error as if the call had ended before it: it is saved, loaded, and trains on", async () => {
    const options = { backend: "wasm", threads, maxMemory: 2 ** 20 } as const;
    const names = Object.keys(FAULTS).filter((name) => threads > 1 || name !== "a thread that ends");
    const event = fc.tuple(fc.constantFrom(...names), fc.integer({ min: 1, max: 3 }), fc.boolean());
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 4 }), async (events) => {
        using watch = watchWorkers();
        const { workers } = watch;
        let gan = await createGAN({ ...spec, ...options });
        const straight = await createGAN({ ...spec, backend: "wasm", threads: 1 });
        try {
          for (const [name, at, reload] of events) {
            await FAULTS[name]!(gan, at, workers);
            const bytes = await gan.save();
            await straight.train(points(), { steps: gan.step - straight.step });
            expect(Buffer.compare(bytes, await straight.save()), name).toBe(0);
            expect((await gan.sample({ count: 3 })).data).toEqual((await straight.sample({ count: 3 })).data);
            if (!reload) continue;
            gan.dispose();
            gan = await loadGAN(bytes, options);
          }
          await gan.train(points(), { steps: 2 });
          await straight.train(points(), { steps: 2 });
          expect(Buffer.compare(await gan.save(), await straight.save())).toBe(0);
        } finally {
          gan.dispose();
          straight.dispose();
        }
      }),
      fuzzed(runs, 0.01),
    );
  });
});
