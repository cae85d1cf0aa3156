import { readFileSync } from "node:fs";
import fc from "fast-check";
import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { DataError } from "../../src/core/errors.ts";
import { readIdx } from "../../src/formats/idx.ts";
import { MNIST_IMAGES, MNIST_MISSING } from "../mnist.ts";

/** An IDX file of these sizes; its content is `data`, or as many bytes as it should have. */
function idx(sizes: readonly number[], data?: Uint8Array, type = 8): Uint8Array {
  const content = data ?? Uint8Array.from({ length: sizes.reduce((a, b) => a * b, 1) }, (_, i) => i * 7);
  const file = new Uint8Array(4 + 4 * sizes.length + content.length);
  file.set([0, 0, type, sizes.length]);
  sizes.forEach((size, axis) => {
    new DataView(file.buffer).setUint32(4 + 4 * axis, size);
  });
  file.set(content, 4 + 4 * sizes.length);
  return file;
}

function refusal(file: Uint8Array, options = {}): string {
  try {
    readIdx(file, options);
  } catch (error) {
    if (error instanceof DataError) return error.message;
    throw error;
  }
  throw new Error("the file was accepted");
}

describe("readIdx", () => {
  it("reads arrays of rank 1 to 4, plain and gzipped, from an array that starts anywhere", () => {
    for (const sizes of [[3], [2, 5], [4, 3, 2], [2, 3, 4, 3]]) {
      const file = idx(sizes);
      const expected = { shape: sizes, data: file.slice(4 + 4 * sizes.length) };
      const shifted = new Uint8Array(file.length + 3).subarray(3);
      shifted.set(file);
      expect(readIdx(file)).toEqual(expected);
      expect(readIdx(shifted)).toEqual(expected);
      expect(readIdx(file.slice().buffer)).toEqual(expected);
      expect(readIdx(gzipSync(file))).toEqual(expected);
    }
  });

  it.each<[string, Uint8Array, string]>([
    ["no bytes", new Uint8Array(), "got no bytes"],
    ["another format", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0, 0), "got 89 50 4e 47"],
    ["floats", idx([2], new Uint8Array(8), 0x0d), "got type 0d"],
    ["rank 0", Uint8Array.of(0, 0, 8, 0), "got 00 00 08 00"],
    ["rank 5", idx([1, 1, 1, 1, 1]), "got 00 00 08 05"],
    ["a cut header", idx([2, 2]).subarray(0, 11), "a header of 12 bytes, got 11 bytes"],
    ["a size of zero", idx([3, 0]), "got [3, 0]"],
    ["a byte too few", idx([2, 3]).subarray(0, 17), "18 bytes for shape [2, 3], got 17 bytes"],
    ["a byte too many", idx([2, 3], new Uint8Array(7)), "18 bytes for shape [2, 3], got 19 bytes"],
    ["sizes whose product overflows", idx([0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff], new Uint8Array(9)), "at most 29 bytes of data"],
    ["gzipped sizes beyond what deflate can hold", gzipSync(idx([50000, 50000], new Uint8Array(9))), "shape [50000, 50000], 2500000000 bytes"],
    ["a gzipped byte too few", gzipSync(idx([2, 3]).subarray(0, 17)), "18 bytes for shape [2, 3], got 17 bytes"],
    ["a gzip file that goes on and on", gzipSync(idx([2, 3], new Uint8Array(1e7))), "18 bytes for shape [2, 3], got more than 18 bytes"],
    ["a cut gzip file", gzipSync(idx([40, 40])).subarray(0, 300), "a damaged one"],
    ["a gzip header alone", gzipSync(idx([2])).subarray(0, 10), "got no bytes"],
  ])("refuses %s", (_, file, message) => {
    expect(refusal(file)).toContain(message);
  });

  it("refuses an array larger than it is told to accept, and names the file", () => {
    expect(refusal(idx([10]), { path: "digits.idx", maxBytes: 9 })).toBe("digits.idx: expected at most 9 bytes of data, got shape [10], 10 bytes");
    expect(refusal(gzipSync(idx([10])), { maxBytes: 9 })).toContain("at most 9 bytes");
  });

  it("answers any bytes with an array or a DataError", () => {
    const header = fc.tuple(fc.constantFrom(8, 9), fc.integer({ min: 0, max: 5 })).map(([type, rank]) => [0, 0, type, rank]);
    const tail = fc.array(fc.oneof({ arbitrary: fc.constant(0), weight: 3 }, fc.nat(255)), { maxLength: 40 });
    const files = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc.tuple(header, tail).map((parts) => Uint8Array.from(parts.flat())),
    );
    const damaged = fc.tuple(files, fc.nat(), fc.nat(255)).map(([file, at, byte]) => {
      const zipped = gzipSync(file);
      zipped[at % zipped.length] = byte;
      return zipped;
    });
    fc.assert(
      fc.property(fc.oneof(files, damaged), (file) => {
        try {
          const { shape, data } = readIdx(file);
          expect(data.length).toBe(shape.reduce((a, b) => a * b, 1));
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it.skipIf(MNIST_MISSING)(`reads MNIST's test images${MNIST_MISSING}`, () => {
    const { shape, data } = readIdx(readFileSync(MNIST_IMAGES));
    expect(shape).toEqual([10000, 28, 28]);
    // The mean of MNIST's test images, 0.1325 of white, is widely published.
    expect(data.reduce((sum, byte) => sum + byte, 0) / data.length / 255).toBeCloseTo(0.1325, 4);
  });
});
