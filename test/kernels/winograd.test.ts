import { describe, expect, it } from "vitest";
import { WinogradKind } from "../../assembly/format/winograd.ts";
import type { Buffer as Operand } from "../../src/exec/wasm/instructions/instruction.ts";
import { filterBytes, winograd, winogradFilter, winogradFilterGrad } from "../../src/exec/wasm/instructions/winograd.ts";
import { expectSameBytes } from "../bytes.ts";
import { type Buffer, createHarness, TEST_BUILDS, uniform } from "./harness.ts";
import { link, operand } from "./instruction.ts";

const ONE = [1, 2, 3];
const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b);

interface Case {
  readonly kind: WinogradKind;
  readonly x: readonly [number, number, number, number];
  readonly filters: number;
  readonly pads: readonly [number, number, number, number];
}

const CASES: readonly Case[] = [
  { kind: WinogradKind.F43, x: [1, 4, 4, 4], filters: 4, pads: [1, 1, 1, 1] },
  { kind: WinogradKind.F43, x: [3, 7, 9, 8], filters: 12, pads: [1, 2, 0, 1] },
  { kind: WinogradKind.F43, x: [2, 13, 14, 8], filters: 12, pads: [1, 1, 1, 1] },
  { kind: WinogradKind.F43, x: [1, 6, 5, 132], filters: 4, pads: [2, 2, 2, 2] },
  { kind: WinogradKind.F23, x: [1, 2, 2, 4], filters: 4, pads: [1, 1, 1, 1] },
  { kind: WinogradKind.F23, x: [2, 5, 6, 8], filters: 12, pads: [0, 1, 1, 2] },
];

/** The sizes of a case's result. */
const resultOf = ({ x: [n, h, w], filters, pads: [top, bottom, left, right] }: Case) =>
  [n, h + top + bottom - 2, w + left + right - 2, filters] as const;

/** What a tap of a pixel of the result reads, as the index of an element of x, or -1. */
function source({ x: [, h, w, c], pads: [top, , left] }: Case, image: number, i: number, j: number, tap: number, channel: number): number {
  const [y, x] = [i + Math.floor(tap / 3) - top, j + (tap % 3) - left];
  return y >= 0 && y < h && x >= 0 && x < w ? ((image * h + y) * w + x) * c + channel : -1;
}

/** Calls `term` for all products of a convolution: elements of the result, of x and of the filter. */
function walk(c: Case, term: (y: number, x: number, w: number) => void): void {
  const [n, oh, ow, filters] = resultOf(c);
  const channels = c.x[3];
  for (let pixel = 0; pixel < n * oh * ow; pixel++) {
    const [image, rest] = [Math.floor(pixel / (oh * ow)), pixel % (oh * ow)];
    for (let tap = 0; tap < 9; tap++) {
      for (let channel = 0; channel < channels; channel++) {
        const at = source(c, image, Math.floor(rest / ow), rest % ow, tap, channel);
        if (at < 0) continue;
        for (let f = 0; f < filters; f++) term(pixel * filters + f, at, (tap * channels + channel) * filters + f);
      }
    }
  }
}

function expectClose(got: Float32Array, expected: Float64Array): void {
  const largest = expected.reduce((most, e) => Math.max(most, Math.abs(e)), 0);
  const difference = expected.reduce(
    (most, e, i) => Math.max(most, Math.abs(got[i]! - e) || (Number.isNaN(got[i]!) ? Number.POSITIVE_INFINITY : 0)),
    0,
  );
  expect(difference).toBeLessThan(3e-6 * largest);
}

