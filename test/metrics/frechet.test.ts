import { describe, expect, it } from "vitest";
import { DataError, type Features, frechetDistance, ShapeError, SpecError } from "../../src/metrics.ts";
import { normals } from "./normals.ts";

const rows = (...vectors: number[][]): Features => ({ data: Float64Array.from(vectors.flat()), shape: [vectors.length, vectors[0]!.length] });
const cross = rows([1, 0], [-1, 0], [0, 1], [0, -1]);

describe("the Fréchet distance", () => {
  it("is that of the means, and of covariances that commute", async () => {
    expect(await frechetDistance(cross, cross)).toBeCloseTo(0, 14);
    // Covariances 2/3 and 8/3 times the identity, 5 apart.
    expect(await frechetDistance(cross, rows([5, 4], [1, 4], [3, 6], [3, 2]))).toBeCloseTo(25 + (2 * (2 + 8)) / 3 - (4 * 4) / 3, 13);
  });

  it("is that of covariances that do not commute", async () => {
    const long = rows([2, 0], [-2, 0], [0, 1], [0, -1]);
    const slanted = rows([3, 3], [-3, -3], [1, -1], [-1, 1]);
    // (8/3, 0; 0, 2/3) and (20/3, 16/3; 16/3, 20/3); for 2 x 2 matrices Tr M^1/2 = (Tr M + 2 (det M)^1/2)^1/2.
    const overlap = Math.sqrt(200 / 9 + 2 * Math.sqrt((16 / 9) * 16));
    expect(await frechetDistance(long, slanted)).toBeCloseTo(10 / 3 + 40 / 3 - 2 * overlap, 13);
  });

  it("is none of a set from itself, of fewer vectors than features too, and never below 0", async () => {
    for (let n = 2; n < 30; n += 3) {
      const set = normals(n, 12, n);
      const other = { ...set, data: set.data.map((x, i) => x + (i % 2) * 1e-9) };
      for (const found of [await frechetDistance(set, set), await frechetDistance(set, other)]) {
        expect(found).toBeGreaterThanOrEqual(0);
        expect(found).toBeLessThan(1e-13);
      }
    }
  });

  it("is the same of batches, those of one vector among them, however they come", async () => {
    const [a, b] = [normals(300, 70, 1), normals(260, 70, 2, { mean: 0.2, stddev: 2 })];
    const expected = await frechetDistance(a, b);
    const batches = [1, 128, 131, 40].map((n, i, sizes) => {
      const from = sizes.slice(0, i).reduce((sum, size) => sum + size, 0);
      return { data: a.data.subarray(70 * from, 70 * (from + n)), shape: [n, 7, 10] };
    });
    async function* later() {
      for (const batch of batches) yield await batch;
    }
    for (const given of [batches, batches.values(), later()]) expect((await frechetDistance(given, b)) / expected).toBeCloseTo(1, 13);
  });

  it("counts features that never change by their place alone", async () => {
    const still = (at: number): Features => ({ data: new Float32Array(900).fill(at), shape: [300, 3] });
    expect(await frechetDistance(still(0.1), still(0.1))).toBe(0);
    expect(await frechetDistance(still(0.5), still(1))).toBe(0.75);
    expect(await frechetDistance(cross, rows([0, 0], [0, 0]))).toBeCloseTo(4 / 3, 15);
  });

  it("loses no digits far from the origin", async () => {
    const at = (x: number): Features => ({ data: Float64Array.of(x, x + 2, x, x + 2), shape: [4, 1] });
    expect(await frechetDistance(at(2 ** 40), at(2 ** 40 + 2 ** -8))).toBeCloseTo(2 ** -16, 14);
  });

  it("is finite for the largest numbers and the smallest", async () => {
    const scaled = (scale: number): Features => ({ data: Float64Array.from(normals(6, 4, 1).data, (x) => x * scale), shape: [6, 4] });
    for (const [a, b] of [
      [1e149, -1e149],
      [1e149, 1e-160],
      [1e-160, -1e-160],
      [5e-324, 1e-310],
    ] as const) {
      expect(await frechetDistance(scaled(a), scaled(b))).toSatisfy((x: number) => Number.isFinite(x) && x >= 0);
    }
  });

  it("takes bytes for what they stand for", async () => {
    const bytes = { data: Uint8Array.of(0, 255, 0, 255), shape: [4, 1] };
    expect(await frechetDistance(bytes, { data: [-1, 1, -1, 1], shape: [4, 1] })).toBeCloseTo(0, 14);
  });

  it.each<[string, Features | Features[], Features, abstract new (...args: never) => Error, string]>([
    ["a single vector", rows([1, 2]), cross, DataError, "a"],
    ["one vector in batches", [rows([1, 2])], cross, DataError, "a"],
    ["no batches", [], cross, DataError, "a"],
    ["vectors of another size", cross, rows([1], [2]), ShapeError, "b.shape"],
    ["batches of several sizes", [cross, rows([1], [2])], cross, ShapeError, "a[1].shape"],
    ["NaN", cross, rows([1, 2], [3, Number.NaN]), DataError, "b.data[3]"],
    ["infinity in a batch", [cross, rows([1, Number.POSITIVE_INFINITY])], cross, DataError, "a[1].data[1]"],
    ["a number", 3 as unknown as Features, cross, DataError, "a"],
    ["no iterable", {} as unknown as Features, cross, DataError, "a"],
  ])("refuses %s", async (_, a, b, kind, path) => {
    const error = await frechetDistance(a, b).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ path });
  });

  it("refuses options it does not know", async () => {
    await expect(frechetDistance(cross, cross, { sgnal: 1 } as object)).rejects.toThrow(SpecError);
  });

  it("ends with the signal's reason, though a batch never comes, and closes the source", async () => {
    const end = new AbortController();
    let closed = 0;
    const never: AsyncIterable<Features> = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise(() => {}),
        return: async () => ({ done: true, value: void closed++ }),
      }),
    };
    const found = frechetDistance(never, cross, { signal: end.signal });
    end.abort(new Error("enough"));
    await expect(found).rejects.toThrow("enough");
    expect(closed).toBe(1);
  });

  it("closes the source when a batch is refused", async () => {
    let closed = false;
    function* source() {
      try {
        yield cross;
        yield rows([Number.NaN, 1]);
      } finally {
        closed = true;
      }
    }
    await expect(frechetDistance(source(), cross)).rejects.toThrow("a[1].data[0]");
    expect(closed).toBe(true);
  });

  it("tells how far it is, up to 1", async () => {
    const told: number[] = [];
    await frechetDistance(normals(300, 3, 1), normals(300, 3, 2), { onProgress: (done) => told.push(done) });
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
  });
});
