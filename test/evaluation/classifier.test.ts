import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { StoredTensor } from "../../src/formats/dtypes.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../src/formats/safetensors.ts";
import {
  CheckpointError,
  type Classifier,
  type ClassifierOptions,
  DataError,
  loadClassifier,
  ShapeError,
  SpecError,
  StateError,
  trainClassifier,
} from "../../src/metrics.ts";
import { blobs } from "./blobs.ts";

const data = blobs(120);
const brief = { features: 8, steps: 40, batchSize: 16, learningRate: 0.01, shift: 0, seed: 3, threads: 1, backend: "wasm" } as const;

let classifier: Classifier;
beforeAll(async () => {
  classifier = await trainClassifier(data, brief);
});
afterAll(() => classifier.dispose());

describe("a classifier", () => {
  it("learns what tells the classes apart, and says how well by examples it has not seen", async () => {
    expect(classifier.accuracy).toBe(1);
    const unseen = blobs(40, { seed: 2 });
    expect([...(await classifier.classify(unseen))]).toEqual([...unseen.labels!]);
    expect(classifier.spec).toMatchObject({ shape: [8, 8, 1], classes: 4, features: 8 });
  });

  it("gives logits and features, row by row, however many rows there are", async () => {
    const logits = await classifier.logits(data);
    const features = await classifier.features(data);
    expect([logits.shape, features.shape]).toEqual([
      [120, 4],
      [120, 8],
    ]);
    expect(Array.from(features.data).every((x) => x >= 0 && Number.isFinite(x))).toBe(true);
    const three = { data: data.data.subarray(5 * 64, 8 * 64), shape: [3, 8, 8, 1] };
    expect([...Array.from((await classifier.logits(three)).data)]).toEqual([...Array.from(logits.data).slice(20, 32)]);
  });

  it("takes bytes as what they stand for, and numbers beyond [-1, 1]", async () => {
    const bytes = Uint8Array.from(data.data, (x) => Math.round((x + 1) * 127.5));
    const floats = Float32Array.from(bytes, (x) => x / 127.5 - 1);
    const [a, b] = [await classifier.logits({ data: bytes, shape: data.shape }), await classifier.logits({ data: floats, shape: data.shape })];
    expect(a).toEqual(b);
    const wide = { data: data.data.subarray(0, 64).map((x) => 3 * x), shape: [1, 8, 8, 1] };
    expect((await classifier.logits(wide)).data.length).toBe(4);
  });

  it("is the same for a seed, and another for another", async () => {
    const few = { ...brief, steps: 2 };
    const weights = async (options: ClassifierOptions) => {
      const trained = await trainClassifier(data, options);
      trained.dispose();
      return trained.save();
    };
    const first = await weights(few);
    expect(await weights(few)).toEqual(first);
    expect(await weights({ ...few, seed: 4 })).not.toEqual(first);
    expect(await weights({ ...few, shift: 1 })).not.toEqual(first);
  });

  it("computes alike on the reference", async () => {
    const reference = await loadClassifier(await classifier.save(), { backend: "reference" });
    const few = { data: data.data.subarray(0, 2 * 64), shape: [2, 8, 8, 1] };
    const [a, b] = [await classifier.logits(few), await reference.logits(few)];
    for (let i = 0; i < 8; i++) expect(a.data[i]).toBeCloseTo(b.data[i]!, 4);
    expect(reference.backend.name).toBe("reference");
    reference.dispose();
  });

  it("learns vectors of any scale", async () => {
    const vectors = Float32Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? 5000 + (i % 4) * 10 + (i % 7) : 1e-3 * (i % 5)));
    const labels = Array.from({ length: 100 }, (_, i) => i % 2);
    const trained = await trainClassifier({ data: vectors, shape: [100, 2], labels }, brief);
    expect(trained.accuracy).toBe(1);
    expect(trained.spec.shape).toEqual([2]);
    trained.dispose();
  });

  it("tells of every step, and ends when it is told to", async () => {
    const [losses, shares]: [number[], number[]] = [[], []];
    const end = new AbortController();
    const options: ClassifierOptions = {
      ...brief,
      signal: end.signal,
      onStep: ({ step, loss }) => {
        losses.push(loss);
        if (step === 3) end.abort(new Error("enough"));
      },
      onProgress: (done) => void shares.push(done),
    };
    await expect(trainClassifier(data, options)).rejects.toThrow("enough");
    expect(losses.length).toBe(3);
    expect(losses[0]).toBeGreaterThan(0);
    expect(shares).toEqual([1 / 40, 2 / 40]);
    await expect(classifier.logits(data, { signal: end.signal })).rejects.toThrow("enough");
  });

  it("holds memory until it is disposed of, and says so afterwards", async () => {
    const other = await loadClassifier(await classifier.save(), { threads: 1 });
    expect(other.memory.variables).toBeGreaterThan(0);
    const underWay = other.logits(blobs(4));
    other.dispose();
    other.dispose();
    await expect(underWay).rejects.toThrow(StateError);
    await expect(other.features(data)).rejects.toThrow(StateError);
    expect(() => other.memory).toThrow(StateError);
    expect(await other.save()).toEqual(await classifier.save());
  });
});

