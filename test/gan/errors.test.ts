import { describe, expect, it } from "vitest";
import { createReferenceExecutor } from "../../src/exec/reference/executor.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import {
  BackendError,
  CheckpointError,
  type CreateOptions,
  createGAN,
  DataError,
  type GAN,
  type GanvasError,
  loadGAN,
  type SampleOptions,
  SpecError,
  StateError,
  TrainingError,
  type TrainOptions,
} from "../../src/index.ts";
import { expectSameBytes } from "../bytes.ts";

const options: CreateOptions = { shape: [2], architecture: "mlp", width: 4, latent: 3, batchSize: 4, threads: 1 };
const points = Float32Array.from({ length: 20 }, (_, i) => i / 20);

async function faultOf(promise: Promise<unknown>): Promise<GanvasError> {
  try {
    await promise;
  } catch (error) {
    return error as GanvasError;
  }
  throw new Error("nothing was thrown");
}

/** The paths of all faults of a SpecError. */
async function faultsOf(promise: Promise<unknown>): Promise<string[]> {
  const error = await faultOf(promise);
  expect(error).toBeInstanceOf(SpecError);
  return (error as SpecError).faults.map(({ path }) => path);
}

it("a condition that cannot be read is refused by name", async () => {
  const gan = await createGAN({ ...options, condition: { classes: 2 } });
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  expect(await faultsOf(gan.sample({ condition: proxy }))).toEqual(["condition"]);
  gan.dispose();
});

describe("createGAN", () => {
  it("reports faults of the network and of the backend together", async () => {
    const bad = { shape: [0], latent: 1.5, backend: "cuda", threads: 0, maxMemory: -1, colour: "red" } as unknown as CreateOptions;
    expect((await faultsOf(createGAN(bad))).sort()).toEqual(["backend", "colour", "latent", "maxMemory", "shape[0]", "threads"]);
  });

  it("names an unknown option among all there are, and the one that was meant", async () => {
    const { message } = await faultOf(createGAN({ ...options, thread: 1 } as CreateOptions));
    expect(message).toMatch(/^thread: expected one of the options shape, .*, backend, .*, got an unknown one, "thread"; did you mean "threads"\?$/);
  });

  it("refuses options whose getters throw", async () => {
    const thrower = (name: string) => Object.defineProperty({ ...options }, name, { enumerable: true, get: () => JSON.parse("{") });
    expect(await faultsOf(createGAN(thrower("latent")))).toEqual(["latent"]);
    expect(await faultsOf(createGAN(thrower("threads")))).toEqual(["threads"]);
  });

  it.each([undefined, null, 4, "mlp", []])("refuses %j as options", async (bad) => {
    expect(await faultOf(createGAN(bad as unknown as CreateOptions))).toBeInstanceOf(SpecError);
  });

  it("refuses what would need more memory than allowed, and says how much", async () => {
    const error = await faultOf(createGAN({ ...options, maxMemory: 10_000 }));
    expect(error).toBeInstanceOf(BackendError);
    expect(error.message).toMatch(/\d{5,}/);
  });

  it("refuses to promise the same bits of a GPU", async () => {
    expect(await faultOf(createGAN({ ...options, backend: "webgpu", reproducible: true }))).toBeInstanceOf(BackendError);
  });

  it("refuses a device that is none", async () => {
    expect(await faultOf(createGAN({ ...options, backend: "webgpu", device: {} as GPUDevice }))).toBeInstanceOf(SpecError);
  });
});

