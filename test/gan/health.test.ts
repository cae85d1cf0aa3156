import { describe, expect, it, vi } from "vitest";
import { fillNormals, Stream } from "../../src/core/random.ts";
import { Monitor } from "../../src/gan/health/monitor.ts";
import { probeEvery } from "../../src/gan/health/watch.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import type { Training } from "../../src/gan/training.ts";
import {
  type CreateOptions,
  createGAN,
  DataError,
  Dataset,
  type HealthEvent,
  loadGAN,
  SpecError,
  type TrainingData,
  TrainingError,
  type TrainOptions,
} from "../../src/index.ts";

/** Seeds of every construction; others by a variable, as in GANVAS_SEEDS=11,12,13. */
const SEEDS = (process.env.GANVAS_SEEDS ?? "1").split(",").map(Number);

const adam = (learningRate: number) => ({ name: "adam", learningRate }) as const;
const rates = (generator: number, discriminator = generator) => ({ generator: adam(generator), discriminator: adam(discriminator) });

const ANY: CreateOptions = { shape: [2], latent: 2, batchSize: 64, backend: "wasm", threads: 1, reproducible: true };
const TINY: CreateOptions = { ...ANY, width: 16 };

/** Points of N(centre, σ²), or so about the corners of a polygon. */
function cloud(count: number, centre: number, deviation: number, corners = 1): Dataset {
  const data = new Float32Array(2 * count);
  fillNormals(data, 5, Stream.data, 0);
  for (let i = 0; i < data.length; i++) {
    const angle = (2 * Math.PI * (Math.floor(i / 2) % corners)) / corners;
    const corner = corners > 1 ? [Math.cos(angle), Math.sin(angle)][i % 2]! : 0;
    data[i] = centre + corner + deviation * data[i]!;
  }
  return new Dataset({ data, shape: [count, 2] });
}

async function train(options: CreateOptions, data: Dataset, how: TrainOptions) {
  const gan = await createGAN(options);
  const told: HealthEvent[] = [];
  try {
    const report = await gan.train(data, { ...how, onStep: ({ health }) => void told.push(...health) });
    expect(told).toEqual(report.health);
    return report;
  } finally {
    gan.dispose();
  }
}

const linear = [{ type: "dense", units: 2 }] as const;
const relu = { type: "activation", name: "relu" } as const;
const withRelu = [{ type: "dense", units: 2 }, relu, { type: "dense", units: 2 }, relu, { type: "dense", units: 1 }] as const;

/** Patterns of 4 x 4 pixels, all different. */
const patterns = new Dataset({
  data: Float32Array.from({ length: 16 * 512 }, (_, i) => (((Math.imul(i >> 4, 2654435761) >>> (i % 16)) & 1) === 1 ? 0.8 : -0.8)),
  shape: [512, 4, 4, 1],
});

/** A construction of each failure. */
const FAILURES: Readonly<Record<HealthEvent["name"], readonly [options: CreateOptions, data: Dataset, how: TrainOptions]>> = {
  // The data are out of the generator's reach, and it hardly moves.
  "discriminator-saturated": [{ ...TINY, objective: "non-saturating", optimizer: rates(1e-7, 1e-2) }, cloud(512, 10, 0.1), { steps: 600 }],
  // The generator runs after every move of a discriminator that is ten times as slow.
  "mode-collapse": [{ ...TINY, shape: [4, 4, 1], architecture: "mlp", objective: "minimax", optimizer: rates(1e-2, 1e-3) }, patterns, { steps: 500 }],
  // log(1 - D(G(z))) is flat where D is sure.
  "vanishing-gradient": [{ ...TINY, objective: "minimax", optimizer: rates(1e-7, 3e-2) }, cloud(512, 10, 0.1), { steps: 2000 }],
  // Nothing bounds the critic.
  diverging: [{ ...TINY, objective: "wasserstein", regularizers: [], optimizer: rates(1e-7, 1e-2) }, cloud(512, 3, 0.1), { steps: 600 }],
  // Twenty points.
  memorising: [{ ...TINY, width: 64, objective: "non-saturating", optimizer: rates(1e-4, 3e-3) }, cloud(40, 0, 1), { steps: 1500, validation: 0.5 }],
  // Units of relu that one large step has put below 0 for all images.
  "dead-discriminator": [
    {
      ...ANY,
      objective: "non-saturating",
      architecture: { generator: linear, discriminator: withRelu },
      optimizer: rates(1e-3, 10),
    },
    cloud(512, 0, 1),
    { steps: 300 },
  ],
  // A bilinear game: both networks are linear.
  oscillating: [
    {
      ...ANY,
      objective: "wasserstein",
      regularizers: [],
      architecture: { generator: linear, discriminator: [{ type: "dense", units: 1 }] },
      optimizer: rates(1e-2),
    },
    cloud(512, 3, 1),
    { steps: 2000 },
  ],
};

