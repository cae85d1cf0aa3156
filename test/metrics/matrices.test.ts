import { describe, expect, it } from "vitest";
import { choleskyFactor, nuclearNorm, tridiagonalEigenvalues } from "../../src/metrics/matrices.ts";
import { normals } from "./normals.ts";

const pause = async () => {};
const matrix = (n: number, d: number, seed: number): Float64Array => Float64Array.from(normals(n, d, seed).data);

/** FᵀF of rows `[n, d]`. */
function gram(rows: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let at = 0; at < rows.length; at += d)
    for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) out[i * d + j]! += rows[at + i]! * rows[at + j]!;
  return out;
}

describe("eigenvalues of a tridiagonal matrix", () => {
  it.each([1, 2, 3, 50])("are those of the second difference of %i numbers", async (n) => {
    const found = (await tridiagonalEigenvalues(new Float64Array(n).fill(2), new Float64Array(n - 1).fill(-1), pause)).sort();
    for (let k = 1; k <= n; k++) expect(found[k - 1]).toBeCloseTo(2 - 2 * Math.cos((k * Math.PI) / (n + 1)), 13);
  });

  it("are found where it falls apart, and of nothing", async () => {
    const found = (await tridiagonalEigenvalues(Float64Array.of(3, 0, 0, 1), Float64Array.of(0, 2, 0), pause)).sort();
    expect([...found]).toEqual([-2, 1, 2, 3].map((value) => expect.closeTo(value, 14)));
    expect([...(await tridiagonalEigenvalues(new Float64Array(3), new Float64Array(2), pause))]).toEqual([0, 0, 0]);
    expect(await tridiagonalEigenvalues(new Float64Array(), new Float64Array(), pause)).toHaveLength(0);
  });
});

describe("the sum of singular values", () => {
  it("is the trace of a matrix without negative eigenvalues", async () => {
    for (const [rows, d] of [
      [40, 20],
      [7, 20],
      [1, 5],
      [1, 1],
    ] as const) {
      const a = gram(matrix(rows, d, rows), d);
      let trace = 0;
      for (let i = 0; i < d; i++) trace += a[i * d + i]!;
      expect((await nuclearNorm(a, d, d, pause)) / trace).toBeCloseTo(1, 13);
    }
  });

  it("is that of a matrix which is higher than wide, of rank 1", async () => {
    const a = Float64Array.of(3, 6, 0, 0, 4, 8, 0, 0);
    expect(await nuclearNorm(a, 4, 2, pause)).toBeCloseTo(5 * Math.sqrt(5), 14);
  });

  it("is that of a diagonal of very different sizes, in any order", async () => {
    const values = [1e-3, 0, 1e8, 5, 1e-12, 2];
    const a = new Float64Array(36);
    for (const [i, value] of values.entries()) a[i * 6 + ((i * 5) % 6)] = value;
    expect((await nuclearNorm(a, 6, 6, pause)) / 100000007.001).toBeCloseTo(1, 15);
  });
});

describe("Cholesky's factor", () => {
  it.each([
    [30, 12],
    [5, 12],
  ])("of %i vectors of %i has their rank, and gives the matrix again", async (n, d) => {
    const a = gram(matrix(n, d, 3), d);
    const { rank, rows } = await choleskyFactor(a, d, d, pause);
    expect(rank).toBe(Math.min(n, d));
    const again = gram(rows, d);
    for (const [i, x] of again.entries()) expect(Math.abs(x - a[i]!)).toBeLessThan(1e-12);
  });

  it("leaves out none of the small features beside the large", async () => {
    const { rank } = await choleskyFactor(Float64Array.of(1e12, 0, 0, 1e-12), 2, 2, pause);
    expect(rank).toBe(2);
  });
});