describe("methods", () => {
  async function withGAN(use: (gan: GAN) => Promise<void>, more: Partial<CreateOptions> = {}): Promise<void> {
    const gan = await createGAN({ ...options, ...more });
    const before = await gan.save();
    await use(gan);
    expectSameBytes(await gan.save(), before);
    gan.dispose();
  }

  it.each<[string[], object | undefined]>([
    [["steps"], {}],
    [["options"], undefined],
    [["steps", "batchSize", "onStep", "signal", "epochs"], { steps: -1, batchSize: 0.5, onStep: 1, signal: true, epochs: 3 }],
  ])("train names %j", (paths, bad) =>
    withGAN(async (gan) => {
      expect((await faultsOf(gan.train(points, bad as TrainOptions))).sort()).toEqual([...paths].sort());
    }),
  );

  it.each<[string, unknown]>([
    ["data[3]", points.with(3, Number.NaN)],
    ["data", points.subarray(1)],
    ["data", new Float32Array(0)],
    ["shape", { data: points, shape: [5, 4] }],
    ["data", 7],
    ["data", []],
    ["data[0].data[1]", [points.with(1, Number.POSITIVE_INFINITY)]],
  ])("train refuses data at %s", (path, data) =>
    withGAN(async (gan) => {
      const error = await faultOf(gan.train(data as Float32Array, { steps: 2 }));
      expect(error).toBeInstanceOf(DataError);
      expect(error.path).toBe(path);
    }),
  );

  it("train refuses labels out of range", () =>
    withGAN(
      async (gan) => {
        const error = await faultOf(gan.train({ data: points, labels: [0, 1, 2, 3, 0, 1, 2, 0, 1, 2] }, { steps: 2 }));
        expect(error).toBeInstanceOf(DataError);
        expect(error.path).toBe("labels[3]");
        expect(await faultOf(gan.train(points, { steps: 2 }))).toBeInstanceOf(DataError);
      },
      { condition: { classes: 3 } },
    ));

  it.each<[string[], object]>([
    [["count"], { count: 0 }],
    [
      ["count", "seed", "truncation", "ema", "latents", "condition", "size"],
      { count: 1.5, seed: -1, truncation: 0, ema: 1, latents: [1], condition: "x", size: 3 },
    ],
    [["truncation"], { latents: new Float32Array(3), truncation: 1 }],
    [["indices"], { latents: new Float32Array(3), indices: [1] }],
    [["indices"], { indices: [] }],
    [["indices"], { indices: [0.5] }],
    [["indices"], { indices: new Int8Array([-1]) }],
    [["count"], { indices: [1], count: 1 }],
  ])("sample names %j", (paths, bad) =>
    withGAN(async (gan) => {
      expect((await faultsOf(gan.sample(bad as SampleOptions))).sort()).toEqual([...paths].sort());
    }),
  );

  it.each<[string, SampleOptions, Partial<CreateOptions>]>([
    ["latents", { latents: new Float32Array(4) }, {}],
    ["latents", { latents: new Float32Array(0) }, {}],
    ["latents", { latents: new Float32Array(6), count: 3 }, {}],
    ["latents[2]", { latents: Float32Array.of(0, 0, Number.NaN) }, {}],
    ["condition", { condition: 1 }, {}],
    ["condition", { condition: 3 }, { condition: { classes: 3 } }],
    ["condition", { condition: -1 }, { condition: { classes: 3 } }],
    ["condition[1]", { condition: [0, 0.5], count: 2 }, { condition: { classes: 3 } }],
    ["condition", { condition: [0, 1], count: 3 }, { condition: { classes: 3 } }],
    ["condition", {}, { condition: { size: 2 } }],
    ["condition[0]", { condition: [Number.NaN, 0] }, { condition: { size: 2 } }],
  ])("sample refuses %s of %j", (path, bad, more) =>
    withGAN(async (gan) => {
      const error = await faultOf(gan.sample(bad));
      expect(error).toBeInstanceOf(DataError);
      expect(error.path).toBe(path);
    }, more),
  );

  it("discriminate refuses images of another shape", () =>
    withGAN(async (gan) => {
      expect(await faultOf(gan.discriminate({ data: new Float32Array(9), shape: [3, 3] }))).toBeInstanceOf(DataError);
      expect(await faultOf(gan.discriminate(new Float32Array(3)))).toBeInstanceOf(DataError);
    }));

  it("interpolate and latents refuse what they cannot use", () =>
    withGAN(async (gan) => {
      const a = Float32Array.of(1, 2, 3);
      expect(() => gan.interpolate(a, Float32Array.of(1, 2), 3)).toThrow(DataError);
      expect(() => gan.interpolate(a, new Float32Array(3), 3)).toThrow(DataError);
      expect(() =>
        gan.interpolate(
          a,
          a.map((x) => -x),
          3,
        ),
      ).toThrow(/^b: /);
      expect(() => gan.interpolate(a, Float32Array.of(1, Number.NaN, 3), 3)).toThrow(DataError);
      for (const steps of [1, 2.5, "3" as unknown as number, 2 ** 31]) expect(() => gan.interpolate(a, a, steps)).toThrow(DataError);
      expect(() => gan.interpolate(a, a, 2 ** 31)).toThrow("steps: expected an integer from 2 to 178956970, got 2147483648");
      expect(() => gan.latents({ count: -1, seed: 0.5 })).toThrow(SpecError);
    }));

  it("train refuses to run twice at once, and can run again afterwards", async () => {
    const gan = await createGAN(options);
    const first = gan.train(points, { steps: 2 });
    expect(await faultOf(gan.train(points, { steps: 2 }))).toBeInstanceOf(StateError);
    expect((await first).steps).toBe(2);
    expect((await gan.train(points, { steps: 2 })).steps).toBe(2);
  });

  it("an error thrown by onStep ends training and leaves the GAN usable", async () => {
    const gan = await createGAN(options);
    const stop = new Error("enough");
    const onStep = ({ step }: { step: number }) => {
      if (step === 2) throw stop;
    };
    await expect(gan.train(points, { steps: 5, onStep })).rejects.toBe(stop);
    expect(gan.step).toBe(2);
    expect((await gan.train(points, { steps: 1 })).steps).toBe(1);
  });
});

