import { describe, expect, it } from "vitest";
import { Dataset, type Examples, fitExamples, takeAll, takeExamples } from "../../src/data/dataset.ts";
import type { LabelFormat } from "../../src/data/labels.ts";
import { faultOf } from "./fault.ts";

/** Vectors of one number, each its own index. */
const numbered = (count: number) => Float32Array.from({ length: count }, (_, i) => i);

describe("labels of one byte an example", () => {
  const labels = Uint8ClampedArray.of(0, 255, 51);
  const taken = (condition: LabelFormat) => {
    const format = { shape: [1, 1, 2], condition };
    const source = { data: new Uint8Array(6), labels };
    const ofDataset = takeAll(fitExamples(new Dataset({ ...source, shape: [3, 1, 1, 2] }), format), format).labels;
    expect(takeAll(fitExamples(source, format), format).labels).toEqual(ofDataset);
    return ofDataset;
  };

  it("are pixels where the condition is an image, and the numbers that they are elsewhere", () => {
    expect(taken({ shape: [1, 1, 1] })).toEqual(Float32Array.of(-1, 1, 51 / 127.5 - 1));
    expect(taken({ size: 1 })).toEqual(Float32Array.of(0, 255, 51));
    expect(taken({ classes: 256 })).toEqual(Float32Array.of(0, 255, 51));
    expect(faultOf(() => taken({ classes: 255 }))).toBe("labels[1]");
  });
});

describe("Dataset", () => {
  it("maps bytes 0..255 to [-1, 1] and leaves floats as they are", () => {
    const bytes = new Dataset({ data: Uint8Array.of(0, 51, 255, 127), shape: [2, 2] });
    expect(bytes.take([0, 1]).data).toEqual(Float32Array.of(-1, 51 / 127.5 - 1, 1, 127 / 127.5 - 1));
    const floats = new Dataset({ data: Float32Array.of(0.1, -1, 1, 0.5), shape: [2, 2] });
    expect(floats.take([1, 0, 1]).data).toEqual(Float32Array.of(1, 0.5, 0.1, -1, 1, 0.5));
  });

  it("takes labels along with their examples", () => {
    const classes = new Dataset({ data: numbered(3), shape: [3, 1], labels: [5, 6, 7] });
    expect(classes.take([2, 0]).labels).toEqual(Float32Array.of(7, 5));
    const vectors = new Dataset({ data: numbered(2), shape: [2, 1], labels: Float32Array.of(1, 2, 3, 4, 5, 6) });
    expect(vectors.take([1]).labels).toEqual(Float32Array.of(4, 5, 6));
    expect(new Dataset({ data: numbered(2), shape: [2, 1] }).take([1]).labels).toBeNull();
  });

  const image = { data: new Float32Array(8), shape: [2, 2, 2, 1] };
  const withValue = (index: number, value: number) => ({ ...image, data: image.data.with(index, value) });
  it.each<[string, string, Examples]>([
    ["NaN", "data[3]", withValue(3, Number.NaN)],
    ["a pixel above 1", "data[7]", withValue(7, 1.0001)],
    ["a pixel below -1", "data[0]", withValue(0, -1.0001)],
    ["an infinite coordinate", "data[1]", { data: Float32Array.of(1e30, -1 / 0), shape: [2, 1] }],
    ["a length that is not the shape's", "data", { data: new Float32Array(7), shape: [2, 2, 2, 1] }],
    ["plain arrays", "data", { data: [0, 0] as unknown as Float32Array, shape: [2, 1] }],
    ["no examples", "shape", { data: new Float32Array(0), shape: [0, 1] }],
    ["no shape", "shape", { data: new Float32Array(4) }],
    ["a shape of three sizes", "shape", { data: new Float32Array(8), shape: [2, 2, 2] }],
    ["a fractional size", "shape", { data: new Float32Array(5), shape: [2, 2.5] }],
    ["too few labels", "labels", { ...image, labels: [1] }],
    ["no labels in an array of labels", "labels", { ...image, labels: [] }],
    ["a label that is not finite", "labels[1]", { ...image, labels: [1, Number.NaN] }],
    ["a label that is not a number", "labels[0]", { ...image, labels: ["1", 2] as unknown as number[] }],
    ["a label beyond float32", "labels[0]", { ...image, labels: [1e39, 2] }],
  ])("refuses %s, naming %s", (_, path, examples) => {
    expect(faultOf(() => new Dataset(examples))).toBe(path);
  });

  it("refuses indices it does not have", () => {
    const dataset = new Dataset({ data: numbered(3), shape: [3, 1] });
    for (const index of [-1, 3, 0.5, Number.NaN]) expect(faultOf(() => dataset.take([0, index]))).toBe("indices[1]");
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["a number", 3],
  ])("refuses %s for examples, and for indices", (_, bad) => {
    expect(faultOf(() => new Dataset(bad as Examples))).toBe("data");
    expect(faultOf(() => new Dataset({ data: numbered(3), shape: [3, 1] }).take(bad as number[]))).toBe("indices");
  });

  it("takes one argument", () => expect(Dataset.length).toBe(1));

  it("keeps shape and labels of its own, and none of its fields can be set", () => {
    const [shape, labels] = [
      [3, 1],
      [0, 1, 2],
    ];
    const dataset = new Dataset({ data: numbered(3), shape, labels });
    shape[0] = 2;
    labels[1] = 7;
    expect(dataset.take([0, 1, 2]).labels).toEqual(Float32Array.of(0, 1, 2));
    for (const [name, value] of Object.entries({ data: numbered(1), shape: [1, 1], labels: null })) {
      expect(() => Object.assign(dataset, { [name]: value })).toThrow(TypeError);
    }
    expect(() => ((dataset.shape as number[])[0] = 1)).toThrow(TypeError);
    expect({ ...dataset }).toEqual({ data: numbered(3), shape: [3, 1], labels: Float32Array.of(0, 1, 2) });
  });
});

