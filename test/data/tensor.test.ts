import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { type CreateOptions, createGAN, DataError, Dataset, Images, ShapeError, type TrainingData } from "../../src/index.ts";

const pixels = Float32Array.from({ length: 2 * 8 * 8 }, (_, i) => ((i * 37) % 255) / 127.5 - 1);
const points = Float32Array.from({ length: 16 }, (_, i) => (i % 5) / 5);

beforeAll(async () => {
  await tf.setBackend("cpu");
});

async function losses(options: Partial<CreateOptions>, data: TrainingData): Promise<Float32Array> {
  const gan = await createGAN({ shape: [2], architecture: "mlp", width: 4, latent: 3, batchSize: 4, backend: "reference", ...options });
  return (await gan.train(data, { steps: 4 })).generatorLosses;
}

describe("Dataset.fromTensor", () => {
  it("takes images, and leaves the tensor alone", async () => {
    const tensor = tf.tensor4d(pixels, [2, 8, 8, 1]);
    const dataset = await Dataset.fromTensor(tensor, [0, 1]);
    expect(dataset.shape).toEqual([2, 8, 8, 1]);
    expect(dataset.take([0, 1])).toEqual({ count: 2, data: pixels, labels: Float32Array.of(0, 1) });
    expect(tensor.isDisposed).toBe(false);
    tensor.dispose();
  });

  it("takes integers for bytes", async () => {
    const dataset = await Dataset.fromTensor(tf.tensor4d([0, 255, 51, 204], [1, 2, 2, 1], "int32"));
    expect(dataset.data).toEqual(Uint8Array.of(0, 255, 51, 204));
  });

  it.each([
    ["integers that are no bytes", tf.tensor2d([[1, 256]], undefined, "int32"), "data[1]"],
    ["pixels out of range", tf.tensor4d([1.5], [1, 1, 1, 1]), "data[0]"],
    ["a rank it does not know", tf.tensor3d([1], [1, 1, 1]), "shape"],
    ["words", { shape: [1, 1], data: async () => ["a"] }, "data"],
    ["what is no tensor", pixels as never, "tensor"],
    ["a tensor that cannot be read", { shape: [1, 1], data: () => Promise.reject(new Error("disposed")) }, "data"],
  ])("refuses %s", async (_, tensor, path) => {
    const error = await Dataset.fromTensor(tensor).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DataError);
    expect((error as DataError).path).toBe(path);
  });
});

describe("training", () => {
  const parts = [points.subarray(0, 8), points.subarray(8)];

  it("takes tensors as batches, and has read each before it asks for the next", async () => {
    const tensors: tf.Tensor[] = [];
    function* batches() {
      for (let i = 0; ; i++) {
        const tensor = tf.tensor2d(parts[i % 2]!, [4, 2]);
        tensors.push(tensor);
        yield tensor;
        tensor.dispose();
      }
    }
    expect(await losses({}, batches())).toEqual(await losses({}, parts));
    expect(tensors.length).toBe(4);
  });

  it("takes tensors with labels", async () => {
    const labels = [0, 1, 1, 0];
    const condition = { classes: 2 };
    const tensors = parts.map((part) => ({ data: tf.tensor2d(part, [4, 2]), labels }));
    expect(await losses({ condition }, tensors)).toEqual(
      await losses(
        { condition },
        parts.map((data) => ({ data, labels })),
      ),
    );
  });

  it("says where the fault of a batch is", async () => {
    await expect(losses({}, [tf.tensor2d(parts[0]!, [4, 2]), tf.tensor2d([[1, 2, 3]])])).rejects.toMatchObject({ path: "data[1].shape" });
  });

  it("says how a tensor is made into data", async () => {
    await expect(losses({}, tf.tensor2d(points, [8, 2]) as never)).rejects.toThrow(/fromTensor/);
  });
});

describe("Images.toTensor", () => {
  it("gives a tensor with values of its own", async () => {
    const images = new Images([2, 8, 8, 1], pixels.slice());
    const tensor: tf.Tensor4D = images.toTensor(tf);
    images.data.fill(0);
    expect(tensor.shape).toEqual([2, 8, 8, 1]);
    expect(await tensor.data()).toEqual(pixels);
  });

  it("refuses vectors", () => {
    expect(() => new Images([8, 2], points).toTensor(tf)).toThrow(ShapeError);
  });
});