describe("dispose", () => {
  it("makes every use afterwards a StateError, itself but for once", async () => {
    const gan = await createGAN(options);
    gan.dispose();
    gan.dispose();
    gan[Symbol.dispose]();
    for (const use of [gan.train(points, { steps: 1 }), gan.sample(), gan.discriminate(points), gan.save()]) {
      expect(await faultOf(use)).toBeInstanceOf(StateError);
    }
    expect(() => gan.memory).toThrow(StateError);
    expect(gan.spec.latent).toBe(3);
  });

  it("ends training under way after its step", async () => {
    const gan = await createGAN({ ...options, threads: 2 });
    const steps: number[] = [];
    const onStep = ({ step }: { step: number }) => {
      steps.push(step);
      if (step === 2) gan.dispose();
    };
    expect(await faultOf(gan.train(points, { steps: 5, onStep }))).toBeInstanceOf(StateError);
    expect(steps).toEqual([1, 2]);
  });

  it("disposes of the executor once, also when opening fails", async () => {
    const { GAN } = await import("../../src/gan/gan.ts");
    const { resolveSpec } = await import("../../src/gan/spec.ts");
    let disposed = 0;
    const executor = () => ({ ...createReferenceExecutor(), dispose: () => void disposed++ });
    const spec = resolveSpec({ shape: [2], width: 4, latent: 3 });
    const gan = await GAN.open(executor(), { spec });
    gan.dispose();
    gan.dispose();
    expect(disposed).toBe(1);
    await faultOf(GAN.open(executor(), { spec, maxMemory: 1 }));
    expect(disposed).toBe(2);
  });
});

describe.each(["reference", "wasm"] as const)("a step that is not finite, %s", (backend) => {
  /** Ten layers deep, so that large weights overflow even float64. */
  const deep = (learningRate: number): CreateOptions => ({
    shape: [2],
    latent: 3,
    batchSize: 4,
    threads: 1,
    objective: "least-squares",
    optimizer: { discriminator: { learningRate } },
    architecture: {
      generator: [{ type: "dense", units: 2 }],
      discriminator: [...Array.from({ length: 10 }, () => ({ type: "dense", units: 2 }) as const), { type: "dense", units: 1 }],
    },
    backend,
  });

  it("stops training, says which step and what, and leaves the last good state", async () => {
    const calm = await createGAN(deep(1e-4));
    await calm.train(points, { steps: 2 });
    const { tensors, metadata } = decodeSafetensors(await calm.save());
    const { spec } = await createGAN(deep(1e30));
    const good = encodeSafetensors(tensors, { ...metadata, spec: JSON.stringify(spec) });

    const gan = await loadGAN(good, { backend, threads: 1 });
    const images = await gan.sample({ count: 3, ema: false });
    const error = await faultOf(gan.train(points, { steps: 5 }));
    expect(error).toBeInstanceOf(TrainingError);
    expect(error.message).toMatch(/^step 3: expected finite losses, gradients and weights, got generatorLoss (Infinity|NaN)$/);
    expect(gan.step).toBe(2);
    expectSameBytes(await gan.save(), good);
    expect(await gan.sample({ count: 3, ema: false })).toEqual(images);
    expect((await faultOf(gan.train(points, { steps: 5 }))).path).toBe("step 3");
  });
});

describe("a step whose losses are finite but not what it would keep", () => {
  const huge = Float32Array.from({ length: 20 }, (_, i) => i * 3e19);

  it.each<[string, CreateOptions]>([
    [
      "a gradient whose square is not",
      {
        shape: [2],
        latent: 3,
        batchSize: 4,
        threads: 1,
        // The gradient of a linear critic is the difference of the means.
        objective: "wasserstein",
        regularizers: [],
        architecture: { generator: [{ type: "dense", units: 2 }], discriminator: [{ type: "dense", units: 1 }] },
      },
    ],
    [
      "a running variance that is not",
      {
        shape: [2],
        latent: 3,
        batchSize: 4,
        architecture: {
          generator: [{ type: "dense", units: 2 }],
          discriminator: [{ type: "batchNorm" }, { type: "dense", units: 1 }],
        },
      },
    ],
  ])("stops training, and what is saved can be loaded: %s", async (_, gan32) => {
    const gan = await createGAN({ ...gan32, backend: "wasm" });
    const before = await gan.save();
    expect(await faultOf(gan.train(huge, { steps: 3 }))).toBeInstanceOf(TrainingError);
    expectSameBytes(await gan.save(), before);
    expect((await loadGAN(before)).step).toBe(0);
  });
});

