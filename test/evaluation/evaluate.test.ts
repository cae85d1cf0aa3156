import { describe, expect, it } from "vitest";
import { ring } from "../../src/datasets.ts";
import {
  createFeatures,
  DataError,
  type EvaluateOptions,
  type Evaluation,
  evaluate,
  type ImageBatch,
  ShapeError,
  SpecError,
} from "../../src/metrics.ts";
import { blobs } from "./blobs.ts";

const data = blobs(160);
const fresh = { sample: ({ count, seed }: { count: number; seed: number }) => blobs(count, { seed: 100 + seed }) };
/** It makes one class of four. */
const collapsed = {
  sample: ({ count }: { count: number }) => {
    const { data, shape } = blobs(4 * count, { seed: 9 });
    const images = Float32Array.from({ length: count * 64 }, (_, i) => data[4 * (i - (i % 64)) + (i % 64)]!);
    return { data: images, shape: [count, ...shape.slice(1)] };
  },
};
/** It knows which quarter is bright without having learned it. */
const classifier = {
  spec: { features: 4, classes: 4 },
  accuracy: 1,
  async features({ data, shape }: ImageBatch) {
    const quarters = new Float32Array(4 * shape[0]!);
    for (let i = 0; i < data.length; i++) quarters[4 * Math.floor(i / 64) + (i % 64 < 32 ? 0 : 2) + (i % 8 < 4 ? 0 : 1)]! += data[i]! / 16;
    return { data: quarters, shape: [shape[0]!, 4] };
  },
  async classify(images: ImageBatch) {
    const { data } = await this.features(images);
    return Array.from({ length: images.shape[0]! }, (_, n) => [0, 1, 2, 3].reduce((best, k) => (data[4 * n + k]! > data[4 * n + best]! ? k : best)));
  },
};

const namesOf = ({ rows }: Evaluation) => rows.map(({ name }) => name);

