import { describe, expect, it } from "vitest";
import { createFeatures, DataError, type ModelInput, ShapeError, SpecError } from "../../src/metrics.ts";

/** Grey images 2 × 2 whose numbers are their places. */
const images = { data: Float32Array.from({ length: 12 }, (_, i) => i / 12), shape: [3, 2, 2, 1] };

describe("features of a model", () => {
  /** What a model was shown. */
  const shown = async (options: object, given: Parameters<ReturnType<typeof createFeatures>>[0] = images) => {
    const inputs: ModelInput[] = [];
    const extract = createFeatures((input) => {
      inputs.push(input);
      return new Float32Array(input.shape[0]!);
    }, options);
    await extract(given);
    return inputs;
  };

  it("are those of each image, however many it is shown at a time", async () => {
    const sums = createFeatures(({ data, shape }) => Array.from({ length: shape[0]! }, (_, n) => [data[4 * n]!, data[4 * n + 3]!]).flat(), {
      batchSize: 2,
      dimension: 2,
    });
    const { data, shape } = await sums(images);
    expect(shape).toEqual([3, 2]);
    expect([...Array.from(data)]).toEqual([0, 3, 4, 7, 8, 11].map((x) => Math.fround(x / 12)));
    expect((await shown({ batchSize: 2 })).map((input) => input.shape[0])).toEqual([2, 1]);
    expect(sums.description).toContain("2 numbers");
  });

  it("are of images in the range, the channels and the layout that it wants", async () => {
    const pair = { data: [-1, 0, 1, 0.5, 0, 0, 1, 1], shape: [1, 2, 2, 2] };
    const [first] = await shown({ range: [0, 255], layout: "NCHW" }, pair);
    expect(first).toEqual({ shape: [1, 2, 2, 2], data: Float32Array.of(0, 255, 127.5, 255, 127.5, 191.25, 127.5, 255) });
    const [grey] = await shown({ channels: 3, range: [0, 1] }, { data: [-1, 1], shape: [1, 1, 2, 1] });
    expect(grey).toEqual({ shape: [1, 1, 2, 3], data: Float32Array.of(0, 0, 0, 1, 1, 1) });
    const [turned] = await shown({ channels: 3, layout: "NCHW" }, { data: [-1, 1], shape: [1, 1, 2, 1] });
    expect(turned).toEqual({ shape: [1, 3, 1, 2], data: Float32Array.of(-1, 1, -1, 1, -1, 1) });
    const [sized] = await shown({ size: [1, 4] }, { data: Uint8Array.of(0, 255, 0, 255), shape: [1, 2, 2, 1] });
    expect(sized!.shape).toEqual([1, 1, 4, 1]);
    expect([...sized!.data].map((x) => Math.round(100 * x))).toEqual([-100, -50, 50, 100]);
    expect(await shown({}, { data: [1, 2, 3, 4], shape: [2, 2] })).toEqual([{ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] }]);
  });

  it("may come as tensors, which are disposed of, even where they are refused", async () => {
    let disposed = 0;
    const tensor = (data: unknown) => ({ data: data as never, dispose: () => void disposed++ });
    const ofTensorFlow = createFeatures(async (input) => tensor(async () => new Float32Array(2 * input.shape[0]!).fill(2)));
    const ofONNX = createFeatures((input) => tensor(Float32Array.from({ length: input.shape[0]! }, () => 1)));
    expect((await ofTensorFlow(images)).shape).toEqual([3, 2]);
    expect((await ofONNX(images)).shape).toEqual([3, 1]);
    await expect(createFeatures(() => tensor("none"))(images)).rejects.toThrow(DataError);
    expect(disposed).toBe(3);
  });

  it.each([
    ["too few numbers", () => new Float32Array(2), {}],
    ["none", () => [], {}],
    ["others than were said", () => new Float32Array(3), { dimension: 2 }],
    ["another number from batch to batch", ({ shape }: ModelInput) => new Float32Array(shape[0]! === 2 ? 4 : 1), { batchSize: 2 }],
    ["NaN", () => [0, 1, Number.NaN], {}],
    ["what is beyond float32", () => [0, 1, 1e39], {}],
    ["nothing", () => undefined as never, {}],
    ["text", () => "0 1 2" as never, {}],
  ])("that gives %s are refused", async (_, model, options) => {
    await expect(createFeatures(model, options)(images)).rejects.toThrow(DataError);
  });

  it("say where a number is none", async () => {
    const extract = createFeatures(({ shape }) => Array.from({ length: 2 * shape[0]! }, (_, i) => (shape[0] === 1 && i === 1 ? Number.NaN : 0)), {
      batchSize: 2,
    });
    await expect(extract(images)).rejects.toMatchObject({ path: "features[2][1]" });
  });

  it("throw what the model throws, and a signal's reason; and tell how far they are", async () => {
    await expect(
      createFeatures(() => {
        throw new RangeError("mine");
      })(images),
    ).rejects.toThrow(RangeError);
    const end = new AbortController();
    const shares: number[] = [];
    const slow = createFeatures(({ shape }) => new Float32Array(shape[0]!), { batchSize: 1 });
    const onProgress = (done: number) => {
      shares.push(done);
      if (done > 0.5) end.abort(new Error("enough"));
    };
    await expect(slow(images, { signal: end.signal, onProgress })).rejects.toThrow("enough");
    expect(shares).toEqual([1 / 3, 2 / 3]);
  });

  it("are not had of what the model cannot be shown", async () => {
    const model = ({ shape }: ModelInput) => new Float32Array(shape[0]!);
    const vectors = { data: [1, 2], shape: [1, 2] };
    await expect(createFeatures(model, { size: [2, 2] })(vectors)).rejects.toThrow(ShapeError);
    await expect(createFeatures(model, { channels: 3 })(vectors)).rejects.toThrow(ShapeError);
    await expect(createFeatures(model, { channels: 3 })({ data: [1, 2], shape: [1, 1, 1, 2] })).rejects.toThrow(ShapeError);
    await expect(createFeatures(model)({ data: [1, 2, 3], shape: [1, 2] })).rejects.toThrow(ShapeError);
    await expect(createFeatures(model)({ data: [1, Number.NaN], shape: [1, 2] })).rejects.toThrow("images.data[1]");
  });

  it("options that cannot be are all named at once", () => {
    const wrong = { size: [0, 1], channels: 0, range: [1, 1], layout: "CHW", batchSize: 0, dimension: 0.5, sizes: [2, 2] };
    const faults = (() => {
      try {
        createFeatures(() => [], wrong as never);
      } catch (error) {
        return (error as SpecError).faults.map(({ path }) => path);
      }
      return [];
    })();
    expect(faults.sort()).toEqual(["batchSize", "channels", "dimension", "layout", "range", "size[0]", "sizes"]);
    expect(() => createFeatures("inception" as never)).toThrow(SpecError);
    expect(() => createFeatures(null as never)).toThrow(SpecError);
    expect(() => createFeatures("pixels", { layout: "NCHW" } as never)).toThrow(SpecError);
  });
});

