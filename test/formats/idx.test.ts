import { readFileSync } from "node:fs";
import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { DataError, SpecError } from "../../src/core/errors.ts";
import { readIdx } from "../../src/formats/idx.ts";
import { MNIST_IMAGES, MNIST_MISSING } from "../mnist.ts";
import { Flag, member } from "./gzip.ts";
import { idx } from "./idxFile.ts";

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
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
    ["a cut gzip file", gzipSync(idx([40, 40])).subarray(0, 300), "a damaged one: it ends too soon"],
    ["a gzip header alone", gzipSync(idx([2])).subarray(0, 10), "a damaged one: it ends too soon"],
  ])("refuses %s", (_, file, message) => {
    expect(refusal(file)).toContain(message);
  });

  it("refuses an array larger than it is told to accept, and names the file", () => {
    expect(refusal(idx([10]), { path: "digits.idx", maxBytes: 9 })).toBe("digits.idx: expected at most 9 bytes of data, got shape [10], 10 bytes");
    expect(refusal(gzipSync(idx([10])), { maxBytes: 9 })).toContain("at most 9 bytes");
  });

  const file = idx([40, 40]);
  const [head, tail] = [file.subarray(0, 700), file.subarray(700)];
  const damaged = (zipped: Uint8Array, at: number, mask = 0x10) => zipped.with(at, zipped.at(at)! ^ mask);

  it.each<[string, Uint8Array]>([
    ["two members", join(member(head), member(tail))],
    ["a member of nothing between two", join(member(head), member(new Uint8Array()), member(tail))],
    ["a header that ends in the second member", join(member(file.subarray(0, 3)), member(file.subarray(3)))],
    ["zeros behind the last member", join(member(head), member(tail), new Uint8Array(512))],
    ["everything a header may tell", member(file, Flag.text | Flag.headerCrc | Flag.extra | Flag.name | Flag.comment)],
  ])("reads a gzip file of %s, as gunzip does", (_, zipped) => {
    expect(readIdx(zipped)).toEqual({ shape: [40, 40], data: file.subarray(12) });
  });

  it.each<[string, Uint8Array, string]>([
    ["a wrong checksum", damaged(member(file), -8), "a damaged one: incorrect data check"],
    ["a wrong length", damaged(member(file), -1), "a damaged one: incorrect length check"],
    ["a wrong checksum of the first of two", join(damaged(member(head), -8), member(tail)), "a damaged one: incorrect data check"],
    ["a wrong checksum of a file that is read at one look", damaged(member(idx([2])), -8), "a damaged one: incorrect data check"],
    ["flags that are reserved", damaged(member(file), 3, 0x20), "a damaged one: unknown header flags set"],
    ["another compression", damaged(member(file), 2, 1), "a damaged one: unknown compression method"],
    ["a wrong checksum of its header", damaged(member(file, Flag.headerCrc), 10), "a damaged one: header crc mismatch"],
    ["a cut checksum", member(file).subarray(0, -1), "a damaged one: it ends too soon"],
    ["no checksum", member(file).subarray(0, -8), "a damaged one: it ends too soon"],
    ["a second member that is cut", join(member(head), member(tail).subarray(0, 9)), "a damaged one: it ends too soon"],
    ["something else behind its end", join(member(file), Uint8Array.of(1, 2, 3)), "a damaged one: incorrect header check"],
    ["something else behind zeros", join(member(file), new Uint8Array(512), member(file)), "a damaged one: incorrect header check"],
    ["a stream of zlib as its second member", join(member(head), deflateSync(tail)), "a damaged one: incorrect header check"],
  ])("refuses a gzip file with %s", (_, zipped, message) => {
    expect(refusal(zipped)).toBe(`file: expected a sound gzip file, got ${message}`);
  });

  it("leaves the rest of a gzip file unread once it holds more than it says", () => {
    const endless = join(member(idx([2, 3], new Uint8Array(7))), damaged(member(file), -8));
    expect(refusal(endless)).toContain("got more than 18 bytes");
  });

  it.each<[string, object]>([
    ["maxBytes", { maxBytes: Number.NaN }],
    ["maxBytes", { maxBytes: "9" }],
    ["maxbytes", { maxbytes: 9 }],
    ["path", { path: 4 }],
    ["path", { path: "" }],
  ])("refuses a wrong option %s: %o", (path, options) => {
    expect(() => readIdx(file, options)).toThrow(SpecError);
    expect(() => readIdx(file, options)).toThrow(new RegExp(`^${path}: `));
  });

  it("refuses what is no file, and a buffer that was transferred elsewhere", () => {
    const [buffer, view] = [idx([2]).buffer, idx([2])];
    structuredClone(null, { transfer: [buffer, view.buffer] });
    for (const bad of [undefined, null, "x", [0, 0, 8, 1], new DataView(new ArrayBuffer(9))]) {
      expect(refusal(bad as unknown as Uint8Array)).toContain("a Uint8Array or an ArrayBuffer");
    }
    for (const bad of [buffer, view]) expect(refusal(bad as Uint8Array)).toContain("got no bytes");
  });

  it.skipIf(MNIST_MISSING)(`reads MNIST's test images${MNIST_MISSING}`, () => {
    const { shape, data } = readIdx(readFileSync(MNIST_IMAGES));
    expect(shape).toEqual([10000, 28, 28]);
    // The mean of MNIST's test images, 0.1325 of white, is widely published.
    expect(data.reduce((sum, byte) => sum + byte, 0) / data.length / 255).toBeCloseTo(0.1325, 4);
  });
});
