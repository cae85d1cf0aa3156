import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { DataError } from "../../src/core/errors.ts";
import { fillNormals, fillTruncatedNormals, fillUniforms, itemOf, normalQuantile, permutation, philox4x32, Stream } from "../../src/core/random.ts";
import { expectSameBytes } from "../bytes.ts";

const normals = (n: number, seed: number, item = 0, stream: number = Stream.latents) => {
  const out = new Float32Array(n);
  fillNormals(out, seed, stream, item);
  return out;
};

const sha256 = (values: Float32Array | Uint32Array) =>
  createHash("sha256")
    .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    .digest("hex");

/** Standard normal distribution function to 1e-7 (Abramowitz & Stegun 7.1.26). */
function normalCdf(x: number): number {
  const t = 1 / (1 + (0.3275911 * Math.abs(x)) / Math.SQRT2);
  const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.exp((-x * x) / 2);
  return x < 0 ? tail / 2 : 1 - tail / 2;
}

/** The largest distance between the empirical and the given distribution function. */
function kolmogorovSmirnov(sample: Float32Array, cdf: (x: number) => number): number {
  const sorted = sample.slice().sort();
  let distance = 0;
  sorted.forEach((x, i) => {
    distance = Math.max(distance, Math.abs(cdf(x) - i / sorted.length), Math.abs(cdf(x) - (i + 1) / sorted.length));
  });
  return distance;
}

describe("itemOf", () => {
  it("gives every name an integer below 2^53 of its own, the same on every engine", () => {
    const names = ["", "a", "b", "aa", "a\0", "generator.0.filter", "generator.0.filter/ema", "generator.10.filter", "discriminator.0.filter", "Ω≠ω"];
    const items = names.map(itemOf);
    expect(new Set(items).size).toBe(names.length);
    for (const item of items) expect(Number.isSafeInteger(item) && item >= 0).toBe(true);
    expect(items.slice(0, 3)).toEqual([0, 4506479529293893, 221995234041776]);
  });

  it("spreads names that differ in one letter over the whole range", () => {
    const items = Array.from({ length: 4000 }, (_, i) => itemOf(`generator.${i}.filter`) / 2 ** 53);
    expect(new Set(items).size).toBe(4000);
    // The mean of 4,000 uniforms: five standard errors are 5 / √(12 · 4000).
    expect(Math.abs(items.reduce((a, b) => a + b) / 4000 - 0.5)).toBeLessThan(5 / Math.sqrt(48_000));
  });
});

