import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { decodeGenerator } from "../../src/gan/generatorFile.ts";
import { createGAN, Dataset, type GAN, GanvasError, type Images, loadGAN, type TrainingData } from "../../src/index.ts";
import { fuzzed, oddOptions, oddValue, PATIENCE } from "./fuzz.ts";

/** No call may take longer, in milliseconds; it may on a machine that does many other things. */
const LIMIT_MS = process.env.GANVAS_FUZZ ? 2000 : 30_000;

/** What a call comes to: done, refused by an error of this library, or ended by its signal. Anything else fails the test, and so does what takes too long. */
async function outcome(call: () => unknown): Promise<"done" | "refused" | "ended"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not settled after ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    await Promise.race([(async () => call())(), late]);
    return "done";
  } catch (error) {
    if (error === END) return "ended";
    if (error instanceof GanvasError && error.path !== "" && error.expected !== "" && error.got !== "") return "refused";
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

const END = new Error("the end");

/** A signal that is aborted after a turn of the event loop or a few. */
function soon(turns: number): AbortSignal {
  const controller = new AbortController();
  const count = (left: number) => void (left === 0 ? controller.abort(END) : setImmediate(count, left - 1));
  count(turns);
  return controller.signal;
}

const number = fc.oneof(
  fc.float({ min: -1, max: 1, noNaN: true }),
  fc.constantFrom(0, 1, -1, 2, 3, 255, Number.NaN, Number.POSITIVE_INFINITY, 1e30, -3.4e38),
);
const numbers = fc.oneof(
  { arbitrary: fc.array(fc.float({ min: -1, max: 1, noNaN: true }), { maxLength: 24 }), weight: 4 },
  fc.array(number, { maxLength: 9 }),
);
const sizes = fc.oneof(fc.constantFrom([2], [4, 2], [2, 2, 2, 1], [1, 2, 2, 1], [3, 2], [2, 2, 1]), fc.array(oddValue, { maxLength: 5 }));

/** Numbers as people have them. */
const values: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: numbers.map((x) => Float32Array.from(x)), weight: 4 },
  numbers.map((x) => Uint8Array.from(x)),
  numbers.map((x) => Uint8ClampedArray.from(x)),
  numbers.map((x) => Float64Array.from(x)),
  numbers.map((x) => Float32Array.from(x)).map((x) => structuredClone(x, { transfer: [x.buffer] }) && x),
  numbers,
  fc.array(numbers, { maxLength: 3 }),
  numbers.map((x) => new DataView(new ArrayBuffer(x.length))),
  oddValue,
);

const labels: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: fc.array(fc.nat(3), { maxLength: 6 }), weight: 3 },
  values,
  fc.array(oddValue, { maxLength: 4 }),
  numbers.map((x) => BigInt64Array.from(x.filter(Number.isInteger), BigInt)),
);

const tensor: fc.Arbitrary<unknown> = fc.record({ shape: sizes, data: values.map((x) => async () => x) });

/** Examples, or something like them. */
const examples: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: values, weight: 2 },
  { arbitrary: fc.record({ data: values, shape: sizes, labels }, { requiredKeys: ["data"] }), weight: 3 },
  oddOptions(["data", "shape", "labels", "shpae", "width", "height"], { data: values, shape: sizes, labels, width: fc.nat(4), height: fc.nat(4) }),
  fc.record({ width: fc.nat(3), height: fc.nat(3), data: fc.uint8Array({ maxLength: 24 }).map((x) => new Uint8ClampedArray(x)) }),
  tensor,
  fc.record({ data: tensor, labels }, { requiredKeys: ["data"] }),
  fc.record({ xs: values, ys: labels }),
);

/** Training data: examples, or an iterable of batches that may go wrong in every way. */
const data: fc.Arbitrary<unknown> = fc.oneof(
  { arbitrary: examples, weight: 2 },
  fc.array(examples, { maxLength: 3 }),
  fc.array(examples, { maxLength: 3 }).map((batches) => batches[Symbol.iterator]()),
  fc.array(examples, { maxLength: 3 }).map(async function* (batches) {
    yield* batches;
  }),
  fc.oneof(examples, oddValue).map((result) => ({ [Symbol.asyncIterator]: () => ({ next: async () => result }) })),
  fc.oneof(oddValue).map((iterator) => ({ [Symbol.iterator]: () => iterator })),
);

const condition: fc.Arbitrary<unknown> = fc.oneof(fc.nat(3), labels);

type Call = (gan: GAN) => unknown;

const ring = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));

/** Examples that fit a GAN. */
function fitting({ spec: { shape, condition } }: GAN): TrainingData {
  const count = ring.length / shape.reduce((a, b) => a * b);
  if (!condition) return ring;
  if ("shape" in condition) return { data: ring, labels: ring };
  return { data: ring, labels: Array.from({ length: "size" in condition ? count * condition.size : count }, (_, i) => i % 3) };
}