describe("a generator's evaluation", () => {
  it("has all that can be had, beside what real examples get", async () => {
    const good = await evaluate(fresh, data, { features: classifier, count: 40, seed: 1 });
    expect(namesOf(good)).toEqual([
      ...["frechetDistance", "kernelDistance", "precision", "recall", "density", "coverage", "slicedWasserstein", "multiScaleSWD", "msSSIM"],
      ...["classDivergence", "classesCovered", "copies"],
    ]);
    expect(good.count).toBe(40);
    for (const { value, floor, standardError } of good.rows) {
      expect([value, floor, standardError ?? 0].every(Number.isFinite)).toBe(true);
    }
    expect(good.rows.filter(({ standardError }) => standardError !== null).map(({ name }) => name)).toEqual(["kernelDistance", "msSSIM"]);
    const { value, floor } = good.row("classesCovered")!;
    expect([value, floor]).toEqual([4, 4]);
    const bad = await evaluate(collapsed, data, { features: classifier, count: 40, seed: 1 });
    for (const row of good.rows.filter(({ name }) => !["precision", "density", "copies"].includes(name))) {
      const worse = bad.row(row.name)!.value - row.value;
      expect(row.better === "lower" ? worse : -worse, row.name).toBeGreaterThan(0);
      expect(bad.row(row.name)!.floor).toBe(row.floor);
    }
    expect(bad.row("classesCovered")!.value).toBe(1);
  });

  it("finds copies", async () => {
    const copying = { sample: ({ count }: { count: number }) => ({ data: data.data.subarray(0, 64 * count), shape: [count, 8, 8, 1] }) };
    const { rows } = await evaluate(copying, data, { metrics: ["nearestNeighbours"], count: 40, seed: 1 });
    expect(rows[0]).toMatchObject({ name: "copies", floor: 1 / 40, better: "lower", unit: "share" });
    expect(rows[0]!.value).toBeGreaterThan(0.5);
    expect((await evaluate(fresh, data, { metrics: ["nearestNeighbours"], count: 40, seed: 1 })).rows[0]!.value).toBeLessThan(0.15);
  });

  it("follows from the seed alone", async () => {
    const options = { features: classifier, count: 20, metrics: ["kernelDistance", "slicedWasserstein"] } as const;
    const first = await evaluate(fresh, data, { ...options, seed: 4 });
    expect(await evaluate(fresh, data, { ...options, seed: 4 })).toEqual(first);
    expect(await evaluate(fresh, data, { ...options, seed: 5 })).not.toEqual(first);
  });

  it("is of vectors what can be had of vectors", async () => {
    const evaluation = await evaluate({ sample: ({ count }) => ring({ count, seed: 7 }) }, ring({ count: 60, seed: 1 }));
    expect(namesOf(evaluation)).toEqual([
      "frechetDistance",
      "kernelDistance",
      "precision",
      "recall",
      "density",
      "coverage",
      "slicedWasserstein",
      "copies",
    ]);
    expect([evaluation.features, evaluation.count]).toEqual(["pixels, at most 8 a side", 30]);
  });

  it("is a table as text", async () => {
    const evaluation = await evaluate(fresh, data, { metrics: ["msSSIM", "precisionRecall"], features: classifier, count: 20, seed: 3 });
    const lines = `${evaluation}`.split("\n");
    expect(lines[0]).toBe(
      "20 samples, and as many real examples, against 20 others; by 4 features of a classifier that is right about 100.0 % of held-out examples (seed 3)",
    );
    expect(lines[2]).toMatch(/^ +samples +real +better$/);
    expect(lines[3]).toMatch(/^precision +[\d.]+ +[\d.]+ +higher +share$/);
    expect(lines[5]).toMatch(/^msSSIM +[\d.]+ ± [\d.e-]+ +[\d.]+ +lower$/);
    expect(JSON.parse(JSON.stringify(evaluation)).rows.length).toBe(3);
  });

  it("asks a GAN with a condition for the labels of the other examples, not of those that it is compared with", async () => {
    const { data: pixels, shape } = blobs(80);
    for (let i = 0; i < 80; i++) pixels[64 * i] = i / 80;
    const asked: number[][] = [];
    const gan = {
      spec: { condition: { size: 1 } },
      sample: (request: { count: number; seed: number; condition?: ArrayLike<number> }) => {
        asked.push(Array.from(request.condition!));
        return fresh.sample(request);
      },
    };
    const seen: number[][] = [];
    const features = ({ data, shape }: ImageBatch) => {
      seen.push(Array.from({ length: shape[0]! }, (_, i) => Math.round(80 * data[64 * i]!)));
      return { data: Float32Array.from(data), shape: [shape[0]!, 64] };
    };
    const examples = { data: pixels, shape, labels: Array.from({ length: 80 }, (_, i) => i) };
    await evaluate(gan, examples, { metrics: ["frechetDistance"], count: 40, features });
    const [real, others] = seen as [number[], number[]];
    expect(asked).toEqual([others]);
    expect(new Set([...real, ...others]).size).toBe(80);
  });

  it("asks a GAN with a condition for labels of the kind that the data have", async () => {
    const asked: unknown[] = [];
    const gan = (condition: unknown) => ({
      spec: { condition },
      sample: (request: { count: number; seed: number; condition?: ArrayLike<number> | undefined }) => {
        asked.push(request.condition);
        return fresh.sample(request);
      },
    });
    const options: EvaluateOptions = { metrics: ["frechetDistance"], count: 40 };
    await evaluate(gan({ classes: 4 }), data, options);
    await evaluate(gan(null), data, options);
    await evaluate(gan({ size: 2 }), { data: data.data, shape: data.shape, labels: Array.from({ length: 320 }, (_, i) => i) }, options);
    expect((asked[0] as Uint8Array).length).toBe(40);
    expect(new Set(asked[0] as Uint8Array)).toEqual(new Set([0, 1, 2, 3]));
    expect(asked[1]).toBeUndefined();
    const vectors = asked[2] as Float32Array;
    expect([vectors.length, vectors[1]! - vectors[0]!, vectors[0]! % 2]).toEqual([80, 1, 0]);
    await expect(evaluate(gan({ classes: 4 }), { data: data.data, shape: data.shape, labels: [1] }, options)).rejects.toThrow("data.labels");
  });

  it("tells how far it is, and ends when it is told to", async () => {
    const shares: number[] = [];
    await evaluate(fresh, data, { count: 20, onProgress: (done) => void shares.push(done) });
    expect([shares[0], shares.at(-1)]).toEqual([0, 1]);
    expect(shares.every((x, i) => i === 0 || x >= shares[i - 1]! - 1e-9)).toBe(true);
    const end = new AbortController();
    const onProgress = (done: number) => void (done > 0.5 && end.abort(new Error("enough")));
    await expect(evaluate(fresh, data, { count: 20, signal: end.signal, onProgress })).rejects.toThrow("enough");
  });
});

