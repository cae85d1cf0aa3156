import { setImmediate } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DataError, GanvasError } from "../../src/core/errors.ts";
import { animeFaceFactors, animeFaces, grid, mnist, readIdx, ring } from "../../src/datasets.ts";
import { Image, Images } from "../../src/formats/image.ts";
import { expectSameBytes } from "../bytes.ts";
import { member } from "../formats/gzip.ts";
import { idx } from "../formats/idxFile.ts";
import { fuzzed, mutate, mutation, oddOptions, oddValue, PATIENCE } from "./fuzz.ts";

/** Null for an error of this library that says where, what and why; any other fails the test. */
function refused(error: unknown): null {
  if (error instanceof GanvasError && error.path !== "" && error.expected !== "" && error.got !== "") return null;
  throw error;
}

/** What `run` gives, or null where it throws an error of this library. */
function answered<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    return refused(error);
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 });
const plain = fc.tuple(sizes, fc.constantFrom(8, 8, 8, 9)).map(([shape, type]) => idx(shape, undefined, type));
const damages = fc.array(mutation, { maxLength: 4 });

/** Gzip files of one to three members, in the headers of which anything is told; the content, the members, and the file may each be damaged. */
const zipped = fc
  .tuple(plain, fc.array(mutation, { maxLength: 1 }), fc.array(fc.tuple(fc.nat(60), fc.nat(0x1f)), { minLength: 1, maxLength: 3 }), damages)
  .map(([file, inside, parts, outside]) => {
    const content = mutate(file, inside);
    const cuts = parts.map(([at]) => Math.min(at, content.length)).sort((a, b) => a - b);
    const members = parts.map(([, flags], i) => member(content.subarray(i === 0 ? 0 : cuts[i], cuts[i + 1]), flags));
    return mutate(Buffer.concat(members), outside);
  });

/** What Node's own zlib makes of a gzip file; null where it refuses it. It takes no notice of what follows the last member. */
function unzippedByNode(file: Uint8Array): Uint8Array | null {
  try {
    return gunzipSync(file, { maxOutputLength: 1 << 16 });
  } catch {
    return null;
  }
}

describe("files", PATIENCE, () => {
  it("plain: an array of all that is in it, or a DataError", () => {
    fc.assert(
      fc.property(plain, damages, (file, changes) => {
        const bytes = mutate(file, changes);
        const array = answered(() => readIdx(bytes));
        if (array === null) return;
        expectSameBytes(array.data, bytes.subarray(4 + 4 * array.shape.length));
        expect(array.data.length).toBe(array.shape.reduce((a, b) => a * b, 1));
      }),
      fuzzed(200),
    );
  });

  it("gzipped: what Node's zlib and the plain file give, or a DataError", async () => {
    await fc.assert(
      fc.asyncProperty(zipped, async (file) => {
        // Node's zlib lets go of its memory between turns of the event loop.
        await setImmediate();
        // What is no gzip file any more, its first bytes being changed, is the plain test's.
        if (file[0] !== 0x1f || file[1] !== 0x8b) return;
        const array = answered(() => readIdx(file));
        const content = unzippedByNode(file);
        const expected = content === null ? null : answered(() => readIdx(new Uint8Array(content)));
        if (array !== null) expectSameBytes(array, expected);
        else if (expected !== null) expectGarbage(file);
      }),
      fuzzed(200),
    );
  });

  it("of a data set: a data set, or an error of ours", () => {
    const bytes = fc.oneof(plain, zipped, oddValue);
    fc.assert(
      fc.property(
        oddOptions(["images", "labels"], { images: bytes, labels: bytes }),
        (files) => void answered(() => mnist(files as { images: Uint8Array })),
      ),
      fuzzed(100),
    );
  });
});

/** A file that only Node takes goes on behind its last member with something else than zeros. */
function expectGarbage(file: Uint8Array): void {
  expect(() => readIdx(file)).toThrow(DataError);
  expect(() => readIdx(file)).toThrow(/incorrect header check|unknown compression method|unknown header flags set|ends too soon/);
}

describe("options", PATIENCE, () => {
  const small = fc.integer({ min: 1, max: 20 });

  it.each<[string, readonly string[], (options: never) => unknown]>([
    ["ring", ["count", "stddev", "seed", "modes", "radius"], ring],
    ["grid", ["count", "stddev", "seed", "side", "extent"], grid],
    ["animeFaces", ["count", "size", "seed", "label"], animeFaces],
    ["readIdx", ["path", "maxBytes"], (options) => readIdx(idx([2, 3]), options)],
  ])("%s: what it gives, or an error of ours", (_, names, run) => {
    const values = {
      count: fc.oneof(fc.integer({ min: 1, max: 3 }), oddValue),
      size: fc.integer({ min: 15, max: 20 }),
      label: fc.constantFrom(...Object.keys(animeFaceFactors)),
    };
    fc.assert(
      fc.property(oddOptions(names, values), (options) => void answered(() => run(options as never))),
      fuzzed(40),
    );
  });

  it("images: pictures, or errors of ours", async () => {
    const shape = fc.oneof({ arbitrary: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 4 }), weight: 9 }, oddValue);
    const options = oddOptions(["columns", "gap", "scale"], { columns: small, gap: fc.nat(3), scale: fc.integer({ min: 1, max: 3 }) });
    const tf = { tensor4d: (values: Float32Array, size: number[]) => ({ values, size }) };
    await fc.assert(
      fc.asyncProperty(shape, options, fc.oneof(fc.integer({ min: -5, max: 5 }), oddValue), async (shape, options, index) => {
        const length = Array.isArray(shape) ? shape.reduce((a, b) => a * b, 1) : 1;
        const values = new Float32Array(length);
        const images = answered(() => new Images(shape as number[], values));
        const image = answered(() => new Image(shape as number[], values)) ?? (images && answered(() => images.at(index as number)));
        for (const each of [images, image]) {
          if (!each) continue;
          await each.toPNG(options as object).catch(refused);
          await each.toResponse(options as object).catch(refused);
          answered(() => each.toImageData(options as object));
        }
        if (images) for (const maker of [tf, index]) answered(() => images.toTensor(maker as typeof tf));
      }),
      fuzzed(40),
    );
  });
});