describe("loadGAN", () => {
  const file = async () => (await createGAN(options)).save();

  /** The file with its tensors or metadata changed. */
  async function changed(change: (parts: ReturnType<typeof decodeSafetensors>) => void): Promise<Uint8Array> {
    const parts = decodeSafetensors(await file());
    change(parts);
    return encodeSafetensors(parts.tensors, parts.metadata);
  }

  const withSpec = (metadata: Record<string, string>, more: object) => {
    metadata.spec = JSON.stringify({ ...JSON.parse(metadata.spec!), ...more });
  };

  it.each<[string, Parameters<typeof changed>[0], RegExp]>([
    [
      "another kind of file",
      ({ metadata }) => {
        metadata.format = "pt";
      },
      /^metadata.format: expected "ganvas", got "pt"/,
    ],
    [
      "another version",
      ({ metadata }) => {
        metadata.version = "2";
      },
      /^metadata.version/,
    ],
    [
      "no version",
      ({ metadata }) => {
        delete metadata.version;
      },
      /^metadata.version: expected "1", got undefined/,
    ],
    [
      "no description",
      ({ metadata }) => {
        delete metadata.spec;
      },
      /^metadata.spec: expected JSON/,
    ],
    [
      "a description that is no JSON",
      ({ metadata }) => {
        metadata.spec = "{";
      },
      /^metadata.spec: expected JSON/,
    ],
    [
      "a description that is no object",
      ({ metadata }) => {
        metadata.spec = "[]";
      },
      /^metadata.spec: expected the description/,
    ],
    [
      "a faulty description",
      ({ metadata }) => withSpec(metadata, { latent: -1, foo: 1 }),
      /^metadata.spec: .*latent.*foo|^metadata.spec: .*foo.*latent/,
    ],
    ["a description of another size", ({ metadata }) => withSpec(metadata, { latent: 5 }), /^tensor "generator.*: expected shape \[5, /],
    [
      "a description nested without end",
      ({ metadata }) => {
        metadata.spec = `{"shape":[2],"architecture":{"generator":${'[{"type":"residual","layers":'.repeat(20_000)}[]${"}]".repeat(20_000)},"discriminator":[]}}`;
      },
      /^metadata.spec/,
    ],
    [
      "progress that is no number",
      ({ metadata }) => {
        metadata.progress = '{"generatorUpdates":"1"}';
      },
      /^metadata.progress.generatorUpdates/,
    ],
    [
      "negative progress",
      ({ metadata }) => {
        metadata.progress = '{"generatorUpdates":-1,"discriminatorUpdates":0,"imagesSeen":0}';
      },
      /generatorUpdates: .* got -1/,
    ],
    [
      "progress of null",
      ({ metadata }) => {
        metadata.progress = "null";
      },
      /^metadata.progress/,
    ],
    [
      "a tensor missing",
      ({ tensors }) => {
        tensors.delete([...tensors.keys()][3]!);
      },
      /no such tensor/,
    ],
    [
      "a tensor too many",
      ({ tensors }) => {
        tensors.set("__proto__", { dtype: "F32", shape: [], data: Float32Array.of(1) });
      },
      /^tensor "__proto__": expected no tensor of this name/,
    ],
    [
      "a tensor of another shape",
      ({ tensors }) => {
        const [name, tensor] = [...tensors][0]!;
        tensors.set(name, { ...tensor, shape: [tensor.data.length] });
      },
      /^tensor "generator.0.*: expected shape \[3, 4\], got \[12\]/,
    ],
    [
      "a weight that is not finite",
      ({ tensors }) => {
        [...tensors.values()][0]!.data[2] = Number.NaN;
      },
      /^tensor "generator.0.*"\[2\]: expected a number of magnitude below 2\^127, got NaN/,
    ],
  ])("refuses %s", async (_, change, message) => {
    const error = await faultOf(loadGAN(await changed(change)));
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error.message).toMatch(message);
  });

  it("refuses what is no file, and files cut short anywhere", async () => {
    for (const bad of [undefined, "model.safetensors", [1, 2], new Uint8Array(0)]) {
      expect(await faultOf(loadGAN(bad as Uint8Array))).toBeInstanceOf(CheckpointError);
    }
    const bytes = await file();
    for (let length = 0; length < bytes.length; length += 101) {
      expect(await faultOf(loadGAN(bytes.subarray(0, length)))).toBeInstanceOf(CheckpointError);
    }
  });

  it("checks its options first", async () => {
    expect(await faultsOf(loadGAN(new Uint8Array(0), { backend: "gpu", seed: 1 } as never))).toEqual(["seed", "backend"]);
  });
});
