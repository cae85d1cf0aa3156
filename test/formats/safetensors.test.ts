import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CheckpointError, ShapeError } from "../../src/core/errors.ts";
import { decodeSafetensors, encodeSafetensors, type Tensor } from "../../src/formats/safetensors.ts";

/** A file from its parts, whatever they are. */
function file(header: unknown, data: Uint8Array | number = 0, headerLength?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const body = typeof data === "number" ? new Uint8Array(data) : data;
  const bytes = new Uint8Array(8 + json.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, headerLength ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(body, 8 + json.length);
  return bytes;
}

const f32 = (shape: unknown, data_offsets: unknown) => ({ dtype: "F32", shape, data_offsets });

const example = () =>
  encodeSafetensors(
    new Map<string, Tensor>([
      ["generator.0.weight", { shape: [2, 3], data: Float32Array.of(1, -0, 3.5, Number.NaN, Number.POSITIVE_INFINITY, 1e-45) }],
      ["scalar", { shape: [], data: Float32Array.of(7) }],
      ["empty", { shape: [0, 4], data: new Float32Array(0) }],
    ]),
    { format: "pt", step: "12" },
  );

describe("encodeSafetensors", () => {
  it("writes the documented bytes", () => {
    const bytes = encodeSafetensors(new Map([["a", { shape: [2], data: Float32Array.of(1, -2) }]]), { k: "v" });
    const json = '{"__metadata__":{"k":"v"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}';
    const padded = json.padEnd(Math.ceil(json.length / 8) * 8, " ");
    expect([...bytes.subarray(0, 8)]).toEqual([padded.length, 0, 0, 0, 0, 0, 0, 0]);
    expect(new TextDecoder().decode(bytes.subarray(8, 8 + padded.length))).toBe(padded);
    expect([...bytes.subarray(8 + padded.length)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0]);
  });

  it("leaves __metadata__ out when there is none, and refuses a tensor of that name", () => {
    expect(new TextDecoder().decode(encodeSafetensors(new Map()).subarray(8))).toBe("{}      ");
    expect(() => encodeSafetensors(new Map([["__metadata__", { shape: [], data: Float32Array.of(1) }]]))).toThrow(ShapeError);
  });

  it("refuses data that does not fill its shape", () => {
    expect(() => encodeSafetensors(new Map([["a", { shape: [2], data: Float32Array.of(1) }]]))).toThrow("a: expected 2 values for [2], got 1");
  });
});

describe("decodeSafetensors", () => {
  it("gives back what was written, bit for bit, where it lies in the file", () => {
    const bytes = example();
    const { tensors, metadata } = decodeSafetensors(bytes);
    expect(tensors.get("generator.0.weight")!.data.buffer).toBe(bytes.buffer);
    expect(metadata).toEqual({ format: "pt", step: "12" });
    expect([...tensors.keys()]).toEqual(["generator.0.weight", "scalar", "empty"]);
    expect(tensors.get("generator.0.weight")).toEqual({
      dtype: "F32",
      shape: [2, 3],
      data: Float32Array.of(1, -0, 3.5, Number.NaN, Number.POSITIVE_INFINITY, 1e-45),
    });
    expect(tensors.get("scalar")).toEqual({ dtype: "F32", shape: [], data: Float32Array.of(7) });
    expect(tensors.get("empty")).toEqual({ dtype: "F32", shape: [0, 4], data: new Float32Array(0) });
  });

  it("reads a file at any alignment, with tensors in any order", () => {
    const data = new Uint8Array(Float32Array.of(5, 6).buffer);
    const bytes = file({ b: f32([1], [4, 8]), a: f32([1], [0, 4]) }, data);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const { tensors } = decodeSafetensors(shifted.subarray(3));
    expect(tensors.get("a")!.data[0]).toBe(5);
    expect(tensors.get("b")!.data[0]).toBe(6);
  });

  it("reads a Buffer, as Node reads a file into", () => {
    const bytes = example();
    expect(decodeSafetensors(Buffer.from(bytes))).toEqual(decodeSafetensors(bytes));
  });

  it("keeps __proto__ an ordinary name", () => {
    const { tensors, metadata } = decodeSafetensors(
      file('{"__metadata__":{"__proto__":"x"},"__proto__":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4),
    );
    expect([...tensors.keys()]).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(metadata)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });

  it("round-trips any tensors", () => {
    const tensor = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).chain((shape) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return fc.float32Array({ minLength: size, maxLength: size }).map((data) => ({ dtype: "F32" as const, shape, data }));
    });
    const name = fc.string({ unit: "grapheme" }).filter((s) => s !== "__metadata__");
    fc.assert(
      fc.property(fc.array(fc.tuple(name, tensor), { maxLength: 5 }), fc.dictionary(name, fc.string({ unit: "grapheme" })), (entries, metadata) => {
        const tensors = new Map(entries);
        const decoded = decodeSafetensors(encodeSafetensors(tensors, metadata));
        expect(new Map(decoded.tensors)).toEqual(tensors);
        expect(Object.entries(decoded.metadata).sort()).toEqual(Object.entries(metadata).sort());
      }),
    );
  });

  it.each<[string, Uint8Array, RegExp]>([
    ["an empty file", new Uint8Array(0), /^file: expected at least 8 bytes, got 0/],
    ["a file shorter than the length field", new Uint8Array(7), /^file/],
    ["a header longer than the file", file("{}", 0, 3n), /^header length: expected at most 2 bytes, in a file of 10, got 3/],
    ["a header of 10 GB", file("{}", 0, 10_000_000_000n), /^header length/],
    ["a header length of 2^64 - 1", file("{}", 0, 2n ** 64n - 1n), /got 18446744073709551615/],
    ["an empty header", file("", 0), /^header/],
    ["bad UTF-8", Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0x22, 0xff, 0x7d), /^header: expected JSON in UTF-8/],
    ["bad JSON", file("{"), /^header: expected JSON in UTF-8/],
    ["a byte order mark", file("\ufeff{}"), /^header/],
    ["a header that is an array", file("[]"), /^header: expected a JSON object/],
    ["a header that is null", file("null"), /^header: expected a JSON object/],
    ["a header that does not start with a brace", file(" {}"), /^header/],
    [
      "deep nesting",
      file(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`),
      /^header: expected JSON in UTF-8, got more than 3 levels at character 7$/,
    ],
    ["deep nesting behind a text with brackets", file('{"]\\"]]]":{"[{":[[]]}}'), /more than 3 levels at character 17/],
    ["a header beyond 2 MiB", file(`{${" ".repeat(2 ** 21)}}`), /^header length: expected at most 2097152 bytes/],
    [
      "a repeated name",
      file('{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4),
      /"a" twice/,
    ],
    ["a repeated field", file('{"a":{"dtype":"F32","shape":[],"shape" : [1],"data_offsets":[0,4]}}', 4), /"shape" twice/],
    ["a repeated metadata key", file('{"__metadata__":{"a":"1","a":"2"}}'), /"a" twice/],
    ["metadata that is no object", file({ __metadata__: [] }), /^__metadata__/],
    ["metadata that is no string", file({ __metadata__: { a: 1 } }), /^__metadata__\["a"\]/],
    ["a tensor that is no object", file({ a: 4 }), /^tensor "a": expected an object, got 4/],
    ["an empty tensor description", file({ a: {} }), /^tensor "a".dtype/],
    [
      "another type",
      file({ a: { ...f32([2], [0, 8]), dtype: "I32" } }, 8),
      /^tensor "a".dtype: expected "F32" or "F16" or "BF16" or "I8", got "I32"/,
    ],
    ["16-bit numbers of 32 bits", file({ a: { ...f32([2], [0, 8]), dtype: "F16" } }, 8), /^tensor "a".data_offsets: expected 4 bytes/],
    ["an unknown type", file({ a: { ...f32([1], [0, 4]), dtype: "Q7" } }, 4), /"Q7"/],
    ["a negative size", file({ a: f32([-1], [0, 4]) }, 4), /^tensor "a".shape/],
    ["a fractional size", file({ a: f32([0.5, 2], [0, 4]) }, 4), /^tensor "a".shape/],
    ["a size that is a string", file({ a: f32(["1"], [0, 4]) }, 4), /^tensor "a".shape/],
    ["a shape that is no array", file({ a: f32(1, [0, 4]) }, 4), /^tensor "a".shape/],
    ["a size beyond 2^53", file('{"a":{"dtype":"F32","shape":[1e300],"data_offsets":[0,4]}}', 4), /^tensor "a".shape/],
    ["a product that overflows", file({ a: f32([2 ** 40, 2 ** 40], [0, 4]) }, 4), /^tensor "a".shape: expected fewer than 2\^53 bytes/],
    ["a product that overflows to zero bits", file({ a: f32([2 ** 32, 2 ** 32, 2 ** 32], [0, 0]) }, 0), /^tensor "a".shape/],
    ["offsets that do not match the shape", file({ a: f32([2], [0, 4]) }, 4), /^tensor "a".data_offsets: expected 8 bytes/],
    ["offsets in reverse", file({ a: f32([1], [4, 0]) }, 4), /^tensor "a".data_offsets/],
    ["three offsets", file({ a: f32([1], [0, 4, 8]) }, 4), /^tensor "a".data_offsets: expected two integers/],
    ["negative offsets", file({ a: f32([1], [-4, 0]) }, 4), /^tensor "a".data_offsets/],
    ["offsets beyond the file", file({ a: f32([2 ** 30], [0, 2 ** 32]) }, 4), /^tensor "a".data_offsets: expected to end within the 4 bytes/],
    ["overlapping tensors", file({ a: f32([2], [0, 8]), b: f32([1], [4, 8]) }, 8), /^tensor "b".data_offsets: expected to begin at 8/],
    ["the same range twice", file({ a: f32([1], [0, 4]), b: f32([1], [0, 4]) }, 4), /to begin at 4/],
    ["a gap between tensors", file({ a: f32([1], [0, 4]), b: f32([1], [8, 12]) }, 12), /^tensor "b".data_offsets: expected to begin at 4/],
    ["a gap before the first tensor", file({ a: f32([1], [4, 8]) }, 8), /to begin at 0/],
    ["trailing bytes", file({ a: f32([1], [0, 4]) }, 5), /^data: expected 4 bytes, the sum of all tensors, got 5/],
    ["bytes without a tensor", file({}, 1), /^data/],
    ["a truncated file", example().subarray(0, -1), /./],
  ])("refuses %s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(CheckpointError);
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });

  it.each<[string, string]>([
    ["version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n", "a Git LFS pointer, not the file it stands for"],
    ["<!DOCTYPE html>\n<html>", "an HTML page"],
    ["\xef\xbb\xbf\r\n<HTML lang=en>", "an HTML page"],
    ["<?xml version='1.0'?><Error/>", "an XML document"],
    ['{"modelTopology": {}}', "JSON text"],
    ["{}", "JSON text"],
    ["\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", "a gzip file, to be unpacked first"],
    ["PK\x03\x04\x00\x00\x08\x08\x00\x00", "a zip file, as PyTorch writes"],
    ["\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.", "a Python pickle, as PyTorch wrote"],
    ["GGUF\x03\x00\x00\x00\x01\x00", "a GGUF file"],
    ["\x89HDF\r\n\x1a\n\x00", "an HDF5 file, as Keras writes"],
    ["\x93NUMPY\x01\x00v\x00", "a NumPy array"],
  ])("names what is no such file at all: %j", (beginning, kind) => {
    const bytes = Uint8Array.from(beginning, (c) => c.charCodeAt(0));
    const path = beginning.length < 8 ? "file: expected at least 8 bytes" : "file: expected a safetensors file";
    expect(() => decodeSafetensors(bytes)).toThrow(`${path}, got ${kind}`);
  });

  it("reads a file whose length is also the beginning of a gzip file", () => {
    const json = "{}".padEnd(0x8b1f, " ");
    expect(decodeSafetensors(file(json)).tensors.size).toBe(0);
  });

  /** Anything may come out of a loader but a crash: tensors within the file, or a CheckpointError. */
  function survives(bytes: Uint8Array): void {
    try {
      const total = [...decodeSafetensors(bytes).tensors.values()].reduce((sum, t) => sum + t.data.byteLength, 0);
      expect(total).toBeLessThan(bytes.length);
    } catch (error) {
      expect(error).toBeInstanceOf(CheckpointError);
    }
  }

  it("survives random bytes", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), survives), { numRuns: 2000 });
    fc.assert(
      fc.property(fc.json(), fc.uint8Array({ maxLength: 64 }), (json, data) => survives(file(json, data))),
      { numRuns: 1000 },
    );
  });

  it("survives a valid file with bytes changed, inserted or cut away", () => {
    const valid = example();
    const change = fc.record({ at: fc.nat(valid.length - 1), byte: fc.nat(255), kind: fc.constantFrom("set", "insert", "delete", "cut") });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = [...valid];
        for (const { at, byte, kind } of changes) {
          if (kind === "set") bytes[Math.min(at, bytes.length - 1)] = byte;
          else if (kind === "insert") bytes.splice(at, 0, byte);
          else if (kind === "delete") bytes.splice(at, 1);
          else bytes.length = Math.min(at, bytes.length);
        }
        survives(Uint8Array.from(bytes));
      }),
      { numRuns: 3000 },
    );
  });
});
