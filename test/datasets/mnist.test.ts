import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DataError, SpecError } from "../../src/core/errors.ts";
import { mnist } from "../../src/datasets/mnist.ts";
import { MNIST_IMAGES, MNIST_LABELS, MNIST_MISSING } from "../mnist.ts";

const images = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0, 255, 51, 102);
const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 9, 4);

describe("mnist", () => {
  it("gives grey images [N, H, W, 1] in [-1, 1] and their classes", () => {
    const dataset = mnist({ images, labels });
    expect(dataset.shape).toEqual([2, 1, 2, 1]);
    expect(dataset.take([1, 0])).toEqual({
      count: 2,
      data: Float32Array.of(51 / 127.5 - 1, 102 / 127.5 - 1, -1, 1),
      labels: Float32Array.of(4, 9),
    });
    expect(mnist({ images }).labels).toBeNull();
  });

  it("refuses files that are not images and their labels, naming which", () => {
    const path = (run: () => unknown) => {
      try {
        run();
      } catch (error) {
        return error instanceof DataError ? error.path : error;
      }
    };
    expect(path(() => mnist({ images: labels }))).toBe("images");
    expect(path(() => mnist({ images, labels: images }))).toBe("labels");
    expect(path(() => mnist({ images, labels: Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 1, 9) }))).toBe("labels");
    expect(path(() => mnist({ images: images.subarray(1) }))).toBe("images");
  });

  it("refuses missing files, and what is neither images nor labels", () => {
    const run = (files?: unknown) => () => mnist(files as { images: Uint8Array });
    expect(run({})).toThrow(DataError);
    expect(run({ images: null })).toThrow(/^images: /);
    expect(run({ images, labels: null })).toThrow(/^labels: /);
    for (const none of [undefined, null, images]) expect(run(none)).toThrow(SpecError);
    expect(run({ images, label: labels })).toThrow(
      'files.label: expected one of the options images, labels, got an unknown one, "label"; did you mean "labels"?',
    );
  });

  it.skipIf(MNIST_MISSING)(`reads MNIST's test set${MNIST_MISSING}`, () => {
    const digits = mnist({ images: readFileSync(MNIST_IMAGES), labels: readFileSync(MNIST_LABELS) });
    expect(digits.shape).toEqual([10000, 28, 28, 1]);
    expect([...digits.labels!.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
  });
});
