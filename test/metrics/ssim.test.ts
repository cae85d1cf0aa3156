import { describe, expect, it } from "vitest";
import { type Features, msSSIM } from "../../src/metrics.ts";
import { normals } from "./normals.ts";

/** Pictures of noise, in [-1, 1]. */
function noise(n: number, side: number, seed: number): { data: Float32Array; shape: number[] } {
  const { data } = normals(n, side * side, seed, { stddev: 0.4 });
  return { data: data.map((x) => Math.max(-1, Math.min(1, x))), shape: [n, side, side, 1] };
}

describe("multi-scale structural similarity", () => {
  it("is 1 of pictures that are the same, of one colour too", async () => {
    const pictures = noise(2, 24, 1);
    expect((await msSSIM(pictures, pictures)).value).toBeCloseTo(1, 14);
    const grey: Features = { data: new Float32Array(24 * 24 * 3), shape: [1, 24, 24, 3] };
    expect(await msSSIM(grey, grey)).toEqual({ value: 1, standardError: 0, values: Float64Array.of(1), scales: 2 });
  });

  it("has as many scales as have room for the window", async () => {
    const sides = [1, 10, 21, 22, 43, 44, 88];
    const found = sides.map(async (side) => (await msSSIM(noise(1, side, 1), noise(1, side, 2))).scales);
    expect(await Promise.all(found)).toEqual([1, 1, 1, 2, 2, 3, 4]);
  });

  it("is that of each pair, and their mean", async () => {
    const { data, shape } = noise(3, 12, 1);
    const other = data.map((x, i) => (i < 144 ? x : x / i));
    const { value, values, standardError } = await msSSIM({ data, shape }, { data: other, shape });
    const [first, second, third] = values as unknown as [number, number, number];
    expect(first).toBeCloseTo(1, 14);
    expect(value).toBeCloseTo((first + second + third) / 3, 14);
    const squares = [first, second, third].map((x) => (x - value) ** 2);
    expect(standardError).toBeCloseTo(Math.sqrt(squares.reduce((a, b) => a + b) / 2 / 3), 14);
  });

  it("within a set is 1 where all pictures are one, and less the more varied they are", async () => {
    const one = noise(1, 16, 1).data;
    const collapsed = { data: Float32Array.from({ length: 6 * 256 }, (_, i) => one[i % 256]!), shape: [6, 16, 16, 1] };
    expect((await msSSIM(collapsed)).value).toBeCloseTo(1, 12);
    expect((await msSSIM(noise(6, 16, 1))).value).toBeLessThan(0.5);
  });

  it("within a set compares different pictures, each before any a second time, by the seed", async () => {
    // Of one colour each, so that no two pairs are alike.
    const images = { data: Float32Array.from({ length: 8 * 16 }, (_, i) => Math.floor(i / 16) / 8), shape: [8, 4, 4, 1] };
    const of = async (seed: number) => (await msSSIM(images, { pairs: 6, seed })).values;
    expect(await of(1)).toEqual(await of(1));
    expect(await of(1)).not.toEqual(await of(2));
    expect(Math.max(...(await of(3)))).toBeLessThan(1 - 1e-3);
    expect(new Set((await of(4)).subarray(0, 4)).size).toBe(4);
    expect((await msSSIM(noise(2, 4, 1), { pairs: 3 })).values).toHaveLength(3);
  });

  it("refuses what are no pictures in [-1, 1]", async () => {
    const images = noise(2, 4, 1);
    await expect(msSSIM({ data: [0, 1], shape: [1, 2] }, { pairs: 1 })).rejects.toMatchObject({ path: "images" });
    await expect(msSSIM({ data: [0, 1, 0, 1], shape: [2, 2] })).rejects.toMatchObject({ name: "ShapeError", path: "images.shape" });
    await expect(msSSIM(images, noise(2, 5, 1))).rejects.toMatchObject({ name: "ShapeError", path: "b.shape" });
    await expect(msSSIM(images, { data: images.data.map((x) => x + 2), shape: images.shape })).rejects.toMatchObject({ path: "b.data[0]" });
    await expect(msSSIM(images, { pairs: 0 })).rejects.toMatchObject({ name: "SpecError", path: "pairs" });
  });
});