describe("what cannot be evaluated", () => {
  const count = 20;
  it("options and metrics, all faults at once", async () => {
    const wrong = { metrics: ["fid"], count: 9, features: 3, seed: -1, onProgress: 1, classes: 10 };
    const error = (await evaluate(fresh, data, wrong as never).catch((e: unknown) => e)) as SpecError;
    expect(error).toBeInstanceOf(SpecError);
    expect(error.faults.map(({ path }) => path).sort()).toEqual(["classes", "count", "features", "metrics[0]", "onProgress", "seed"]);
    const points = ring({ count: 60, seed: 1 });
    await expect(evaluate(fresh, points, { metrics: ["msSSIM", "classes"] })).rejects.toThrow(/metrics\[0\].*\n.*metrics\[1\]/);
    await expect(evaluate({} as never, data)).rejects.toThrow(SpecError);
  });

  it("too few examples, or what are none", async () => {
    await expect(evaluate(fresh, data, { count: 81 })).rejects.toThrow(DataError);
    await expect(evaluate(fresh, blobs(19))).rejects.toThrow("20 examples at least");
    await expect(evaluate(fresh, null as never)).rejects.toThrow(DataError);
    await expect(evaluate(fresh, { data: new Float32Array(64 * 40).fill(Number.NaN), shape: [40, 8, 8, 1] })).rejects.toThrow(DataError);
  });

  it("samples of another shape or number", async () => {
    const making = (samples: unknown) => evaluate({ sample: () => samples as ImageBatch }, data, { count });
    await expect(making(blobs(19))).rejects.toThrow(ShapeError);
    await expect(making({ data: new Float32Array(20), shape: [20, 1] })).rejects.toThrow(ShapeError);
    await expect(making(undefined)).rejects.toThrow(DataError);
  });

  it("features that are none", async () => {
    const by = (features: EvaluateOptions["features"]) => evaluate(fresh, data, { count, features, metrics: ["frechetDistance"] });
    await expect(by(createFeatures(() => [Number.NaN]))).rejects.toThrow(DataError);
    await expect(by(() => ({ data: [1], shape: [1, 1] }))).rejects.toThrow(ShapeError);
    await expect(by(() => null as never)).rejects.toThrow(DataError);
    await expect(by(({ shape }) => ({ data: new Array(shape[0]).fill(1e100), shape: [shape[0]!, 1] }))).rejects.toThrow("features.data[0]");
    let call = 0;
    await expect(by(({ shape }) => ({ data: new Float32Array(shape[0]! * ++call), shape: [shape[0]!, call] }))).rejects.toThrow("features.shape");
  });

  it("what the generator throws is thrown", async () => {
    const sample = () => Promise.reject(new RangeError("mine"));
    await expect(evaluate({ sample }, data, { count })).rejects.toThrow(RangeError);
  });
});
