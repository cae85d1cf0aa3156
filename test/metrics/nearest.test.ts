import { describe, expect, it } from "vitest";
import { DataError, densityCoverage, type Features, nearestNeighbours, precisionRecall, ShapeError, SpecError } from "../../src/metrics.ts";
import { normals } from "./normals.ts";

/** As plainly as can be. */
function search({ data: q, shape: [n, d] }: Numbers, { data: x, shape: [m] }: Numbers, k: number): { indices: number[]; distances: number[] } {
  const found = Array.from({ length: n }, (_, i) =>
    Array.from({ length: m }, (_, j) => {
      let squares = 0;
      for (let c = 0; c < d; c++) squares += (q[i * d + c]! - x[j * d + c]!) ** 2;
      return [j, Math.sqrt(squares)] as const;
    })
      .sort(([, a], [, b]) => a - b) // stable
      .slice(0, k),
  ).flat();
  return { indices: found.map(([j]) => j), distances: found.map(([, distance]) => distance) };
}
type Numbers = { data: Float32Array; shape: [number, number] };

describe("nearest neighbours", () => {
  it.each([
    [67, 130, 3, 5],
    [3, 9, 5000, 2],
    [1, 1, 1, 1],
  ])("are those of a plain search: %i among %i of %i", async (n, m, d, k) => {
    const [queries, data] = [normals(n, d, 1), normals(m, d, 2)];
    const { shape, indices, distances } = await nearestNeighbours(queries, data, { k });
    expect(shape).toEqual([n, k]);
    expect({ indices: [...indices], distances: [...distances] }).toEqual(search(queries, data, k));
  });

  it("are the first of those equally far, and a query that is among the data itself", async () => {
    const data = { data: [2, 0, 2, 1, 0], shape: [5, 1] };
    const { indices, distances } = await nearestNeighbours(data, data, { k: 2 });
    expect([...indices]).toEqual([0, 2, 1, 4, 0, 2, 3, 0, 1, 4]);
    expect(distances[0]).toBe(0);
  });

  it("are near where they are nearly the same, far from the origin too", async () => {
    const at = (...xs: number[]): Features => ({ data: Float64Array.from(xs), shape: [xs.length / 2, 2] });
    const { indices, distances } = await nearestNeighbours(at(2 ** 40, 1), at(2 ** 40 + 1, 1, 2 ** 40, 1 + 2 ** -20));
    expect([indices[0], distances[0]]).toEqual([1, 2 ** -20]);
  });

  it("take pictures as they are", async () => {
    const pictures = { data: Uint8Array.of(0, 0, 255, 255), shape: [2, 1, 1, 2] };
    expect([...(await nearestNeighbours({ data: [0.9, 0.8], shape: [1, 2] }, pictures)).indices]).toEqual([1]);
  });

  it("refuse what cannot be", async () => {
    const few = normals(3, 2, 1);
    await expect(nearestNeighbours(few, few, { k: 4 })).rejects.toMatchObject({ name: "DataError", path: "data" });
    await expect(nearestNeighbours(few, normals(3, 5, 1))).rejects.toThrow(ShapeError);
    await expect(nearestNeighbours(few, few, { k: 0 })).rejects.toThrow(SpecError);
    await expect(nearestNeighbours({ data: [1, Number.NaN], shape: [1, 2] }, few)).rejects.toMatchObject({ path: "queries.data[1]" });
  });

  it("end with the signal's reason", async () => {
    const end = new AbortController();
    const set = normals(200, 2, 1);
    const found = nearestNeighbours(set, set, { signal: end.signal, onProgress: () => end.abort(new Error("enough")) });
    await expect(found).rejects.toThrow("enough");
  });
});

describe("precision and recall, density and coverage", () => {
  const set = normals(150, 3, 1);

  it("are whole for a set and itself", async () => {
    expect(await precisionRecall(set, set)).toEqual({ precision: 1, recall: 1 });
    // Each vector lies in its own ball, and in as many others as have it among their neighbours: k on average.
    expect(await densityCoverage(set, set)).toEqual({ density: expect.closeTo(6 / 5, 12), coverage: 1 });
  });

  it("are whole where all vectors are the same, though balls have no size", async () => {
    const still = { data: new Float32Array(40).fill(0.1), shape: [20, 2] };
    expect(await precisionRecall(still, still)).toEqual({ precision: 1, recall: 1 });
    expect(await densityCoverage(still, still)).toEqual({ density: 4, coverage: 1 });
  });

  it("tell samples of one mode from those of both", async () => {
    const mode = (at: number, seed: number) => normals(40, 2, seed, { mean: at }).data;
    const real = { data: Float32Array.of(...mode(0, 1), ...mode(100, 2)), shape: [80, 2] };
    const fake = { data: Float32Array.of(...mode(0, 3), ...mode(0, 4)), shape: [80, 2] };
    const { precision, recall } = await precisionRecall(real, fake);
    const { coverage } = await densityCoverage(real, fake);
    expect(precision).toBeGreaterThan(0.8);
    expect(recall).toBeLessThanOrEqual(0.5);
    expect(coverage).toBeLessThanOrEqual(0.5);
  });

  it("want more vectors than k", async () => {
    const three = normals(3, 3, 1);
    for (const metric of [precisionRecall, densityCoverage]) await expect(metric(three, set, { k: 3 })).rejects.toThrow(DataError);
    await expect(precisionRecall(set, three, { k: 3 })).rejects.toMatchObject({ path: "fake" });
    expect((await densityCoverage(set, three)).coverage).toBeLessThan(1);
  });
});
