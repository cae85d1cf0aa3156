import { describe, expect, it } from "vitest";
import { createHarness, uniform } from "./harness.ts";

const harness = createHarness();

interface Copy {
  readonly sizes: readonly number[];
  readonly from: readonly number[];
  readonly to: readonly number[];
}

/** Elements from the first to the last that strides reach. */
const extent = (sizes: readonly number[], strides: readonly number[]) => 1 + sizes.reduce((sum, d, i) => sum + (d - 1) * strides[i]!, 0);

function strides(shape: readonly number[]): number[] {
  return shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
}

/** Copies whole and in parts, and compares every element of y, those not to be written too. */
function check({ sizes, from, to }: Copy): void {
  harness.reset();
  const x = harness.atEnd(uniform(extent(sizes, from), 1));
  const length = extent(sizes, to);
  const want = new Float32Array(length).fill(7);
  const total = sizes.reduce((a, b) => a * b, 1);
  for (let flat = 0; flat < total; flat++) {
    let rest = flat;
    let source = 0;
    let target = 0;
    for (let k = sizes.length - 1; k >= 0; k--) {
      const i = rest % sizes[k]!;
      rest = (rest - i) / sizes[k]!;
      source += i * from[k]!;
      target += i * to[k]!;
    }
    want[target] = x.values[source]!;
  }
  const descriptor = harness.words([sizes.length, ...sizes, ...from, ...to]);
  const y = harness.empty(length);
  for (const cuts of [[], [1], [Math.floor(sizes[0]! / 2)], Array.from({ length: sizes[0]! }, (_, i) => i)]) {
    y.values.fill(7);
    const points = [...new Set([0, ...cuts, sizes[0]!])].filter((p) => p <= sizes[0]!);
    for (let i = 1; i < points.length; i++) harness.kernels.f32_copy_nd!(points[i - 1]!, points[i]!, descriptor, x.address, y.address);
    expect([...y.values], `${JSON.stringify({ sizes, from, to })} cut at ${cuts}`).toEqual([...want]);
    expect(y.intact() && x.intact()).toBe(true);
  }
}

const LENGTHS = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 255, 256, 300];

describe("f32_copy_nd", () => {
  it("one axis: contiguous, repeated, strided", () => {
    for (const n of LENGTHS)
      for (const [from, to] of [
        [1, 1],
        [0, 1],
        [3, 1],
        [1, 2],
        [5, 3],
      ])
        check({ sizes: [n], from: [from!], to: [to!] });
  });

  it("rows into and out of wider rows (slice, pad, concat)", () => {
    for (const n of LENGTHS) {
      check({ sizes: [5, n], from: [n + 3, 1], to: [n, 1] });
      check({ sizes: [5, n], from: [n, 1], to: [n + 2, 1] });
    }
  });

  it("broadcast along either axis", () => {
    for (const n of LENGTHS) {
      check({ sizes: [3, n], from: [1, 0], to: [n, 1] });
      check({ sizes: [3, n], from: [0, 1], to: [n, 1] });
    }
    check({ sizes: [2, 3, 4, 5], from: [0, 4, 0, 0], to: [60, 20, 5, 1] });
  });

  it("transposes matrices of any size", () => {
    for (const rows of [1, 2, 3, 4, 5, 7, 8, 16, 17, 33, 37]) {
      for (const columns of [1, 3, 4, 5, 6, 9, 16, 19, 64]) check({ sizes: [rows, columns], from: [1, rows], to: [columns, 1] });
    }
  });

  it("transposes a block of a larger matrix into another", () => {
    check({ sizes: [13, 18], from: [1, 40], to: [50, 1] });
  });

  it("every permutation of three axes", () => {
    const shape = [5, 6, 7];
    for (const perm of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      const sizes = perm.map((p) => shape[p]!);
      check({ sizes, from: perm.map((p) => strides(shape)[p]!), to: strides(sizes) });
    }
  });

  it("six axes", () => {
    const shape = [2, 3, 2, 3, 2, 5];
    const perm = [5, 2, 0, 4, 1, 3];
    const sizes = perm.map((p) => shape[p]!);
    check({ sizes, from: perm.map((p) => strides(shape)[p]!), to: strides(sizes) });
  });
});

describe("f32_one_hot", () => {
  it("sets the one element named, or none", () => {
    const labels = [0, 4, 2, -0, 5, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 3];
    const want = labels.map((l) => Array.from({ length: 5 }, (_, d) => (l === d ? 1 : 0)));
    for (const cuts of [
      [0, 10],
      [0, 3, 4, 10],
    ]) {
      harness.reset();
      const x = harness.from(labels);
      const y = harness.empty(50);
      for (let i = 1; i < cuts.length; i++) harness.kernels.f32_one_hot!(cuts[i - 1]!, cuts[i]!, 5, x.address, y.address);
      expect([...y.values]).toEqual(want.flat());
      expect(y.intact()).toBe(true);
    }
  });
});