describe.each(TEST_BUILDS)("3x3 filters of stride 1, the %s build:", (build) => {
  const harness = createHarness(build);

  it.each(CASES)("%j", (c) => {
    const shape = resultOf(c);
    const [x, w] = [uniform(size(c.x), 1), uniform(9 * c.x[3] * c.filters, 2)];
    const expected = new Float64Array(size(shape));
    walk(c, (y, a, b) => {
      expected[y]! += x[a]! * w[b]!;
    });
    // The same filter, of the convolution whose adjoint is meant.
    const turned = new Float32Array(w.length);
    for (let tap = 0; tap < 9; tap++) {
      for (let k = 0; k < c.x[3]; k++)
        for (let f = 0; f < c.filters; f++) turned[((8 - tap) * c.filters + f) * c.x[3] + k] = w[(tap * c.x[3] + k) * c.filters + f]!;
    }
    for (const flipped of [false, true]) {
      for (const threads of ONE) {
        harness.reset();
        const [xs, ws, components, ys] = [
          operand(x.length),
          operand(w.length),
          operand(filterBytes(c.kind, c.x[3], c.filters) / 4),
          operand(expected.length),
        ];
        const made = harness.empty(components.bytes / 4);
        const filter = harness.from(flipped ? turned : w);
        const split = link(
          harness,
          winogradFilter(c.kind, ws, c.x[3], c.filters, flipped, components),
          new Map([
            [ws, filter],
            [components, made],
          ]),
          threads,
        );
        for (let ith = 0; ith < threads; ith++) harness.kernels.f32_winograd_filter!(split.words, ith, threads);
        split.check();
        // x ends where memory does.
        const places = new Map<Operand, Buffer>([
          [components, made],
          [ys, harness.empty(expected.length)],
          [xs, harness.atEnd(x)],
        ]);
        const product = winograd({
          kind: c.kind,
          x: { buffer: xs, shape: c.x },
          filter: components,
          result: { buffer: ys, shape },
          pads: [c.pads[0], c.pads[2]],
        });
        const linked = link(harness, product, places, threads);
        for (let ith = 0; ith < threads; ith++) harness.kernels.f32_winograd!(linked.words, ith, threads);
        linked.check();
        expect([made, filter, ...places.values()].every((buffer) => buffer.intact())).toBe(true);
        expectClose(places.get(ys)!.values, expected);
      }
    }
  });

  it.each(CASES)("gradients of filters, %j", (c) => {
    const shape = resultOf(c);
    const [x, dy] = [uniform(size(c.x), 1), uniform(size(shape), 2)];
    const expected = new Float64Array(9 * c.x[3] * c.filters);
    walk(c, (y, a, b) => {
      expected[b]! += x[a]! * dy[y]!;
    });
    for (const threads of ONE) {
      harness.reset();
      const [xs, dys, dws] = [operand(x.length), operand(dy.length), operand(expected.length)];
      const sums: Operand[] = [];
      const temp = (bytes: number): Operand => {
        sums.push(operand(bytes / 4));
        return sums.at(-1)!;
      };
      const gradient = winogradFilterGrad({
        kind: c.kind,
        x: { buffer: xs, shape: c.x },
        dy: { buffer: dys, shape },
        dw: dws,
        pads: [c.pads[0], c.pads[2]],
        temp,
      });
      const places = new Map<Operand, Buffer>([
        [xs, harness.from(x)],
        [dws, harness.empty(expected.length)],
        [sums[0]!, harness.empty(sums[0]!.bytes / 4)],
        [dys, harness.atEnd(dy)],
      ]);
      const linked = link(harness, gradient, places, threads);
      for (let ith = 0; ith < threads; ith++) harness.kernels.f32_winograd_filter_grad!(linked.words, ith, threads);
      linked.check();
      expect([...places.values()].every((buffer) => buffer.intact())).toBe(true);
      expectClose(places.get(dws)!.values, expected);
    }
  });

  it("gradients of more channels than are summed at a time, by threads that have rows of the sums of their own", () => {
    const [shape, filters] = [[1, 5, 4, 132], 512] as const;
    const x = uniform(size(shape), 1);
    const dy = uniform(5 * 4 * filters, 2);
    /** The gradient for channels [from, 132), by these threads, and the sums that they leave. */
    const run = (from: number, threads: number, order: readonly number[]) => {
      harness.reset();
      const channels = 132 - from;
      const [xs, dys, dws] = [operand(20 * channels), operand(dy.length), operand(9 * channels * filters)];
      const sums: Operand[] = [];
      const gradient = winogradFilterGrad({
        kind: WinogradKind.F43,
        x: { buffer: xs, shape: [1, 5, 4, channels] },
        dy: { buffer: dys, shape: [1, 5, 4, filters] },
        dw: dws,
        pads: [1, 1],
        temp(bytes) {
          sums.push(operand(bytes / 4));
          return sums[0]!;
        },
      });
      expect(sums[0]!.bytes / 36).toBeLessThan(132 * filters * 4);
      const [made, summed] = [harness.empty(9 * channels * filters), harness.empty(sums[0]!.bytes / 4)];
      const places = new Map<Operand, Buffer>([
        [xs, harness.from(x.filter((_, i) => i % 132 >= from))],
        [dys, harness.from(dy)],
        [dws, made],
        [sums[0]!, summed],
      ]);
      const linked = link(harness, gradient, places, threads);
      for (const ith of order) harness.kernels.f32_winograd_filter_grad!(linked.words, ith, threads);
      linked.check();
      return { dw: made.values.slice(), sums: summed.values.slice() };
    };
    const { dw } = run(0, 1, [0]);
    expectSameBytes(run(0, 2, [0, 1]).dw, dw);
    const last = dw.filter((_, i) => Math.floor(i / filters) % 132 >= 120);
    expectSameBytes(run(120, 1, [0]).dw, last);
    const [one, other] = [run(0, 2, [0]).sums, run(0, 2, [1]).sums];
    expect(one.some((value, i) => !Number.isNaN(value) && !Number.isNaN(other[i]!))).toBe(false);
  });
});
