import { describe, expect, it } from "vitest";
import type { Executor, VariableSpec } from "../../src/exec/executor.ts";
import { createReferenceExecutor } from "../../src/exec/reference/executor.ts";
import { createWasmExecutor } from "../../src/exec/wasm/executor.ts";
import { encodeCheckpoint } from "../../src/gan/checkpoint.ts";
import { GAN } from "../../src/gan/gan.ts";
import { checkpointOf, firstSnapshot, readSnapshot } from "../../src/gan/snapshot.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import { checkTraining, measureTraining, plenty } from "../../src/gan/training.ts";
import { BackendError, createGAN, loadGAN } from "../../src/index.ts";
import { parameters } from "../../src/nn/network.ts";
import { STOPPED } from "../../src/objective/steps.ts";
import { variables } from "../../src/objective/variables.ts";

const spec = resolveSpec({ shape: [8, 8, 1], architecture: "dcgan", width: 4, latent: 3, batchSize: 4, ema: { decay: 0.9 }, seed: 4 });
const images = Float32Array.from({ length: 64 * 20 }, (_, i) => (i % 13) / 7 - 0.9);
const bytesOf = (tensors: readonly VariableSpec[]) => tensors.reduce((sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1), 0);

/** An executor that notes which variables its sessions have, what they compile, and which are given back. */
function watched(inner: Executor) {
  const sessions: { readonly names: string[]; compiled: number; assigns: number; disposed: boolean }[] = [];
  const executor: Executor = {
    backend: inner.backend,
    capacity: inner.capacity,
    atRisk: inner.atRisk,
    measure: (...request) => inner.measure(...request),
    dispose: () => inner.dispose(),
    async open(own, options) {
      const session = await inner.open(own, options);
      const note = { names: own.map(({ name }) => name), compiled: 0, assigns: 0, disposed: false };
      sessions.push(note);
      return {
        get memory() {
          return session.memory;
        },
        read: (name) => session.read(name),
        write: (name, value) => session.write(name, value),
        compile(graph, choice) {
          note.compiled++;
          note.assigns += graph.assigns.size;
          return session.compile(graph, choice);
        },
        dispose() {
          note.disposed = true;
          session.dispose();
        },
      };
    },
  };
  return { executor, sessions };
}

const executors: readonly (readonly [string, () => Promise<Executor>])[] = [
  ["reference", async () => createReferenceExecutor()],
  ["wasm", () => createWasmExecutor({ threads: 1, reproducible: true })],
];

/** A GAN that was trained for three steps, as a file. */
const trained = async (create: () => Promise<Executor>) => {
  const gan = await GAN.open(await create(), { spec });
  await gan.train(images, { steps: 3 });
  const samples = { average: await gan.sample({ count: 6, seed: 2 }), own: await gan.sample({ count: 6, seed: 2, ema: false }) };
  const scores = await gan.discriminate(samples.own);
  const file = await gan.save();
  gan.dispose();
  return { file, samples, scores };
};

