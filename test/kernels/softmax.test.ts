import { describe, expect, it } from "vitest";
import { bits, createHarness, TEST_BUILDS, uniform } from "./harness.ts";

describe.each(TEST_BUILDS)("f32_softmax, %s build", (build) => {
  const harness = createHarness(build);

  function softmax(x: readonly number[] | Float32Array, rows: number, n: number, cuts: readonly number[] = []): Float32Array {
    harness.reset();
    const input = harness.atEnd(Float32Array.from(x));
    const y = harness.empty(rows * n);
    let begin = 0;
    for (const end of [...cuts, rows]) {
      harness.kernels.f32_softmax!(begin, end, n, input.address, y.address);
      expect(y.values.subarray(end * n).every(Number.isNaN)).toBe(true);
      begin = end;
    }
    expect(y.intact()).toBe(true);
    return y.values.slice();
  }

  function expected(x: ArrayLike<number>): number[] {
    const largest = Math.max(...Array.from(x));
    const e = Array.from(x, (v) => Math.exp(v - largest));
    const sum = e.reduce((a, b) => a + b, 0);
    return e.map((v) => v / sum);
  }

  it("rows of any length: error < 3e-7 of the value, sums 1 to 3e-7", () => {
    for (const n of [1, 2, 3, 4, 5, 7, 8, 63, 255, 256, 259, 1031]) {
      const x = uniform(2 * n, n, 8);
      const got = softmax(x, 2, n);
      for (const row of [0, 1]) {
        const y = got.subarray(row * n, (row + 1) * n);
        for (const [i, want] of expected(x.subarray(row * n, (row + 1) * n)).entries()) expect(Math.abs(y[i]! / want - 1)).toBeLessThan(3e-7);
        expect(Math.abs(y.reduce((a, b) => a + b, 0) - 1)).toBeLessThan(1e-6);
      }
    }
  });

  it("gives the same bits however its range is split", () => {
    const x = uniform(7 * 13, 3, 4);
    const whole = bits(softmax(x, 7, 13));
    for (const cuts of [[1], [6], [2, 3, 5]]) expect(bits(softmax(x, 7, 13, cuts))).toEqual(whole);
  });

  it("holds for all numbers, the largest, the smallest and -Infinity among them, and gives NaN where there is none", () => {
    const most = 2 ** 127;
    expect([...softmax([most, -most, 0, most, -most], 1, 5)]).toEqual([0.5, 0, 0, 0.5, 0]);
    expect([...softmax([-most, -most], 1, 2)]).toEqual([0.5, 0.5]);
    expect([...softmax([2 ** -149, 0, -0, -(2 ** -149)], 1, 4)]).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect([...softmax([Number.NEGATIVE_INFINITY, 3], 1, 2)]).toEqual([0, 1]);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) expect(softmax([1, 2, bad, 4, 5], 1, 5)[2]).toBeNaN();
  });
});
