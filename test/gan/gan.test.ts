import { describe, expect, it } from "vitest";
import { type CreateOptions, createGAN, type GAN, Images, type StepReport } from "../../src/index.ts";
import { expectSameBytes } from "../bytes.ts";

// Small enough for plain loops; every kind of layer that keeps state is in it.
const mlp: CreateOptions = { shape: [2], architecture: "mlp", width: 8, latent: 4, batchSize: 8, seed: 1 };
const dcgan: CreateOptions = { shape: [8, 8, 1], architecture: "dcgan", width: 2, latent: 3, batchSize: 4, seed: 1 };

/** Points on a circle. */
const circle = (count: number) => Float32Array.from({ length: 2 * count }, (_, i) => (i % 2 === 0 ? Math.cos(i / 2) : Math.sin((i - 1) / 2)));
const pictures = (count: number) => Uint8Array.from({ length: 64 * count }, (_, i) => (i * 37) % 256);

describe.each(["reference", "wasm"] as const)("%s", (backend) => {
  /** On one thread unless told otherwise: that several give the same is in test/exec/wasm/threads.test.ts, and threads take long to start. */
  async function using<T>(options: CreateOptions, use: (gan: GAN) => Promise<T>): Promise<T> {
    const gan = await createGAN({ threads: 1, ...options, backend });
    try {
      return await use(gan);
    } finally {
      gan.dispose();
    }
  }

  describe("createGAN", () => {
    it("says what it made and where it computes", async () => {
      await using(mlp, async (gan) => {
        expect(gan.spec).toMatchObject({ shape: [2], latent: 4, batchSize: 8, seed: 1, condition: null });
        expect(gan.backend).toMatchObject({ name: backend });
        await gan.prepare();
        expect(gan.memory.total).toBeGreaterThan(gan.memory.variables);
        expect(gan.step).toBe(0);
      });
    });

    it("begins with weights that depend on the seed alone", async () => {
      const first = (seed: number) => using({ ...mlp, seed }, async (gan) => (await gan.sample({ count: 3 })).data);
      expect(await first(1)).toEqual(await first(1));
      expect(await first(2)).not.toEqual(await first(1));
    });
  });

  describe("train", () => {
    it("reports every step", async () => {
      await using(mlp, async (gan) => {
        const seen: StepReport[] = [];
        const report = await gan.train(circle(64), { steps: 12, onStep: (s) => void seen.push(s) });
        expect(seen.map((s) => s.step)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
        expect(report).toMatchObject({ steps: 12, stopped: "steps" });
        expect([...report.discriminatorLosses]).toEqual(seen.map((s) => s.discriminatorLoss));
        expect([...report.generatorLosses]).toEqual(seen.map((s) => s.generatorLoss));
        expect([...report.divergences]).toEqual(seen.map((s) => s.divergence.value));
        expect([...report.realScores]).toEqual(seen.map((s) => s.realScore));
        expect([...report.fakeScores]).toEqual(seen.map((s) => s.fakeScore));
        expect([...report.discriminatorAccuracies]).toEqual(seen.map((s) => s.discriminatorAccuracy));
        // Of a batch of n images of each kind a multiple of 1 / 2n.
        expect(seen.every(({ discriminatorAccuracy: share }) => share >= 0 && share <= 1 && Number.isInteger(share * 2 * gan.spec.batchSize))).toBe(
          true,
        );
        expect(seen.every((s) => s.imagesPerSecond! > 0)).toBe(true);
        expect(gan.step).toBe(12);
      });
    });

    it("moves samples to where the data are", async () => {
      const learningRate = 5e-3;
      await using({ ...mlp, optimizer: { generator: { learningRate }, discriminator: { learningRate } } }, async (gan) => {
        const centre = [2, -1.5];
        const data = circle(64).map((x, i) => centre[i % 2]! + 0.1 * x);
        const distance = async () => {
          const samples = (await gan.sample({ count: 64, ema: false })).data;
          return Math.hypot(...centre.map((c, k) => c - samples.reduce((sum, x, i) => sum + (i % 2 === k ? x / 64 : 0), 0)));
        };
        expect(await distance()).toBeGreaterThan(1.5);
        await gan.train(data, { steps: 200 });
        expect(await distance()).toBeLessThan(0.75);
      });
    });

    it.each(["non-saturating", "minimax", "least-squares", "wasserstein", "wasserstein-gp"] as const)(
      "runs with the objective %s",
      async (objective) => {
        await using({ ...mlp, objective }, async (gan) => {
          const report = await gan.train(circle(20), { steps: 3 });
          expect([...report.discriminatorLosses, ...report.generatorLosses].every(Number.isFinite)).toBe(true);
        });
      },
    );

    it("trains pictures, conditional ones too", async () => {
      await using({ ...dcgan, condition: { classes: 3 } }, async (gan) => {
        await gan.train({ data: pictures(9), labels: [0, 1, 2, 0, 1, 2, 0, 1, 2] }, { steps: 2 });
        const images = await gan.sample({ count: 2, condition: 1 });
        expect(images.shape).toEqual([2, 8, 8, 1]);
        expect(await gan.discriminate({ data: images.data, labels: [1, 1] })).toHaveLength(2);
      });
    });

    it("gives the discriminator a batch of its own for each of its updates", async () => {
      const taken: number[] = [];
      const batches = function* () {
        for (let i = 0; ; i++) {
          taken.push(i);
          yield circle(8);
        }
      };
      await using({ ...mlp, objective: { name: "wasserstein", discriminatorSteps: 3 } }, (gan) => gan.train(batches(), { steps: 2 }));
      expect(taken).toEqual([0, 1, 2, 3, 4, 5]);
    });

    it("uses every batch of an iterable, a short last one too, and says that the data ended", async () => {
      await using(mlp, async (gan) => {
        const batches = (function* () {
          yield circle(8);
          yield circle(5);
        })();
        const report = await gan.train(batches, { steps: 10 });
        expect(report).toMatchObject({ steps: 2, stopped: "data" });
      });
    });

    it("stops after the current step when the signal says so, and goes on when called again", async () => {
      const whole = await using(mlp, (gan) => gan.train(circle(20), { steps: 6 }));
      await using(mlp, async (gan) => {
        const controller = new AbortController();
        const onStep = ({ step }: StepReport) => step === 2 && controller.abort();
        const first = await gan.train(circle(20), { steps: 6, signal: controller.signal, onStep });
        expect(first).toMatchObject({ steps: 2, stopped: "signal" });
        const rest = await gan.train(circle(20), { steps: 4 });
        expect([...first.generatorLosses, ...rest.generatorLosses]).toEqual([...whole.generatorLosses]);
        expect(await gan.train(circle(20), { steps: 4, signal: AbortSignal.abort() })).toMatchObject({ steps: 0, stopped: "signal" });
      });
    });

    it("lets timers run", async () => {
      await using(mlp, async (gan) => {
        let ticks = 0;
        const timer = setInterval(() => ticks++, 1);
        const end = performance.now() + 300;
        const controller = new AbortController();
        await gan.train(circle(20), { steps: 1e6, signal: controller.signal, onStep: () => performance.now() > end && controller.abort() });
        clearInterval(timer);
        expect(ticks).toBeGreaterThanOrEqual(3);
      });
    });

    it("waits for onStep, and does not disturb what is asked for meanwhile", async () => {
      const sample = async (gan: GAN) => (await gan.sample({ count: 2, seed: 5 })).data;
      await using({ ...mlp, threads: 2 }, async (gan) => {
        const during: Float32Array[] = [];
        const training = gan.train(circle(20), { steps: 3, onStep: async () => void during.push(await sample(gan)) });
        const [, beside] = await Promise.all([training, gan.save()]);
        expect(during).toHaveLength(3);
        expectSameBytes(during[2], await sample(gan));
        expect(beside.length).toBeGreaterThan(0);
      });
      const losses = (onStep?: (gan: GAN) => unknown) =>
        using(mlp, async (gan) => (await gan.train(circle(20), { steps: 3, onStep: () => onStep?.(gan) })).generatorLosses);
      expectSameBytes(await losses(sample), await losses());
    });

    it("draws fresh latents for every update", async () => {
      const frozen = { learningRate: 1e-30 };
      await using({ ...mlp, optimizer: { generator: frozen, discriminator: frozen } }, async (gan) => {
        const { generatorLosses } = await gan.train(new Float32Array(16), { steps: 8 });
        expect(new Set(generatorLosses).size).toBe(8);
      });
    });

    it("takes another batch size for one call", async () => {
      await using(mlp, async (gan) => {
        let pulled = 0;
        const batches = function* () {
          for (; ; pulled++) yield circle(12);
        };
        await gan.train(batches(), { steps: 4, batchSize: 3 });
        expect(pulled).toBe(0);
        await gan.train(batches(), { steps: 3 });
        expect(pulled).toBe(1);
      });
    });
  });

  describe("sample", () => {
    it("makes image i of a seed the same however many are asked for", async () => {
      await using(dcgan, async (gan) => {
        const many = await gan.sample({ count: 11, seed: 3 });
        expect(many.shape).toEqual([11, 8, 8, 1]);
        expectSameBytes((await gan.sample({ count: 1, seed: 3 })).data, many.at(0).data);
        expectSameBytes((await gan.sample({ count: 7, seed: 3 })).at(6).data, many.at(6).data);
        expect(many.at(0).data).not.toEqual(many.at(1).data);
        expect(many.data.every((x) => Math.abs(x) <= 1)).toBe(true);
      });
    });

    it("takes latents, and gives them out", async () => {
      await using(dcgan, async (gan) => {
        const z = gan.latents({ count: 3, seed: 3 });
        expect(z).toHaveLength(9);
        expectSameBytes((await gan.sample({ latents: z })).data, (await gan.sample({ count: 3, seed: 3 })).data);
        expect(Math.max(...gan.latents({ count: 100, truncation: 0.5 }).map(Math.abs))).toBeLessThanOrEqual(0.5);
        expectSameBytes(
          (await gan.sample({ count: 3, truncation: 0.5 })).data,
          (await gan.sample({ latents: gan.latents({ count: 3, truncation: 0.5 }) })).data,
        );
      });
    });

    it("draws from the moving average unless told otherwise", async () => {
      await using(mlp, async (gan) => {
        await gan.train(circle(20), { steps: 30 });
        expect((await gan.sample({ seed: 1 })).data).not.toEqual((await gan.sample({ seed: 1, ema: false })).data);
      });
      await using({ ...mlp, ema: false }, async (gan) => {
        expectSameBytes((await gan.sample({ seed: 1 })).data, (await gan.sample({ seed: 1, ema: false })).data);
      });
    });

    it("takes a class for all images or one for each, and else draws them from the seed", async () => {
      await using({ ...mlp, condition: { classes: 4 } }, async (gan) => {
        const each = await gan.sample({ count: 3, condition: [2, 0, 2] });
        const all = await gan.sample({ count: 3, condition: 2 });
        expectSameBytes(each.at(0).data, all.at(0).data);
        expect(each.at(1).data).not.toEqual(all.at(1).data);
        expectSameBytes(each.at(2).data, all.at(2).data);
        expectSameBytes((await gan.sample({ count: 9 })).at(2).data, (await gan.sample({ count: 3 })).at(2).data);
      });
    });

    it("takes one vector for all images or one for each", async () => {
      await using({ ...mlp, condition: { size: 2 } }, async (gan) => {
        const all = await gan.sample({ count: 2, condition: [0.5, -1] });
        expectSameBytes((await gan.sample({ count: 2, condition: Float32Array.of(0.5, -1, 0.5, -1) })).data, all.data);
        expect((await gan.sample({ count: 2, condition: [0.5, 1, 0.5, -1] })).at(0).data).not.toEqual(all.at(0).data);
      });
    });
  });

  describe("discriminate", () => {
    it("scores each image by itself, in any number", async () => {
      await using(mlp, async (gan) => {
        const scores = await gan.discriminate(circle(21));
        expect(scores).toHaveLength(21);
        expect((await gan.discriminate(circle(21).subarray(40)))[0]).toBe(scores[20]);
        expect(await gan.discriminate(await gan.sample({ count: 3 }))).toHaveLength(3);
      });
    });

    it("scores the GAN's own images whatever their range, and no others that are not finite or of another shape", async () => {
      const generator = [
        { type: "dense" as const, units: 4 },
        { type: "reshape" as const, shape: [2, 2, 1] },
      ];
      const discriminator = [{ type: "flatten" as const }, { type: "dense" as const, units: 1 }];
      await using({ shape: [2, 2, 1], architecture: { generator, discriminator }, seed: 1 }, async (gan) => {
        const images = await gan.sample({ count: 9 });
        expect(images.data.some((x) => Math.abs(x) > 1)).toBe(true);
        expect(await gan.discriminate(images)).toHaveLength(9);
        await expect(gan.discriminate({ data: images.data })).rejects.toThrow("a number in [-1, 1]");
        const faulty = new Images([1, 2, 2, 1], Float32Array.of(0, 0, Number.NaN, 0));
        await expect(gan.discriminate(faulty)).rejects.toMatchObject({ name: "DataError", path: "data[2]" });
        const wide = new Images([1, 1, 4, 1], new Float32Array(4));
        await expect(gan.discriminate(wide)).rejects.toThrow("shape: expected [1, 2, 2, 1], got [1, 1, 4, 1]");
      });
    });

    it("scores a conditional GAN's own images as what they are said to be", async () => {
      await using({ shape: [2], width: 4, latent: 3, seed: 1, condition: { classes: 3 } }, async (gan) => {
        const images = await gan.sample({ count: 3, condition: [0, 1, 2] });
        const scores = await gan.discriminate(images, { condition: [0, 1, 2] });
        expect(await gan.discriminate({ data: images.data, labels: [0, 1, 2] })).toEqual(scores);
        expect(await gan.discriminate(images, { condition: 1 })).not.toEqual(scores);
        await expect(gan.discriminate(images)).rejects.toThrow("labels");
        await expect(gan.discriminate(images, { condition: 3 })).rejects.toThrow("condition");
      });
    });
  });

  describe("interpolate", () => {
    it("goes from a to b along the great circle: weights sin((1-t)Ω)/sin Ω and sin(tΩ)/sin Ω to 1e-6", async () => {
      await using(mlp, async (gan) => {
        for (const seed of [1, 2, 3]) {
          const z = gan.latents({ count: 2, seed });
          const [a, b] = [z.subarray(0, 4), z.subarray(4)];
          const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, v, i) => sum + v * y[i]!, 0);
          const omega = Math.acos(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)));
          const path = gan.interpolate(a, b, 7);
          expect(path.subarray(0, 4)).toEqual(a);
          expect(path.subarray(24)).toEqual(b);
          for (let k = 0; k < 7; k++) {
            for (let i = 0; i < 4; i++) {
              const t = k / 6;
              const expected = (Math.sin((1 - t) * omega) * a[i]! + Math.sin(t * omega) * b[i]!) / Math.sin(omega);
              expect(Math.abs(path[4 * k + i]! - expected)).toBeLessThan(1e-6);
            }
          }
        }
      });
    });

    it("stays put between equal latents", async () => {
      await using(mlp, async (gan) => {
        const a = gan.latents();
        expect(gan.interpolate(a, a, 3).subarray(4, 8)).toEqual(a);
      });
    });
  });
});