describe.each(executors)("a GAN on %s", (_, create) => {
  const load = async (file: Uint8Array) => {
    const { executor, sessions } = watched(await create());
    return { gan: await GAN.open(executor, { spec, snapshot: readSnapshot(file) }), sessions };
  };
  const names = (network: "generator" | "discriminator") => parameters(spec, network).map(({ name }) => name);

  it("opens nothing until it is asked for something", async () => {
    const { gan, sessions } = await load((await trained(create)).file);
    expect([gan.step, gan.memory.total, sessions]).toEqual([3, 0, []]);
    gan.dispose();
  });

  it("samples with the generator's tensors alone: the average under plain names", async () => {
    const { file, samples } = await trained(create);
    const { gan, sessions } = await load(file);
    expect((await gan.sample({ count: 6, seed: 2 })).data).toEqual(samples.average.data);
    expect(sessions).toEqual([{ names: names("generator"), compiled: 2, assigns: 0, disposed: false }]);
    expect((await gan.sample({ count: 6, seed: 2, ema: false })).data).toEqual(samples.own.data);
    expect(sessions.map((s) => s.names)).toEqual([names("generator"), names("generator")]);
    gan.dispose();
    expect(sessions.every((s) => s.disposed)).toBe(true);
  });

  it("judges with the discriminator's tensors alone", async () => {
    const { file, samples, scores } = await trained(create);
    const { gan, sessions } = await load(file);
    expect(await gan.discriminate(samples.own)).toEqual(scores);
    expect(sessions).toEqual([{ names: names("discriminator"), compiled: 2, assigns: 0, disposed: false }]);
    gan.dispose();
  });

  it("saves what it was loaded from without opening anything", async () => {
    const { file } = await trained(create);
    const { gan, sessions } = await load(file);
    expect(Buffer.compare(await gan.save(), file)).toBe(0);
    expect(sessions).toEqual([]);
    gan.dispose();
  });

  it("refuses to go on from bytes that were changed after it was loaded, and keeps what it has opened", async () => {
    const { file, samples } = await trained(create);
    const { gan } = await load(file);
    await gan.sample({ count: 6, seed: 2 });
    file[file.length - 3]! ^= 1;
    const changed = { name: "CheckpointError", path: "bytes" };
    await expect(gan.train(images, { steps: 1 })).rejects.toMatchObject(changed);
    await expect(gan.save()).rejects.toMatchObject(changed);
    expect((await gan.sample({ count: 6, seed: 2 })).data).toEqual(samples.average.data);
    file[file.length - 3]! ^= 1;
    expect((await gan.train(images, { steps: 1 })).steps).toBe(1);
    gan.dispose();
  });

  it("says so when the bytes were given away", async () => {
    const { file } = await trained(create);
    const { gan } = await load(file);
    structuredClone(file, { transfer: [file.buffer] });
    await expect(gan.sample()).rejects.toMatchObject({ name: "CheckpointError", path: "bytes" });
    gan.dispose();
  });

  it("tells its step when it is disposed of, too", async () => {
    const { gan } = await load((await trained(create)).file);
    await gan.train(images, { steps: 2 });
    gan.dispose();
    expect(gan.step).toBe(5);
  });

  it("is not disturbed by what becomes of the bytes once training has them", async () => {
    const { file } = await trained(create);
    const [straight, disturbed] = [await load(file.slice()), await load(file)];
    await straight.gan.train(images, { steps: 2 });
    await disturbed.gan.prepare();
    structuredClone(file, { transfer: [file.buffer] });
    await disturbed.gan.train(images, { steps: 2 });
    expect(Buffer.compare(await straight.gan.save(), await disturbed.gan.save())).toBe(0);
    straight.gan.dispose();
    disturbed.gan.dispose();
  });

  it("opens training in place of the networks, which then work in its session", async () => {
    const { file } = await trained(create);
    const { gan, sessions } = await load(file);
    await gan.sample();
    await gan.discriminate(images);
    await gan.prepare();
    expect(sessions.map((s) => s.disposed)).toEqual([true, true, false]);
    expect(sessions[2]!.names).toEqual([...variables(spec), STOPPED].map(({ name }) => name));
    const { total } = gan.memory;
    await gan.train(images, { steps: 2 });
    await gan.sample();
    expect(sessions).toHaveLength(3);
    expect(gan.memory.total).toBeGreaterThanOrEqual(total);
    gan.dispose();
  });

  it("trains on as if it had not been sampled from, nor saved in between", async () => {
    const { file } = await trained(create);
    const [straight, disturbed] = [await load(file), await load(file)];
    await straight.gan.train(images, { steps: 3 });
    await disturbed.gan.sample({ count: 5 });
    await disturbed.gan.train(images, { steps: 1 });
    await disturbed.gan.discriminate(images);
    await disturbed.gan.save();
    await disturbed.gan.train(images, { steps: 2 });
    expect(Buffer.compare(await straight.gan.save(), await disturbed.gan.save())).toBe(0);
    straight.gan.dispose();
    disturbed.gan.dispose();
  });

  it.each([
    ["layers", 60, { batchSize: 4 }],
    ["parts of a batch", 0, { batchSize: 128, accumulate: 128 }],
  ])("whose file has very many %s is planned only when it is trained", async (_, norms, batches) => {
    const layerNorms = Array.from({ length: norms }, () => ({ type: "layerNorm" as const }));
    const architecture = { generator: [{ type: "dense" as const, units: 2 }], discriminator: [...layerNorms, { type: "dense" as const, units: 1 }] };
    const deep = resolveSpec({ shape: [2], latent: 2, ...batches, architecture });
    const file = encodeCheckpoint(await checkpointOf(firstSnapshot(deep)));
    const { executor, sessions } = watched(await create());
    let measured = 0;
    const scarce: Executor = {
      ...executor,
      capacity: 0,
      measure: (...request) => {
        measured++;
        return executor.measure(...request);
      },
    };
    const gan = await GAN.open(scarce, { spec: deep, snapshot: readSnapshot(file), maxMemory: 12_000 });
    expect([measured, sessions.length]).toEqual([0, 0]);
    const refusal = { name: "BackendError", path: "maxMemory" };
    await expect(gan.train(new Float32Array(16), { steps: 1 })).rejects.toMatchObject(refusal);
    await expect(gan.prepare()).rejects.toMatchObject(refusal);
    expect([measured, sessions.length, gan.step]).toEqual([2, 0, 0]);
    expect(Buffer.compare(await gan.save(), file)).toBe(0);
    gan.dispose();
  });

  it("whose file has no more layers than others is refused at once where it could not be trained", async () => {
    const { file } = await trained(create);
    await expect(GAN.open(await create(), { spec, snapshot: readSnapshot(file), maxMemory: 12_000 })).rejects.toThrow(BackendError);
  });

  it("begins to train at once after it was made", async () => {
    const { executor, sessions } = watched(await create());
    const gan = await GAN.open(executor, { spec });
    expect((await gan.train(images, { steps: 1 })).steps).toBe(1);
    expect(sessions).toHaveLength(1);
    gan.dispose();
  });
});

