import { describe, expect, it } from "vitest";
import { createReferenceExecutor } from "../../src/exec/reference/executor.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { drawClasses } from "../../src/gan/condition.ts";
import { decodeGenerator, type GeneratorFile } from "../../src/gan/generatorFile.ts";
import { encodeGenerator } from "../../src/gan/generatorWriter.ts";
import { checkpointOf, firstSnapshot } from "../../src/gan/snapshot.ts";
import { resolveSpec } from "../../src/gan/spec.ts";
import { CheckpointError, type CreateOptions, createGAN, type LayerSpec, loadGAN, SpecError } from "../../src/index.ts";
import { generatorTensors } from "../../src/nn/generator.ts";
import { sampleGraph } from "../../src/nn/sampling.ts";
import { expectSameBytes } from "../bytes.ts";

/** Every kind of layer that has tensors, one within another. */
const generator: LayerSpec[] = [
  { type: "dense", units: 12 },
  { type: "layerNorm" },
  { type: "reshape", shape: [2, 2, 3] },
  {
    type: "residual",
    layers: [{ type: "conv2d", filters: 5, kernel: 3 }, { type: "batchNorm" }],
    shortcut: [{ type: "conv2d", filters: 5, kernel: 1 }],
  },
  { type: "conv2dTranspose", filters: 2, kernel: 4, stride: 2, bias: false },
  { type: "activation", name: "tanh" },
];
const options: CreateOptions = {
  shape: [4, 4, 2],
  latent: 3,
  condition: { classes: 3 },
  batchSize: 4,
  seed: 5,
  backend: "reference",
  architecture: { generator, discriminator: [{ type: "flatten" }, { type: "dense", units: 1 }] },
};
const FILTERS = { "generator.0.filter": 12, "generator.3.0.filter": 5, "generator.3.shortcut.0.filter": 5, "generator.4.filter": 2 };

async function trained(changes: Partial<CreateOptions> = {}) {
  const gan = await createGAN({ ...options, ...changes });
  const data = { data: Float32Array.from({ length: 5 * 32 }, (_, i) => Math.sin(i)), shape: [5, 4, 4, 2], labels: [0, 0, 0, 2, 2] };
  await gan.train(data, { steps: 2 });
  return gan;
}
const gan = await trained();
const whole = await gan.save();

const valuesOf = ({ tensors }: GeneratorFile) => Object.fromEntries([...tensors].map(([name, tensor]) => [name, tensor.values()]));

/** What a reader that knows nothing of this library makes of a file, and what the format asks of writers. */
function readPlainly(bytes: Uint8Array) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + view.getUint32(0, true);
  expect([view.getUint32(4, true), start % 8]).toEqual([0, 0]);
  const { __metadata__, ...header } = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const sizes: Record<string, number> = { F32: 4, F16: 2, BF16: 2, I8: 1 };
  let end = 0;
  for (const { dtype, shape, data_offsets } of Object.values<{ dtype: string; shape: number[]; data_offsets: number[] }>(header)) {
    expect(data_offsets).toEqual([end, end + shape.reduce((a, b) => a * b, 1) * sizes[dtype]!]);
    expect((start + end) % sizes[dtype]!).toBe(0);
    end = data_offsets[1]!;
  }
  expect(start + end).toBe(bytes.length);
  return { metadata: __metadata__, types: Object.fromEntries(Object.entries<{ dtype: string }>(header).map(([name, { dtype }]) => [name, dtype])) };
}