describe.each(SEEDS)("with seed %i", (seed) => {
  it.each(Object.entries(FAILURES))("%s is told by name, with evidence and a remedy, once", async (name, [options, data, how]) => {
    const { health, probes } = await train({ ...options, seed }, data, how);
    const found = health.find((event) => event.name === name && event.state === "raised");
    expect(found, JSON.stringify(probes.at(-1))).toMatchObject({ evidence: expect.stringMatching(/\d/), remedy: expect.stringMatching(/\w/) });
    for (const [i, event] of health.entries()) {
      const before = health.slice(0, i).findLast((other) => other.name === event.name);
      expect(event.state).toBe(before?.state === "raised" ? "cleared" : "raised");
    }
  });

  it("nothing is told of a training that goes well", async () => {
    const data = cloud(2000, 0, 0.05, 8);
    const { health, probes } = await train({ ...TINY, width: 64, seed }, data, { steps: 1000, validation: 0.1 });
    expect(health).toEqual([]);
    expect(probes.map(({ step }) => step)).toEqual(Array.from({ length: 10 }, (_, i) => 100 * (i + 1)));
  });

  it("going back and slowing down saves a training that dies without it", async () => {
    const discriminator = [{ type: "dense", units: 64 }, relu, { type: "dense", units: 1 }] as const;
    const architecture = { generator: linear, discriminator };
    const course = async (onUnhealthy: NonNullable<TrainOptions["onUnhealthy"]>) => {
      const gan = await createGAN({ ...ANY, objective: "non-saturating", architecture, optimizer: rates(3e-2, 1), seed });
      const report = await gan.train(cloud(512, 3, 1), { steps: 1500, onUnhealthy });
      const { data } = await gan.sample({ count: 256 });
      gan.dispose();
      const mean = (axis: number) => data.reduce((sum, x, i) => sum + (i % 2 === axis ? x / 256 : 0), 0);
      return { ...report, away: Math.hypot(mean(0) - 3, mean(1) - 3) };
    };
    const without = await course("report");
    expect(without.probes.at(-1)!.generatorGradient).toBe(0);
    const withIt = await course("rollback");
    expect(withIt).toMatchObject({ stopped: "steps", steps: 1500 });
    expect(withIt.discriminatorLosses.length).toBe(1500);
    expect(withIt.rollbacks[0]!.learningRateFactor).toBe(0.5);
    expect(withIt.rollbacks.flatMap(({ because }) => because)).toContain("dead-discriminator");
    // Nothing stays wrong of what training went back from.
    expect(withIt.health.filter(({ state }) => state === "cleared").length).toBe(withIt.health.filter(({ state }) => state === "raised").length);
    expect(withIt.away).toBeLessThan((2 / 3) * without.away);
  });
});

it("a training that is told to stop ends as the step has left it", async () => {
  const [options, data] = FAILURES["dead-discriminator"];
  const gan = await createGAN(options);
  const { stopped, steps, health } = await gan.train(data, { steps: 1000, onUnhealthy: "stop" });
  expect(stopped).toBe("unhealthy");
  expect(steps).toBe(gan.step);
  expect(health.at(-1)).toMatchObject({ step: steps, name: "dead-discriminator", state: "raised" });
  gan.dispose();
});

describe("an update that is not finite", () => {
  const huge: CreateOptions = { ...TINY, objective: "wasserstein", regularizers: [], optimizer: rates(1e-3, 1e14) };

  it("ends training with its error unless told otherwise", async () => {
    await expect(train(huge, cloud(64, 0, 1), { steps: 50 })).rejects.toThrow(TrainingError);
  });

  it("ends it with a report where it is to stop", async () => {
    const gan = await createGAN(huge);
    const { stopped, health, steps } = await gan.train(cloud(64, 0, 1), { steps: 50, onUnhealthy: "stop" });
    expect([stopped, steps]).toEqual(["unhealthy", gan.step]);
    gan.dispose();
    expect(health).toMatchObject([{ name: "diverging", state: "raised", evidence: expect.stringMatching(/finite/) }]);
  });

  it("is told of with the next step that is", async () => {
    const gan = await createGAN({ ...huge, optimizer: rates(1e-3, 1e5) });
    const told: { step: number; health: readonly HealthEvent[]; from: number | undefined }[] = [];
    const onStep: TrainOptions["onStep"] = ({ step, health, rollback }) => void told.push({ step, health, from: rollback?.from });
    const { health, rollbacks, stopped } = await gan.train(cloud(64, 0, 1), { steps: 8, onUnhealthy: "rollback", onStep });
    gan.dispose();
    expect(stopped).toBe("steps");
    expect(told.flatMap((step) => step.health)).toEqual(health);
    expect(told.findLast(({ from }) => from !== undefined)).toMatchObject({ step: 1, from: rollbacks.at(-1)!.from });
  });

  it("is undone, with half the learning rates, as often as that may help; the factor is kept in files", async () => {
    const gan = await createGAN(huge);
    const { stopped, rollbacks } = await gan.train(cloud(64, 0, 1), { steps: 50, onUnhealthy: "rollback" });
    expect(stopped).toBe("unhealthy");
    expect(rollbacks.map(({ to, learningRateFactor }) => [to, learningRateFactor])).toEqual(Array.from({ length: 11 }, (_, i) => [0, 2 ** -(i + 1)]));
    expect(gan.step).toBe(0);
    const again = await loadGAN(await gan.save(), { backend: "wasm", threads: 1 });
    await expect(again.train(cloud(64, 0, 1), { steps: 50, onUnhealthy: "rollback" })).resolves.toMatchObject({
      rollbacks: [{ learningRateFactor: 2 ** -12 }, ...new Array(10).fill({})],
    });
    gan.dispose();
    again.dispose();
  });
});

