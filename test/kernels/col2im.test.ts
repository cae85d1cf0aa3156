import { expect, it } from "vitest";
import { bits, createHarness, integers, uniform } from "./harness.ts";

const harness = createHarness();

type Pair = readonly [number, number];
/** [N, H, W, C], grid, taps, strides, [top, left]. */
type Case = readonly [images: readonly [number, number, number, number], grid: Pair, taps: Pair, strides: Pair, pads: Pair];

const CASES: readonly Case[] = [
  [
    [1, 1, 1, 1],
    [1, 1],
    [1, 1],
    [1, 1],
    [0, 0],
  ],
  [
    [2, 8, 8, 1],
    [4, 4],
    [4, 4],
    [2, 2],
    [1, 1],
  ],
  [
    [2, 7, 5, 3],
    [4, 3],
    [4, 4],
    [2, 2],
    [1, 1],
  ],
  [
    [1, 6, 9, 4],
    [6, 5],
    [3, 2],
    [1, 2],
    [1, 0],
  ],
  [
    [2, 5, 6, 2],
    [2, 3],
    [1, 1],
    [3, 2],
    [0, 1],
  ],
];

/** y by the kernel, ranges of its rows one after the other. */
function compute([[N, H, W, C], grid, taps, strides, pads]: Case, values: Float32Array, cuts: readonly number[]): Float32Array {
  harness.reset();
  const p = harness.atEnd(values);
  const y = harness.empty(N * H * W * C);
  const points = [0, ...cuts.filter((cut) => cut < N * H), N * H];
  for (let i = 1; i < points.length; i++) {
    harness.kernels.f32_col2im!(points[i - 1]!, points[i]!, H, W, C, ...grid, ...taps, ...strides, ...pads, p.address, y.address);
    expect(y.values.subarray(points[i]! * W * C).every(Number.isNaN)).toBe(true);
  }
  expect(y.intact()).toBe(true);
  return y.values.slice();
}

it.each(CASES)("f32_col2im: images %j, grid %j, taps %j, strides %j, pads %j", (...c) => {
  const [[N, H, W, C], [gridH, gridW], [tapsH, tapsW], [strideH, strideW], [top, left]] = c;
  const values = integers(N * gridH * gridW * tapsH * tapsW * C, 1);
  const want = new Float32Array(N * H * W * C);
  values.forEach((value, i) => {
    const channel = i % C;
    const [b, a] = [Math.floor(i / C) % tapsW, Math.floor(i / C / tapsW) % tapsH];
    const pixel = Math.floor(i / C / tapsW / tapsH);
    const [v, u, n] = [pixel % gridW, Math.floor(pixel / gridW) % gridH, Math.floor(pixel / gridW / gridH)];
    const [row, column] = [u * strideH + a - top, v * strideW + b - left];
    if (row >= 0 && row < H && column >= 0 && column < W) want[((n * H + row) * W + column) * C + channel]! += value;
  });
  expect(compute(c, values, [])).toEqual(want);
  const fractions = uniform(values.length, 2);
  expect(bits(compute(c, fractions, [1, 3, 4]))).toEqual(bits(compute(c, fractions, [])));
});