describe("a file of a generator alone", () => {
  it.each(["float32", "float16", "bfloat16", "int8"] as const)("of %s is what any reader of safetensors reads", async (weights) => {
    const { metadata, types } = readPlainly(await gan.save({ generatorOnly: true, weights }));
    const type = { float32: "F32", float16: "F16", bfloat16: "BF16", int8: "I8" }[weights];
    const scales = weights === "int8" ? Object.keys(FILTERS).map((name) => [`${name}/scale`, "F32"]) : [];
    const names = generatorTensors(gan.spec).map(({ name }) => name);
    expect(types).toEqual(Object.fromEntries([...names.map((name) => [name, name in FILTERS ? type : "F32"]), ...scales]));
    expect(Object.keys(metadata)).toEqual(["format", "version", "kind", "spec", "progress"]);
    expect(metadata).toMatchObject({ format: "ganvas", version: "1", kind: "generator", progress: '{"classesSeen":[4,0,4]}' });
  });

  it("holds the moving average bit for bit, as a checkpoint does, and makes the same images", async () => {
    const file = decodeGenerator(await gan.save({ generatorOnly: true }));
    const { tensors } = decodeSafetensors(whole);
    for (const [name, values] of Object.entries(valuesOf(file))) expectSameBytes(values, tensors.get(`${name}/ema`)!.data);
    expect([...file.tensors.keys()]).toEqual(generatorTensors(gan.spec).map(({ name }) => name));
    const fromWhole = decodeGenerator(whole);
    expectSameBytes(valuesOf(fromWhole), valuesOf(file));
    expect({ ...fromWhole, tensors: 0 }).toEqual({ ...file, tensors: 0 });
    expect(file.classesSeen).toEqual([4, 0, 4]);

    const session = await createReferenceExecutor().open(generatorTensors(file.spec));
    for (const [name, tensor] of file.tensors) await session.write(name, tensor.values());
    const program = await session.compile(sampleGraph(file.spec, 4));
    const condition = await drawClasses(file.classesSeen, { count: 4, seed: 9 }, async () => {});
    const { images } = await program.run({ latents: gan.latents({ count: 4, seed: 9 }), condition });
    expectSameBytes(images, (await gan.sample({ count: 4, seed: 9 })).data);
  });

  it("holds the weights where there is no average, before training and after it", async () => {
    for (const steps of [0, 2]) {
      const plain = steps === 0 ? await createGAN({ ...options, ema: false }) : await trained({ ema: false });
      const bytes = await plain.save();
      const { tensors } = decodeSafetensors(bytes);
      for (const file of [bytes, await plain.save({ generatorOnly: true })]) {
        for (const [name, values] of Object.entries(valuesOf(decodeGenerator(file)))) expectSameBytes(values, tensors.get(name)!.data);
      }
      plain.dispose();
    }
  });

  it.each([
    ["float16", 2 ** -11],
    ["bfloat16", 2 ** -8],
  ] as const)("of %s rounds matrices and filters, and nothing else", async (weights, precision) => {
    const exact = valuesOf(decodeGenerator(whole));
    for (const [name, values] of Object.entries(valuesOf(decodeGenerator(await gan.save({ generatorOnly: true, weights }))))) {
      if (!(name in FILTERS)) expectSameBytes(values, exact[name]);
      else expect(values.every((w, i) => Math.abs(w - exact[name]![i]!) <= Math.abs(w) * precision + 2 ** -25)).toBe(true);
    }
  });

  it("of int8 is within half a scale, that of the layer's output channel", async () => {
    const bytes = await gan.save({ generatorOnly: true, weights: "int8" });
    const exact = valuesOf(decodeGenerator(whole));
    const stored = decodeSafetensors(bytes).tensors;
    for (const [name, tensor] of decodeGenerator(bytes).tensors) {
      const channels = FILTERS[name as keyof typeof FILTERS];
      if (!channels) {
        expectSameBytes(tensor.values(), exact[name]);
        continue;
      }
      const scale = stored.get(`${name}/scale`)!.data;
      expect(scale.length).toBe(channels);
      // The filter of a transposed convolution is [kernel, kernel, filters, inputs], any other [..., outputs].
      const inner = name === "generator.4.filter" ? 5 : 1;
      const largest = new Float64Array(channels);
      for (const [i, w] of exact[name]!.entries()) {
        const channel = Math.floor(i / inner) % channels;
        largest[channel] = Math.max(largest[channel]!, Math.abs(w));
        expect(Math.abs(w - tensor.values()[i]!)).toBeLessThanOrEqual(scale[channel]! * (0.5 + 1e-5));
      }
      expectSameBytes(
        scale,
        Float32Array.from(largest, (most) => most / 127),
      );
    }
  });

  it("is read a part at a time", async () => {
    for (const weights of ["float32", "float16", "int8"] as const) {
      const tensor = decodeGenerator(await gan.save({ generatorOnly: true, weights })).tensors.get("generator.4.filter")!;
      const parts = new Float32Array(tensor.values().length);
      for (let first = 0; first < parts.length; first += 7) tensor.read(parts.subarray(first, first + 7), first);
      expectSameBytes(parts, tensor.values());
    }
  });

  it("of float32 is not copied", async () => {
    const bytes = await gan.save({ generatorOnly: true });
    for (const values of Object.values(valuesOf(decodeGenerator(bytes)))) expect(values.buffer).toBe(bytes.buffer);
  });

  it("is refused by loadGAN, which says what it lacks", async () => {
    for (const weights of ["float32", "float16", "int8"] as const) {
      const loading = loadGAN(await gan.save({ generatorOnly: true, weights }));
      await expect(loading).rejects.toThrow(
        "file: expected a checkpoint, with discriminator and optimizer state: save() without generatorOnly keeps everything, got a generator alone, made for createSampler of ganvas/sample",
      );
      await expect(loading).rejects.toBeInstanceOf(CheckpointError);
    }
  });
});