it("what is looked at changes nothing: the weights are the same to the last bit", async () => {
  const data = cloud(512, 0, 1);
  const weights = async (onUnhealthy: NonNullable<TrainOptions["onUnhealthy"]>) => {
    const gan = await createGAN(TINY);
    await gan.train(data, { steps: 250, onUnhealthy });
    const file = await gan.save();
    gan.dispose();
    return file;
  };
  const ignored = await weights("ignore");
  expect(await weights("report")).toEqual(ignored);
  expect(await weights("rollback")).toEqual(ignored);
});

describe("examples held out", () => {
  it("are never trained on, the same with each call, and told of in every report", async () => {
    const data = cloud(100, 0, 1);
    const gan = await createGAN({ ...TINY, batchSize: 10 });
    const seen: (number | undefined)[] = [];
    const { probes, divergence } = await gan.train(data, { steps: 30, validation: 0.2, onStep: (s) => void seen.push(s.divergence.heldOut) });
    expect(seen.every((value) => value !== undefined && value >= 0 && value <= Math.LN2)).toBe(true);
    expect(divergence).toMatchObject({ name: "jensen-shannon", ceiling: Math.LN2, upToFactor: false, heldOut: seen.at(-1) });
    expect(probes).toEqual([]);
    gan.dispose();
  });

  it("are held against images of the training by one discriminator: what differs is none the less where both are alike", async () => {
    const gan = await createGAN({ ...TINY, batchSize: 16, width: 32, objective: "wasserstein-gp", seed: 2 });
    const { divergence, health } = await gan.train(cloud(5000, 0, 1), { steps: 400, validation: 0.1 });
    gan.dispose();
    // Two means over 64 points, of scores that have a standard deviation of about 1: 2.4 of theirs. The estimates of steps are about 1 apart.
    expect(Math.abs(divergence.gap!)).toBeLessThan(0.42);
    expect(health).toEqual([]);
  });

  it("are told of where nothing else is looked for", async () => {
    const gan = await createGAN(TINY);
    const { divergence, probes } = await gan.train(cloud(512, 0, 1), { steps: 100, validation: 0.1, onUnhealthy: "ignore" });
    gan.dispose();
    expect(divergence.heldOut).toBeGreaterThanOrEqual(0);
    expect(probes).toEqual([]);
  });

  it.each([
    ["of an iterable", [[new Float32Array(20)], { steps: 1, validation: 0.1 }] as const, DataError, "data"],
    ["of too few", [new Float32Array(8), { steps: 1, validation: 0.1 }] as const, DataError, "validation"],
    ["in a share that cannot be", [new Float32Array(8), { steps: 1, validation: 0.9 }] as const, SpecError, "validation"],
  ])("are refused %s", async (_, [data, options], kind, path) => {
    const gan = await createGAN(TINY);
    const error = await gan.train(data as TrainingData, options).catch((fault: unknown) => fault);
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ path });
    gan.dispose();
  });
});