const calls: fc.Arbitrary<Call> = fc.oneof(
  fc.tuple(data, oddOptions(["steps", "batchSize", "reportEvery", "onStep", "signal"], { steps: fc.nat(3), batchSize: fc.nat(5) }), fc.nat(3)).map(
    ([from, options, turns]) =>
      (gan: GAN) =>
        gan.train(from as never, withSignal(options, soon(turns))),
  ),
  fc.tuple(oddOptions(["steps", "batchSize", "reportEvery", "signal"], { steps: fc.nat(3), batchSize: fc.nat(5) }), fc.nat(3)).map(
    ([options, turns]) =>
      (gan: GAN) =>
        gan.train(fitting(gan), withSignal(options, soon(turns))),
  ),
  fc.nat(2).map((more) => (gan: GAN) => gan.train(fitting(gan), { steps: 1 + more })),
  oddOptions(["batchSize"], { batchSize: fc.nat(9) }).map((options) => (gan: GAN) => gan.prepare(options as never)),
  fc
    .tuple(
      oddOptions(["count", "seed", "condition", "truncation", "latents", "ema", "signal"], {
        count: fc.nat(6),
        condition,
        latents: fc.oneof(
          values,
          fc.array(number, { minLength: 2, maxLength: 2 }).map((x) => Float32Array.from(x)),
        ),
        truncation: fc.float({ min: 0, max: 3 }),
      }),
      fc.constantFrom("toPNG", "toImageData", "none"),
    )
    .map(([options, then]) => async (gan: GAN) => {
      const images = await gan.sample(options as never);
      if (then !== "none" && gan.spec.shape.length === 3) await (images as Images)[then]();
    }),
  fc.tuple(fc.oneof(examples, fc.constant(undefined)), oddOptions(["signal"])).map(
    ([from, options]) =>
      (gan: GAN) =>
        gan.discriminate(from as never, options as never),
  ),
  fc.nat(9).map((count) => async (gan: GAN) => gan.spec.condition || gan.discriminate(await gan.sample({ count: count + 1 }))),
  oddOptions(["count", "seed", "truncation"]).map((options) => (gan: GAN) => gan.latents(options as never)),
  fc.tuple(values, values, oddValue).map(
    ([a, b, steps]) =>
      (gan: GAN) =>
        gan.interpolate(a as never, b as never, steps as never),
  ),
  fc.tuple(number, number, fc.integer({ min: -1, max: 9 })).map(
    ([x, y, steps]) =>
      (gan: GAN) =>
        gan.interpolate(Float32Array.of(x, y), Float32Array.of(y, x), steps),
  ),
  oddOptions(["generatorOnly", "weights", "signal"], {
    generatorOnly: fc.boolean(),
    weights: fc.constantFrom("float32", "float16", "bfloat16", "int8"),
  }).map((options) => async (gan: GAN) => {
    for (const tensor of decodeGenerator(await gan.save(options as never)).tensors.values()) tensor.values();
  }),
  examples.map((from) => () => new Dataset(from as never).take([0])),
  fc.tuple(tensor, labels).map(
    ([from, of]) =>
      () =>
        Dataset.fromTensor(from as never, of as never),
  ),
  fc.tuple(fc.oneof(values, oddValue), oddOptions(["backend", "threads", "maxMemory"])).map(
    ([bytes, options]) =>
      () =>
        loadGAN(bytes as never, options as never),
  ),
);

/** These options, with a signal where they are options and have none: some ask for a billion steps. */
function withSignal(options: unknown, signal: AbortSignal): never {
  if (typeof options !== "object" || options === null) return options as never;
  const given = Object.getOwnPropertyDescriptor(options, "signal");
  if (!given || ("value" in given && given.value === undefined)) Object.defineProperty(options, "signal", { value: signal, enumerable: true });
  return options as never;
}

const layer = fc.oneof(
  fc.record({
    type: fc.constantFrom(
      "dense",
      "conv2d",
      "activation",
      "batchNorm",
      "flatten",
      "reshape",
      "dropout",
      "residual",
      "avgPool",
      "upsample",
      "nothing",
    ),
  }),
  oddOptions(["type", "units", "filters", "kernel", "stride", "name", "alpha", "rate", "shape", "layers", "bias"], {
    type: fc.constantFrom("dense", "conv2d", "conv2dTranspose", "activation", "batchNorm", "layerNorm", "flatten", "reshape", "dropout", "residual"),
    units: fc.constantFrom(1, 2, 4),
    name: fc.constantFrom("relu", "leakyRelu", "tanh", "sigmoid"),
    shape: sizes,
  }),
);
const layers = fc.oneof({ arbitrary: fc.array(layer, { maxLength: 4 }), weight: 3 }, oddValue);
const optimizer = fc.oneof(
  oddOptions(["name", "learningRate", "betas", "epsilon", "decay"], {
    name: fc.constantFrom("adam", "rmsprop"),
    learningRate: fc.constantFrom<unknown>(1e-3, 1e30, 1e-30, { curve: "linear", from: 0, to: 1e30, images: 4 }, { curve: "linear" }),
    // biome-ignore lint/suspicious/noSparseArray: that is what is tried
    betas: fc.constantFrom<unknown>([0.5, 0.9], [, 0.9], [0.5], [1, 1]),
  }),
  oddValue,
);

