import { describe, expect, it } from "vitest";
import { bits, createHarness, uniform } from "./harness.ts";

const harness = createHarness();

type Reduction = "f32_rsum" | "f32_rmax";

/** Sums of x[outer, reduce, inner] over its middle axis, and the sums of |x|, in float64. */
function expected(x: Float32Array, outer: number, reduce: number, inner: number) {
  const sums = new Float64Array(outer * inner);
  const magnitudes = new Float64Array(outer * inner);
  for (let i = 0; i < x.length; i++) {
    const at = Math.floor(i / (reduce * inner)) * inner + (i % inner);
    sums[at]! += x[i]!;
    magnitudes[at]! += Math.abs(x[i]!);
  }
  return { sums, magnitudes };
}

function run(kernel: Reduction, x: Float32Array, outer: number, reduce: number, inner: number, cuts: readonly number[] = []): Float32Array {
  harness.reset();
  const n = outer * inner;
  const input = harness.atEnd(x);
  const y = harness.empty(n);
  const result = new Float32Array(n);
  const ends = [...cuts.filter((c) => c > 0 && c < n), n];
  let begin = 0;
  for (const end of ends) {
    harness.kernels[kernel]!(begin, end, reduce, inner, input.address, y.address);
    result.set(y.values.subarray(begin, end), begin);
    y.values.fill(Number.NaN, begin, end);
    expect(y.values.every(Number.isNaN), `[${begin}, ${end}) of ${n} only`).toBe(true);
    begin = end;
  }
  expect(y.intact()).toBe(true);
  return result;
}

const rsum = (...args: Parameters<typeof run> extends [unknown, ...infer Rest] ? Rest : never) => run("f32_rsum", ...args);

const INNER = [1, 2, 3, 4, 5, 6, 7, 8, 13, 15, 16, 17, 19, 32, 37];
const REDUCE = [1, 2, 3, 4, 11, 12, 13, 63, 64, 65, 67, 200];

describe("f32_rmax", () => {
  it("finds the largest of any shape, however its range is split", () => {
    for (const inner of INNER) {
      for (const reduce of REDUCE) {
        const x = uniform(2 * reduce * inner, inner + reduce);
        const want = new Float32Array(2 * inner).fill(Number.NEGATIVE_INFINITY);
        for (const [i, value] of x.entries()) {
          const at = Math.floor(i / (reduce * inner)) * inner + (i % inner);
          want[at] = Math.max(want[at]!, value);
        }
        for (const cuts of [[], [1, 2, 3], [inner - 1, inner + 1]]) expect(run("f32_rmax", x, 2, reduce, inner, cuts)).toEqual(want);
      }
    }
  });

  it("gives NaN and Inf where they belong", () => {
    const x = new Float32Array(2 * 30 * 5).fill(-1);
    x[5 * 7 + 2] = Number.NaN;
    x[5 * 40 + 3] = Number.POSITIVE_INFINITY;
    x[5 * 41 + 1] = Number.NEGATIVE_INFINITY;
    expect([...run("f32_rmax", x, 2, 30, 5)]).toEqual([-1, -1, Number.NaN, -1, -1, -1, -1, -1, Number.POSITIVE_INFINITY, -1]);
    for (const at of [0, 4, 6]) expect([...run("f32_rmax", new Float32Array(7).fill(1).fill(Number.NaN, at, at + 1), 1, 7, 1)]).toEqual([Number.NaN]);
  });
});

describe("f32_rsum", () => {
  it("sums any shape: error < 1e-6 of the sum of magnitudes", () => {
    for (const inner of INNER) {
      for (const reduce of REDUCE) {
        for (const outer of [1, 2, 5]) {
          const x = uniform(outer * reduce * inner, inner + reduce);
          const { sums, magnitudes } = expected(x, outer, reduce, inner);
          rsum(x, outer, reduce, inner).forEach((y, i) => {
            expect(Math.abs(y - sums[i]!), `[${outer}, ${reduce}, ${inner}] at ${i}`).toBeLessThanOrEqual(1e-6 * magnitudes[i]!);
          });
        }
      }
    }
  });

  it("gives the same bits however its range is split", () => {
    for (const inner of INNER) {
      const x = uniform(3 * 67 * inner, inner);
      const whole = bits(rsum(x, 3, 67, inner));
      const n = 3 * inner;
      for (const cuts of [
        [1],
        [n - 1],
        [1, 2, 3, 4, 5],
        [4, 8, 12],
        [inner, 2 * inner],
        [inner - 1, inner + 1],
        Array.from({ length: n - 1 }, (_, i) => i + 1),
      ]) {
        expect(bits(rsum(x, 3, 67, inner, cuts)), `inner ${inner}, cut at ${cuts}`).toEqual(whole);
      }
    }
  });

  it("a million equal terms: relative error < 2e-6", () => {
    // Equal terms round the same way every time: a plain float32 sum is off by 1 % here.
    for (const inner of [1, 3, 4, 16]) {
      const reduce = Math.floor(2 ** 20 / inner);
      const y = rsum(new Float32Array(reduce * inner).fill(0.1), 1, reduce, inner);
      for (const v of y) expect(Math.abs(v / (reduce * Math.fround(0.1)) - 1)).toBeLessThan(2e-6);
    }
  });

  it("gives NaN and Inf where they belong", () => {
    const x = new Float32Array(2 * 30 * 5).fill(1);
    x[5 * 7 + 2] = Number.NaN;
    x[5 * 40 + 3] = Number.POSITIVE_INFINITY;
    expect([...rsum(x, 2, 30, 5)]).toEqual([30, 30, Number.NaN, 30, 30, 30, 30, 30, Number.POSITIVE_INFINITY, 30]);
  });
});