describe("features that are pixels", () => {
  it("are few, and as many for images of all sizes", async () => {
    const extract = createFeatures("pixels");
    const even = (shape: number[]) => ({ data: new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5), shape });
    expect((await extract(even([70, 28, 28, 1]))).shape).toEqual([70, 64]);
    const { data, shape } = await extract(even([2, 16, 32, 3]));
    expect(shape).toEqual([2, 4 * 8 * 3]);
    expect(Array.from(data).every((x) => Math.abs(x - 0.5) < 1e-6)).toBe(true);
    expect((await createFeatures("pixels", { size: [2, 2] })(images)).data).toEqual(images.data);
  });

  it("are vectors as they are", async () => {
    expect(await createFeatures("pixels")({ data: [1, 2, 3, 4], shape: [2, 2] })).toEqual({ data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] });
  });
});

describe("features of a classifier", () => {
  it("are its own, with what it is worth", async () => {
    const classifier = { spec: { features: 2 }, accuracy: 0.987, features: async () => ({ data: [1, 2], shape: [1, 2] }) };
    const extract = createFeatures(classifier);
    expect(await extract(images)).toEqual({ data: [1, 2], shape: [1, 2] });
    expect(extract.description).toBe("2 features of a classifier that is right about 98.7 % of held-out examples");
    expect(() => createFeatures(classifier as never, { batchSize: 2 })).toThrow();
  });
});