describe("a probe of any GAN has finite numbers", () => {
  const dense = (units: number) => ({ type: "dense", units }) as const;
  const random = (length: number, seed: number) => {
    const values = new Float32Array(length);
    fillNormals(values, seed, Stream.data, 1);
    return values.map((x) => Math.max(-1, Math.min(1, x / 3)));
  };
  const classes = Uint8Array.from({ length: 90 }, (_, i) => i % 3);
  const conditions: Readonly<Record<string, readonly [CreateOptions["condition"] & object, Float32Array | Uint8Array]>> = {
    classes: [{ classes: 3 }, classes],
    "an auxiliary classifier": [{ classes: 3, discriminator: "auxiliary-classifier" }, classes],
    vectors: [{ size: 2 }, random(180, 3)],
    images: [{ shape: [4, 4, 2] }, random(90 * 32, 4)],
  };
  const mixing = {
    generator: [dense(8), { type: "batchNorm" }, dense(16), { type: "reshape", shape: [4, 4, 1] }],
    discriminator: [{ type: "flatten" }, dense(8), { type: "batchNorm" }, { type: "dropout", rate: 0.3 }, dense(1)],
  } as const;
  const curve = { curve: "linear", from: 0.2, to: 0, images: 1000 } as const;
  it.each<[string, Partial<CreateOptions>, (Float32Array | Uint8Array)?]>([
    ...Object.entries(conditions).map(([name, [condition, labels]]): [string, Partial<CreateOptions>, Float32Array | Uint8Array] => [
      name,
      { condition },
      labels,
    ]),
    ["batch norm and dropout", { architecture: mixing, batchSize: 5 }],
    ["spectral norm and noise that ends", { objective: "hinge", regularizers: ["spectral-norm", { name: "instance-noise", stdDev: curve }] }],
    ["several updates of the discriminator, and penalties now and then", { objective: { name: "wasserstein-gp", discriminatorSteps: 2 } }],
    ["no average, one image a batch", { ema: false, batchSize: 1 }],
    ["batches larger than the data", { batchSize: 200 }],
  ])("%s", async (_, options, labels) => {
    const { objective = "non-saturating-r1", ...more } = options;
    const gan = await createGAN({
      shape: [4, 4, 1],
      architecture: "mlp",
      ...(!options.architecture && { width: 8 }),
      latent: 3,
      batchSize: 8,
      backend: "wasm",
      threads: 1,
      ...more,
      ...(options.architecture ? {} : { objective }),
    } as CreateOptions);
    const steps = probeEvery(gan.spec, "wasm");
    const data = { data: random(90 * 16, 2), shape: [90, 4, 4, 1], labels };
    const { probes, divergence } = await gan.train(data, { steps, validation: 0.3, onUnhealthy: "rollback" });
    expect(probes.length).toBeGreaterThan(0);
    // Nothing has moved since a probe that there was none of.
    const { moved = 0, ...others } = probes.at(-1)!;
    for (const [name, value] of Object.entries({ moved, ...others })) expect(value, name).toSatisfy(Number.isFinite);
    expect(divergence.heldOut).toSatisfy(Number.isFinite);
    gan.dispose();
  });
});

it("is looked at by the images that went through, whatever the GAN's own batch size", async () => {
  const gan = await createGAN({ ...TINY, batchSize: 1 });
  const { probes } = await gan.train(cloud(512, 0, 1), { steps: 100, batchSize: 64 });
  gan.dispose();
  expect(probes.map(({ step }) => step)).toEqual([100]);
});

it("images that are all the same are not said to be copied", async () => {
  const gan = await createGAN(TINY);
  const { probes } = await gan.train(new Dataset({ data: new Float32Array(128).fill(0.5), shape: [64, 2] }), { steps: 100 });
  gan.dispose();
  expect(probes).toMatchObject([{ nearest: 1, diversity: 1 }]);
});

it("a probe that failed and is made again tells of the same steps", async () => {
  const monitor = new Monitor(resolveSpec({ shape: [2], latent: 2, batchSize: 64 }));
  const numbers = (count: number) => Float32Array.from({ length: count }, (_, i) => i);
  monitor.see({ count: 64, data: numbers(128), labels: null });
  monitor.note({ discriminatorLoss: 1, divergence: 0.5, realScore: 0, fakeScore: 0, discriminatorAccuracy: 0.75, generatorLoss: 1 });
  const scalars = { generatorGradient: numbers(1), generatorWeights: numbers(1), discriminatorWeights: numbers(1) };
  const features = { realFeatures: numbers(128), fakeFeatures: numbers(128) };
  const look = vi
    .fn<Training["look"]>()
    .mockRejectedValueOnce(new Error("lost"))
    .mockResolvedValue({ ...scalars, ...features, samples: numbers(128), realScores: numbers(64), fakeScores: numbers(64) });
  const training = { look } as unknown as Training;
  await expect(monitor.probe(training, 100, null)).rejects.toThrow("lost");
  expect((await monitor.probe(training, 100, null))!.report).toMatchObject({ divergence: 0.5, accuracy: 0.75, loss: 1 });
  // Nor is it held against what steps done over had come to.
  const moved = async (step: number) => (await monitor.probe(training, step, null))!.report.moved;
  expect([await moved(200), await moved(100)]).toEqual([0, undefined]);
});