describe("save", () => {
  it("takes weights of other types for a generator alone", async () => {
    await expect(gan.save({ weights: "float16" })).rejects.toThrow(/^weights: expected "float32" without generatorOnly, .*got "float16"$/);
    await expect(gan.save({ generatorOnly: true, weights: "float64" as never })).rejects.toThrow(SpecError);
    expectSameBytes(await gan.save({ generatorOnly: false, weights: "float32" }), whole);
  });

  it.each([
    ["float16", 65520, "Infinity"],
    ["bfloat16", 2 ** 127 * (1 - 2 ** -24), "1.7014118346046923e+38"],
  ] as const)("refuses a weight that %s has no number for, by its name and place", async (weights, value, got) => {
    const checkpoint = await checkpointOf(firstSnapshot(resolveSpec({ shape: [2], latent: 2, width: 2, ema: false })));
    checkpoint.tensors.get("generator.0.filter")!.data[3] = value;
    const saving = encodeGenerator(checkpoint, weights);
    await expect(saving).rejects.toThrow(`weights: expected a type that holds tensor "generator.0.filter"[3], got "${weights}", in which`);
    await expect(saving).rejects.toThrow(new RegExp(`is ${got.replace("+", "\\+")}$`));
    await expect(saving).rejects.toBeInstanceOf(SpecError);
    expect(
      decodeGenerator(await encodeGenerator(checkpoint, "float32"))
        .tensors.get("generator.0.filter")!
        .values()[3],
    ).toBe(value);
  });
});

