import { describe, expect, it } from "vitest";
import { DataError, kernelDistance, SpecError } from "../../src/metrics.ts";
import { normals } from "./normals.ts";

const [a, b] = [normals(90, 4, 1), normals(80, 4, 2, { mean: 0.8 })];

describe("the kernel distance", () => {
  it("is larger than its error for sets of two distributions, and not for those of one", async () => {
    const options = { subsets: 5, subsetSize: 40 };
    const apart = await kernelDistance(a, b, options);
    expect(apart.value).toBeGreaterThan(3 * apart.standardError);
    const alike = await kernelDistance(a, normals(80, 4, 3), options);
    expect(Math.abs(alike.value)).toBeLessThan(3 * alike.standardError);
  });

  it("is the same of subsets that are the sets", async () => {
    const { value, mean, standardDeviation } = await kernelDistance(a, { data: b.data.subarray(0, 320), shape: [80, 4] }, { subsets: 20 });
    expect(standardDeviation).toBeGreaterThan(0); // 80 of 90
    const same = await kernelDistance(b, normals(80, 4, 3), { subsets: 2 });
    expect(same.mean).toBeCloseTo(same.value, 12);
    expect(same.standardDeviation).toBeCloseTo(0, 12);
    expect(Math.abs(mean - value)).toBeLessThan(4 * standardDeviation);
  });

  it("follows from the seed", async () => {
    const of = (seed: number) => kernelDistance(a, b, { subsets: 3, subsetSize: 20, seed });
    expect(await of(1)).toEqual(await of(1));
    expect((await of(1)).mean).not.toBe((await of(2)).mean);
    expect((await of(1)).value).toBe((await of(2)).value);
  });

  it("draws from both sets apart", async () => {
    const { mean, value } = await kernelDistance(a, a, { subsets: 50, subsetSize: 10 });
    expect(mean).not.toBe(0);
    expect(Math.abs(mean - value)).toBeLessThan(1);
  });

  it("is finite at the ends", async () => {
    const large = { data: Float64Array.from(a.data.subarray(0, 12), (x) => Math.sign(x) * 1e20), shape: [3, 4] };
    const still = { data: new Float32Array(12).fill(2), shape: [3, 4] };
    for (const found of [await kernelDistance(large, still), await kernelDistance(still, still)]) {
      for (const x of Object.values(found)) expect(x).toSatisfy(Number.isFinite);
    }
  });

  it("refuses what cannot be", async () => {
    await expect(kernelDistance(a, b, { subsetSize: 81 })).rejects.toMatchObject({ name: "DataError", path: "b" });
    await expect(kernelDistance(normals(2, 4, 1), b)).rejects.toThrow(DataError);
    await expect(kernelDistance({ data: [1, 2, -1e21], shape: [3, 1] }, { data: [1, 2, 3], shape: [3, 1] })).rejects.toMatchObject({
      path: "a.data[2]",
    });
    await expect(kernelDistance(a, b, { subsets: 1 })).rejects.toThrow(SpecError);
  });
});