describe("memory", () => {
  it.each([
    { shape: [2], latent: 2, width: 4 },
    { shape: [2], width: 256, batchSize: 512 },
    { shape: [28, 28, 1], architecture: "dcgan", width: 32 },
    { shape: [32, 32, 3], architecture: "dcgan", width: 8, batchSize: 1, condition: { classes: 10 } },
    { shape: [64, 64, 3], architecture: "dcgan", width: 16, objective: "wasserstein-gp", batchSize: 256 },
    { shape: [64, 64, 3], architecture: "dcgan", width: 64, objective: "wasserstein" },
  ] as const)("in plenty is far more than training needs, and not planned for: %j", async (options) => {
    const executor = await createWasmExecutor({ threads: 8 });
    const full = resolveSpec(options);
    const { total } = await measureTraining(executor, full);
    expect(total).toBeLessThan(plenty(full) / 2);
    let measured = 0;
    const measure: Executor["measure"] = (...request) => {
      measured++;
      return executor.measure(...request);
    };
    await checkTraining({ ...executor, measure, capacity: plenty(full) }, full, undefined);
    expect(measured).toBe(0);
    await checkTraining({ ...executor, measure, capacity: plenty(full) - 1 }, full, undefined);
    await checkTraining({ ...executor, measure }, full, total);
    expect(measured).toBe(2);
  });

  it("that is limited holds one network at a time, beside no other", async () => {
    const { executor, sessions } = watched(await createWasmExecutor({ threads: 1 }));
    const { total } = await executor.measure([...variables(spec), STOPPED], []);
    const gan = await GAN.open(executor, { spec, maxMemory: 2 ** 22 });
    expect(total).toBeLessThan(2 ** 22);
    const samples = await gan.sample();
    await gan.sample({ ema: false });
    const scores = await gan.discriminate(samples);
    expect(sessions.map((s) => s.disposed)).toEqual([true, true, false]);
    expect((await gan.sample()).data).toEqual(samples.data);
    expect(await gan.discriminate(samples)).toEqual(scores);
    gan.dispose();
    expect(sessions.every((s) => s.disposed)).toBe(true);
  });

  it("that is limited is there for training in full, whatever was opened before", async () => {
    const options = { shape: [8, 8, 1], width: 4, latent: 3, batchSize: 8, backend: "wasm", threads: 1 } as const;
    const need = Number(/at least (\d+) bytes/.exec((await createGAN({ ...options, batchSize: 16, maxMemory: 100 }).catch((e) => e)).expected)![1]);
    const gan = await createGAN({ ...options, maxMemory: need });
    await gan.sample();
    await gan.prepare({ batchSize: 16 });
    expect(gan.memory.total).toBeLessThanOrEqual(need);
    gan.dispose();
  });

  it.each([0, 1, 2])("that the hardware refuses for a network beside %i others is had in their place", async (others) => {
    const inner = await createWasmExecutor({ threads: 1 });
    const { executor, sessions } = watched(inner);
    const open = executor.open;
    let most = others;
    const scarce: Executor = {
      ...executor,
      open: async (...request) => {
        if (sessions.filter((s) => !s.disposed).length > most) throw new BackendError({ path: "memory", expected: "room", got: "none" });
        return open(...request);
      },
    };
    const gan = await GAN.open(scarce, { spec });
    const samples = await gan.sample();
    await gan.sample({ ema: false });
    most = 0;
    expect(await gan.discriminate(samples)).toHaveLength(1);
    expect((await gan.sample()).data).toEqual(samples.data);
    expect((await gan.train(images, { steps: 1 })).steps).toBe(1);
    gan.dispose();
    expect(sessions.every((s) => s.disposed)).toBe(true);
  });

  it("of a GAN that is only sampled from is that of its generator: at most three times its weights, with what is made of them, and a batch of activations", async () => {
    const gan = await createGAN({ shape: [64, 64, 3], architecture: "dcgan", width: 64, latent: 100, batchSize: 64, backend: "wasm", threads: 1 });
    const file = await gan.save();
    gan.dispose();
    const loaded = await loadGAN(file, { backend: "wasm", threads: 1 });
    await loaded.sample();
    const { variables, activations, live, total } = loaded.memory;
    const weights = bytesOf(parameters(loaded.spec, "generator"));
    expect(variables).toBeLessThan(1.01 * weights);
    expect(activations).toBeLessThan(1.25 * live);
    expect(total).toBeLessThan(3 * weights + activations);
    loaded.dispose();
  });

  it.each([1, 2])("that a refusal asks for is all that is ever needed, %i threads", async (threads) => {
    for (const options of [
      { shape: [2], width: 16, latent: 3, batchSize: 12 },
      { shape: [8, 8, 1], width: 4, latent: 3, batchSize: 9, objective: "wasserstein-gp" as const },
      { shape: [16, 16, 3], width: 5, latent: 7, batchSize: 16, condition: { classes: 3 }, ema: false as const },
    ]) {
      const request = { ...options, backend: "wasm" as const, threads };
      const refusal = await createGAN({ ...request, maxMemory: 100 }).catch((error: unknown) => error as BackendError);
      expect(refusal).toBeInstanceOf(BackendError);
      const needed = Number(/at least (\d+) bytes/.exec((refusal as BackendError).expected)![1]);
      await expect(createGAN({ ...request, maxMemory: needed - 1 })).rejects.toThrow(`at least ${needed} bytes`);

      const gan = await createGAN({ ...request, maxMemory: needed });
      const size = options.shape.reduce((a, b) => a * b, 1);
      const data = { data: new Float32Array(size * 30), labels: gan.spec.condition ? Array.from({ length: 30 }, (_, i) => i % 3) : null };
      const condition = gan.spec.condition && { condition: 1 };
      const labels = (count: number) => (gan.spec.condition ? Array.from({ length: count }, () => 1) : null);
      // One use after the other, as each opens a session anew where memory has no room for two.
      const uses = [
        (count: number) => gan.sample({ count, seed: 1, ...condition }),
        (count: number) => gan.sample({ count, ema: false, ...condition }),
        (count: number) => gan.discriminate({ data: new Float32Array(size * count), labels: labels(count) }),
      ];
      const check = async () => {
        for (const use of uses) {
          for (const count of [1, 2, 3, 5, 40]) {
            await use(count);
            expect(gan.memory.total).toBeLessThanOrEqual(needed);
          }
        }
      };
      await check();
      await gan.train(data, { steps: 2 });
      await check();
      await gan.train(data, { steps: 2, batchSize: 5 });
      await check();
      expect((await gan.train(data, { steps: 1 })).steps).toBe(1);
      expect(gan.memory.total).toBeLessThanOrEqual(needed);
      gan.dispose();
    }
  });
});