const descriptions: fc.Arbitrary<unknown> = oddOptions(
  [
    "shape",
    "architecture",
    "objective",
    "regularizers",
    "optimizer",
    "condition",
    "ema",
    "latent",
    "width",
    "seed",
    "batchSize",
    "backend",
    "maxMemory",
  ],
  {
    // biome-ignore lint/suspicious/noSparseArray: that is what is tried
    shape: fc.constantFrom<unknown>([2], [4, 4, 1], [8, 8, 3], [2, , 3], [4, 4]),
    architecture: fc.oneof(
      fc.constantFrom<unknown>("mlp", "dcgan", "x"),
      fc.record({ generator: layers, discriminator: layers, initialization: oddValue }, { requiredKeys: [] }),
    ),
    objective: fc.constantFrom<unknown>(
      "wasserstein",
      "wasserstein-gp",
      "least-squares",
      { name: "minimax" },
      { name: "wasserstein", discriminatorSteps: 1e9 },
    ),
    regularizers: fc.constantFrom<unknown>(
      ["gradient-penalty"],
      [{ name: "gradient-penalty", lambda: 1, every: 3 }],
      [{ name: "weight-clipping", clip: 0 }],
      ["x"],
    ),
    optimizer: fc.oneof(optimizer, fc.record({ generator: optimizer, discriminator: optimizer }, { requiredKeys: [] })),
    condition: fc.constantFrom<unknown>(
      { classes: 3 },
      { size: 2 },
      { classes: 0 },
      { classes: 2, size: 2 },
      { shape: [2, 2, 1] },
      { classes: 2, generator: "batch-norm" },
      { classes: 2, generator: "embedding", embedding: 1, discriminator: "auxiliary-classifier" },
    ),
    ema: fc.constantFrom<unknown>(false, true, { decay: 0.9 }, { decay: 1 }, { halfLife: 4 }, { halfLife: 1e-30, rampUp: 0 }),
    backend: fc.constantFrom<unknown>("wasm", "reference", "cuda"),
    latent: fc.integer({ min: -1, max: 8 }),
    width: fc.integer({ min: -1, max: 6 }),
    batchSize: fc.integer({ min: -1, max: 6 }),
  },
);

const counts = { done: 0, refused: 0, ended: 0 };
afterAll(() => {
  if (process.env.GANVAS_FUZZ) console.log(counts, `${Math.round(process.memoryUsage().rss / 2 ** 20)} MB`);
});

describe.each(["wasm", "reference"] as const)("a GAN on %s", PATIENCE, (backend) => {
  const specs = [
    { shape: [2], latent: 2, width: 4, batchSize: 4 },
    { shape: [2, 2, 1], architecture: "mlp", latent: 2, width: 4, batchSize: 4, condition: { classes: 3 }, ema: false },
    { shape: [2, 2, 1], latent: 2, width: 4, batchSize: 4, condition: { shape: [2, 2, 1] } },
    { shape: [2], latent: 2, width: 4, batchSize: 4, condition: { size: 2 }, objective: "wasserstein-gp" },
  ] as const;

  it("does what it is asked, or refuses it by an error that says why", async () => {
    const gans = await Promise.all(specs.map((spec) => createGAN({ ...spec, backend, threads: 1 })));
    await fc.assert(
      fc.asyncProperty(fc.nat(specs.length - 1), calls, async (which, call) => {
        counts[await outcome(() => call(gans[which]!))]++;
      }),
      fuzzed(400, backend === "wasm" ? 1 : 0.01),
    );
    for (const gan of gans) {
      const { step } = gan;
      expect(step).toBeGreaterThan(0);
      await gan.train(fitting(gan), { steps: 1 });
      const loaded = await loadGAN(await gan.save(), { backend, threads: 1 });
      expect(loaded.step).toBe(step + 1);
      loaded.dispose();
      gan.dispose();
    }
  });
});

describe("createGAN", PATIENCE, () => {
  it("makes a GAN that can be saved and loaded, or refuses by an error that says why", async () => {
    await fc.assert(
      fc.asyncProperty(descriptions, async (options) => {
        const given =
          typeof options === "object" && options !== null && !("backend" in options)
            ? Object.assign(options, { backend: "wasm", threads: 1 })
            : options;
        const result = await outcome(async () => {
          const gan = await createGAN(given as never);
          const bytes = await gan.save();
          const loaded = await loadGAN(bytes, { backend: "wasm", threads: 1 });
          expect(Buffer.compare(await loaded.save(), bytes)).toBe(0);
          expect(loaded.spec).toEqual(gan.spec);
          gan.dispose();
          loaded.dispose();
        });
        counts[result]++;
      }),
      fuzzed(40, 0.1),
    );
  });
});