describe("philox4x32", () => {
  // Random123 1.14, tests/kat_vectors, the lines of philox4x32 with 10 rounds.
  it.each([
    [
      [0, 0, 0, 0],
      [0, 0],
      [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
    ],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])("gives Random123's known answer for counter %j", (counter, key, expected) => {
    expect([...philox4x32(counter, key)]).toEqual(expected);
  });

  it("lays out seed and item as the documented words", () => {
    const seed = 5 * 2 ** 32 + 7;
    const item = 3 * 2 ** 32 + 11;
    const expected = [0, 1].flatMap((block) => [...philox4x32([block, 11, 3, Stream.noise], [7, 5])]).map((w) => ((w >>> 9) + 0.5) / 2 ** 23);
    const out = new Float32Array(8);
    fillUniforms(out, seed, Stream.noise, item);
    expect([...out]).toEqual(expected);
  });
});

describe("normalQuantile", () => {
  // Word, quantile of (word + 1/2) / 2^32 by root finding on the distribution function with 40 digits (mpmath).
  it.each([
    [0, -6.3379577545537895],
    [1, -6.166429517819751],
    [2, -6.085104545783031],
    [3, -6.030967019118252],
    [7, -5.906597343983775],
    [100, -5.463062554389539],
    [12345, -4.535422762090428],
    [1000003, -3.499768189010149],
    [20000000, -2.600336968939876],
    [123456789, -1.899573995506065],
    [305419896, -1.4675657314922324],
    [322122546, -1.4395314720898174],
    [322122548, -1.4395314688002132],
    [322122570, -1.43953143261457],
    [1000000000, -0.729556553075874],
    [2000000000, -0.0861809490044897],
    [2147483647, -2.918099372916623e-10],
  ])("is right to 1e-15 (relative) at word %d", (word, expected) => {
    expect(Math.abs(normalQuantile(word) / expected - 1)).toBeLessThan(1e-15);
    expect(normalQuantile(2 ** 32 - 1 - word)).toBe(-normalQuantile(word));
  });

  it("rises without a step where the two approximations meet", () => {
    const middle = Math.round(0.075 * 2 ** 32);
    for (let word = middle - 50; word < middle + 50; word++) expect(normalQuantile(word + 1)).toBeGreaterThan(normalQuantile(word));
  });
});

describe("fillNormals", () => {
  const n = 200_000;

  it.each([1, 2, 3])("has the moments of N(0, 1) for seed %d", (seed) => {
    const z = normals(n, seed);
    const moment = (k: number) => z.reduce((sum, x) => sum + x ** k, 0) / n;
    // Five standard errors: Var(z^k) = (2k-1)!! - ((k-1)!!)².
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
  });

  it.each([1, 2, 3])("follows the normal distribution function for seed %d", (seed) => {
    expect(kolmogorovSmirnov(normals(n, seed), normalCdf)).toBeLessThan(1.95 / Math.sqrt(n)); // p = 0.001
  });

  it("has uncorrelated neighbours, items, streams and seeds", () => {
    const z = normals(n, 1);
    const correlation = (a: Float32Array, b: Float32Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0) / a.length;
    for (const other of [normals(n, 2), normals(n, 1, 1), normals(n, 1, 0, Stream.noise), z.map((_, i) => z[(i + 1) % n]!)]) {
      expect(Math.abs(correlation(z, other))).toBeLessThan(5 / Math.sqrt(n));
    }
  });

  it("draws an item the same whatever else is drawn, and a short item as the head of a long one", () => {
    const long = normals(1000, 9, 41);
    normals(77, 9, 40);
    expectSameBytes(normals(1000, 9, 41), long);
    expectSameBytes(normals(3, 9, 41), long.subarray(0, 3));
    expect(normals(1000, 9, 41 + 2 ** 32)).not.toEqual(long);
    expect(normals(1000, 9 + 2 ** 32, 41)).not.toEqual(long);
  });

  it("gives the pinned bits", () => {
    expect(sha256(normals(100_000, 20111112))).toBe("5987986e4b71b2ba8fe54f6c983988b76a8d55a47cfff14fd915fd3e3df1b998");
  });

  it.each([-1, 0.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY])("refuses seed %d", (seed) => {
    expect(() => normals(1, seed)).toThrow(DataError);
  });
});

describe("fillUniforms", () => {
  it("stays inside (0, 1), is exactly representable, and is uniform", () => {
    const n = 200_000;
    const u = new Float32Array(n);
    fillUniforms(u, 4, Stream.noise, 0);
    for (const x of u) if (!(x > 0 && x < 1 && Number.isInteger((x * 2 ** 24 - 1) / 2))) expect.fail(`${x}`);
    expect(kolmogorovSmirnov(u, (x) => x)).toBeLessThan(1.95 / Math.sqrt(n));
  });
});

describe("fillTruncatedNormals", () => {
  it("keeps to the limit and follows the truncated distribution function", () => {
    const n = 100_000;
    const limit = 0.8;
    const z = new Float32Array(n);
    fillTruncatedNormals(z, 5, Stream.latents, 0, limit);
    for (const x of z) if (Math.abs(x) > limit) expect.fail(`${x}`);
    const low = normalCdf(-limit);
    expect(kolmogorovSmirnov(z, (x) => (normalCdf(x) - low) / (1 - 2 * low))).toBeLessThan(1.95 / Math.sqrt(n));
  });

  it("is fillNormals when the limit is out of reach", () => {
    const z = new Float32Array(1000);
    fillTruncatedNormals(z, 5, Stream.latents, 3, 7);
    expectSameBytes(z, normals(1000, 5, 3));
  });

  it.each([0, -1, Number.NaN])("refuses limit %d", (limit) => {
    expect(() => fillTruncatedNormals(new Float32Array(1), 1, 0, 0, limit)).toThrow(DataError);
  });
});

describe("permutation", () => {
  it.each([0, 1, 2, 10_007])("holds each of %d integers once", (n) => {
    expectSameBytes(
      permutation(n, 1, Stream.shuffle, 0).sort(),
      Uint32Array.from({ length: n }, (_, i) => i),
    );
  });

  it("gives each of the 24 orders of four equally often", () => {
    const counts = new Map<string, number>();
    const draws = 24_000;
    for (let item = 0; item < draws; item++) {
      const key = permutation(4, 6, Stream.shuffle, item).join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquare = [...counts.values()].reduce((sum, c) => sum + (c - draws / 24) ** 2 / (draws / 24), 0);
    expect(chiSquare).toBeLessThan(49.7); // 23 degrees of freedom, p = 0.001
  });

  it("gives the pinned order", () => {
    expect(sha256(permutation(1000, 7, Stream.shuffle, 2))).toBe("002a9a37d9a112c581b0e9dc993614ab8dc137ba0d0ee94e436e2079844af960");
  });
});