describe("data that change", () => {
  const dataset = (data: Examples["data"], shape: number[]) => new Dataset({ data, shape, labels: [0, 1] });

  it("are refused once their buffer is transferred", () => {
    for (const data of [new Uint8Array(8), new Float32Array(8)]) {
      const changed = dataset(data, [2, 4]);
      structuredClone(data.buffer, { transfer: [data.buffer] });
      expect(faultOf(() => changed.take([0]))).toBe("data");
    }
  });

  it("are refused once their buffer shrinks", () => {
    const buffer = new (ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer & { resize(length: number): void })(8, {
      maxByteLength: 8,
    });
    const changed = dataset(new Uint8Array(buffer), [2, 4]);
    buffer.resize(4);
    expect(faultOf(() => changed.take([0]))).toBe("data");
  });

  it("are refused once their labels are transferred", () => {
    const changed = dataset(new Float32Array(8), [2, 4]);
    const { buffer } = changed.labels!;
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    expect(faultOf(() => changed.take([0]))).toBe("labels");
  });

  it("are refused where a number is taken that cannot be", () => {
    const vectors = dataset(new Float32Array(8), [2, 4]);
    (vectors.data as Float32Array)[6] = Number.NaN;
    vectors.labels![0] = Number.POSITIVE_INFINITY;
    expect(faultOf(() => vectors.take([1]))).toBe("data[6]");
    expect(faultOf(() => vectors.take([0]))).toBe("labels[0]");
    const images = dataset(new Float32Array(8), [2, 2, 2, 1]);
    (images.data as Float32Array)[1] = 1.5;
    expect(faultOf(() => images.take([1, 0]))).toBe("data[1]");
  });

  it("are refused where a class is taken that the model does not have", () => {
    const format = { shape: [4], condition: { classes: 2 } };
    const changed = dataset(new Float32Array(8), [2, 4]);
    fitExamples(changed, format);
    changed.labels![1] = 2;
    expect(takeExamples(changed, [0], format).labels).toEqual(Float32Array.of(0));
    expect(faultOf(() => takeExamples(changed, [0, 1], format))).toBe("labels[1]");
  });
});