describe("a classifier's file", () => {
  it("comes back as it was", async () => {
    const bytes = await classifier.save();
    const loaded = await loadClassifier(bytes.buffer as ArrayBuffer, { threads: 1 });
    expect(loaded.accuracy).toBe(classifier.accuracy);
    expect(loaded.spec).toEqual(classifier.spec);
    expect(await loaded.logits(data)).toEqual(await classifier.logits(data));
    expect(await loaded.save()).toEqual(bytes);
    loaded.dispose();
  });

  it("is refused where it is damaged or of another kind", async () => {
    const bytes = await classifier.save();
    const { tensors, metadata } = decodeSafetensors(bytes);
    const [name, tensor] = [...tensors].find(([key]) => key.endsWith("0.filter"))!;
    const changed = (values: Float32Array) =>
      encodeSafetensors(new Map<string, Tensor | StoredTensor>([...tensors, [name, { shape: tensor.shape, data: values }]]), metadata);
    const told = (other: object) => encodeSafetensors(tensors, { ...metadata, ...other });
    const spec = JSON.parse(metadata.spec!);
    const cases: readonly (readonly [string, unknown])[] = [
      ["header", bytes.subarray(0, 100)],
      ["file", new Uint8Array(4)],
      ["bytes", "classifier.safetensors"],
      ["metadata.format", told({ format: "other" })],
      ["metadata.version", told({ version: "9" })],
      ["file", told({ kind: "generator" })],
      ["metadata.accuracy", told({ accuracy: "1.5" })],
      ["metadata.spec", told({ spec: "{" })],
      ["metadata.spec", told({ spec: JSON.stringify({ ...spec, classes: 1 }) })],
      ["metadata.spec", told({ spec: JSON.stringify({ ...spec, features: 9 }) })],
      ["metadata.spec", told({ spec: JSON.stringify({ ...spec, shape: [8, 8] }) })],
      ["tensor", told({ spec: JSON.stringify({ ...spec, classes: 5 }) })],
      ["tensor", changed(new Float32Array(tensor.data.length).fill(Number.NaN))],
      ["tensor", encodeSafetensors(new Map([...tensors].slice(1)), metadata)],
      [
        "tensor",
        encodeSafetensors(new Map<string, Tensor | StoredTensor>([...tensors, ["more", { shape: [1], data: new Float32Array(1) }]]), metadata),
      ],
    ];
    for (const [path, file] of cases) {
      const error = await loadClassifier(file as Uint8Array).catch((e: unknown) => e);
      expect(error, path).toBeInstanceOf(CheckpointError);
      expect((error as CheckpointError).path).toContain(path);
    }
  });
});

describe("what cannot be learned from", () => {
  const { shape } = data;
  const floats = data.data as Float32Array;
  it.each([
    ["no labels", { data: floats, shape }, {}, "labels"],
    ["one class", { data: floats, shape, labels: new Uint8Array(120) }, {}, "labels"],
    ["one class of several", { data: floats, shape, labels: new Uint8Array(120).fill(3) }, { classes: 10 }, "labels"],
    ["a class beyond", { data: floats, shape, labels: data.labels }, { classes: 3 }, "labels[3]"],
    ["half a class", { data: floats, shape, labels: Array.from({ length: 120 }, (_, i) => i / 2) }, {}, "labels[1]"],
    ["a class below 0", { data: floats, shape, labels: Array.from({ length: 120 }, (_, i) => i - 1) }, {}, "labels[0]"],
    ["too many classes", { data: floats, shape, labels: Array.from({ length: 120 }, (_, i) => i * 1e6) }, {}, "labels"],
    ["NaN", { data: floats.map((x, i) => (i === 70 ? Number.NaN : x)), shape, labels: data.labels }, {}, "data[70]"],
    ["two examples", { data: floats.subarray(0, 128), shape: [2, 8, 8, 1], labels: [0, 1] }, {}, "data"],
    ["nothing", null, {}, "data"],
  ] as const)("%s", async (_, examples, options, path) => {
    const error = await trainClassifier(examples as never, { ...brief, ...options }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).path).toBe(path);
  });

  it("options that cannot be, all of them at once", async () => {
    const wrong = {
      features: 0,
      classes: 1,
      steps: -1,
      batchSize: 1,
      learningRate: 0,
      validation: 1,
      shift: -1,
      seed: 0.5,
      backend: "webgpu",
      feature: 3,
    };
    const error = (await trainClassifier(data, wrong as never).catch((e: unknown) => e)) as SpecError;
    expect(error).toBeInstanceOf(SpecError);
    expect(error.faults.map(({ path }) => path).sort()).toEqual(Object.keys(wrong).sort());
  });

  it("images of another shape, or with numbers that are none", async () => {
    await expect(classifier.logits({ data: new Float32Array(49), shape: [1, 7, 7, 1] })).rejects.toThrow(ShapeError);
    await expect(classifier.logits({ data: new Float32Array(63), shape: [1, 8, 8, 1] })).rejects.toThrow(ShapeError);
    await expect(classifier.logits({ data: new Float32Array(64).fill(Number.NaN), shape: [1, 8, 8, 1] })).rejects.toThrow("images.data[0]");
    await expect(classifier.logits({ data: new Float32Array(64).fill(1e38), shape: [1, 8, 8, 1] })).rejects.toThrow(DataError);
    await expect(classifier.logits(null as never)).rejects.toThrow(DataError);
  });
});
