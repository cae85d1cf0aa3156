import { describe, expect, it } from "vitest";
import { DataError } from "../../src/core/errors.ts";
import { cifar10, cifar10Classes } from "../../src/datasets/cifar10.ts";

const PLANE = 32 * 32;

/** A record: its class, and planes of which every pixel is another number. */
function record(label: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(1 + 3 * PLANE).map((_, i) => (i * 7 + seed) % 251);
  bytes[0] = label;
  return bytes;
}
const join = (...records: readonly Uint8Array[]) => Uint8Array.from(records.flatMap((bytes) => [...bytes]));

describe("cifar10", () => {
  it("gives pictures whose pixels have their red, green and blue side by side, and their classes", () => {
    const [first, second, third] = [record(9, 0), record(0, 100), record(3, 33)];
    const dataset = cifar10([join(first, second), third.buffer as ArrayBuffer]);
    expect(dataset.shape).toEqual([3, 32, 32, 3]);
    expect(dataset.labels).toEqual(Uint8Array.of(9, 0, 3));
    expect([...dataset.labels!].map((label) => cifar10Classes[label])).toEqual(["truck", "airplane", "cat"]);
    for (const [i, bytes] of [first, second, third].entries()) {
      for (const [y, x] of [
        [0, 0],
        [0, 1],
        [17, 5],
        [31, 31],
      ] as const) {
        const at = (i * PLANE + 32 * y + x) * 3;
        const planes = [0, 1, 2].map((c) => bytes[1 + c * PLANE + 32 * y + x]);
        expect([...dataset.data.slice(at, at + 3)]).toEqual(planes);
      }
    }
    expect(cifar10(third).shape).toEqual([1, 32, 32, 3]);
  });

  it("refuses what is not made of records, or has a class too many, and says which file", () => {
    const refused = (batches: unknown) => () => cifar10(batches as Uint8Array);
    expect(refused([])).toThrow("batches: expected at least one file, got []");
    expect(refused([record(1, 0), record(1, 0).subarray(1)])).toThrow(
      "batches[1]: expected records of 3073 bytes each, at least one, got 3072 bytes",
    );
    expect(refused(new Uint8Array())).toThrow("batches[0]: expected records of 3073 bytes each, at least one, got 0 bytes");
    expect(refused(join(record(1, 0), record(10, 0)))).toThrow("batches[0]: expected classes from 0 to 9, got 10 in record 1");
    for (const none of [undefined, null, "data_batch_1.bin", [null], new Float32Array(3073)]) expect(refused(none)).toThrow(DataError);
  });
});