describe("decodeGenerator", () => {
  type Parts = ReturnType<typeof decodeSafetensors>;
  const withSpec =
    (change: object) =>
    ({ metadata }: Parts) => {
      metadata.spec = JSON.stringify({ ...JSON.parse(metadata.spec!), ...change });
    };
  const set =
    (name: string, change: object) =>
    ({ tensors }: Parts) => {
      tensors.set(name, { ...tensors.get(name)!, ...change } as never);
    };
  const filter = "generator.0.filter";

  it.each<[string, (parts: Parts) => unknown, RegExp]>([
    ["another format", ({ metadata }) => Object.assign(metadata, { format: "pt" }), /^metadata.format: expected "ganvas"/],
    ["another version", ({ metadata }) => Object.assign(metadata, { version: "2" }), /^metadata.version/],
    ["another kind", ({ metadata }) => Object.assign(metadata, { kind: "critic" }), /^metadata.kind: expected "generator", or none, got "critic"/],
    ["no description", ({ metadata }) => delete metadata.spec, /^metadata.spec: expected JSON/],
    [
      "a description that is null",
      ({ metadata }) => Object.assign(metadata, { spec: "null" }),
      /^metadata.spec: expected the description of a generator, got/,
    ],
    ["the name of an architecture", withSpec({ architecture: "dcgan" }), /architecture: expected an object with generator, got "dcgan"/],
    ["no layers", withSpec({ architecture: {} }), /architecture.generator: expected a list/],
    ["too many layers", withSpec({ architecture: { generator: Array(257).fill({ type: "flatten" }) } }), /at most 256 layers/],
    ["layers that end elsewhere", withSpec({ shape: [4, 4, 1] }), /layers that end in \[4, 4, 1\], got \[4, 4, 2\]/],
    ["another latent", withSpec({ latent: 4 }), /^tensor "generator.0.filter": expected shape \[7, 12\], got \[6, 12\]/],
    ["another condition", withSpec({ condition: { classes: 0 } }), /condition.classes/],
    [
      "too few counts",
      ({ metadata }) => Object.assign(metadata, { progress: '{"classesSeen":[1]}' }),
      /^metadata.progress.classesSeen: expected a list of 3/,
    ],
    [
      "no scale",
      ({ tensors }) => tensors.delete(`${filter}/scale`),
      /^tensor "generator.0.filter\/scale": expected shape \[12\], got no such tensor/,
    ],
    [
      "scales of integers",
      set(`${filter}/scale`, { dtype: "I8", data: new Int8Array(12) }),
      /^tensor "generator.0.filter\/scale".dtype: expected "F32", got "I8"/,
    ],
    ["integers without channels", set("generator.0.bias", { dtype: "I8", data: new Int8Array(12) }), /^tensor "generator.0.bias".dtype/],
    ["another tensor", ({ tensors }) => tensors.set("x", { dtype: "F32", shape: [], data: new Float32Array(1) }), /^tensor "x": expected no tensor/],
    [
      "a scale that is infinite",
      ({ tensors }) => tensors.get(`${filter}/scale`)!.data.fill(Number.POSITIVE_INFINITY),
      /^tensor "generator.0.filter"\[\d+\]: expected a number of magnitude below 2\^127/,
    ],
    ["a bias that is NaN", ({ tensors }) => tensors.get("generator.0.bias")!.data.fill(Number.NaN, 2, 3), /^tensor "generator.0.bias"\[2\].*got NaN/],
    [
      "a variance below 0",
      ({ tensors }) => tensors.get("generator.3.1.runningVariance")!.data.fill(-1, 1),
      /^tensor "generator.3.1.runningVariance"\[1\]: expected a mean/,
    ],
  ])("refuses %s", async (_, change, message) => {
    const parts = decodeSafetensors(await gan.save({ generatorOnly: true, weights: "int8" }));
    change(parts);
    const bytes = encodeSafetensors(parts.tensors, parts.metadata);
    expect(() => valuesOf(decodeGenerator(bytes))).toThrow(message);
    expect(() => valuesOf(decodeGenerator(bytes))).toThrow(CheckpointError);
  });

  it("looks at nothing else of a checkpoint", () => {
    const parts = decodeSafetensors(whole);
    withSpec({
      objective: "x",
      optimizer: 0,
      regularizers: null,
      architecture: { ...JSON.parse(parts.metadata.spec!).architecture, discriminator: 0 },
    })(parts);
    for (const name of [...parts.tensors.keys()]) if (!name.startsWith("generator.") || !name.endsWith("/ema")) parts.tensors.delete(name);
    expectSameBytes(valuesOf(decodeGenerator(encodeSafetensors(parts.tensors, parts.metadata))), valuesOf(decodeGenerator(whole)));
    parts.tensors.delete(`${filter}/ema`);
    expect(() => decodeGenerator(encodeSafetensors(parts.tensors, parts.metadata))).toThrow(/^tensor "generator.0.filter\/ema": .*no such tensor/);
  });

  it("notices that the bytes are gone", async () => {
    const bytes = await gan.save({ generatorOnly: true, weights: "float16" });
    const tensor = decodeGenerator(bytes).tensors.get(filter)!;
    structuredClone(bytes, { transfer: [bytes.buffer] });
    expect(() => tensor.values()).toThrow(/^bytes: /);
  });
});
