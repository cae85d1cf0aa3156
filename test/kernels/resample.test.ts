import { describe, expect, it } from "vitest";
import { bits, createHarness, relativeError, uniform } from "./harness.ts";

const harness = createHarness();
const CHANNELS = [1, 3, 4, 5, 8, 17];
const N = 2;

/** Weights [out, in] of one axis: what each output pixel takes from each input pixel. */
type Axis = readonly (readonly number[])[];

function nearest(inSize: number, outSize: number): Axis {
  return Array.from({ length: outSize }, (_, o) => Array.from({ length: inSize }, (_, i) => (i === Math.floor((o * inSize) / outSize) ? 1 : 0)));
}

function bilinear(inSize: number, outSize: number): Axis {
  return Array.from({ length: outSize }, (_, o) => {
    const at = Math.min(Math.max(((o + 0.5) * inSize) / outSize - 0.5, 0), inSize - 1);
    return Array.from({ length: inSize }, (_, i) => Math.max(0, 1 - Math.abs(at - i)));
  });
}

function pool(inSize: number, window: number, stride: number): Axis {
  const outSize = Math.floor((inSize - window) / stride) + 1;
  return Array.from({ length: outSize }, (_, o) =>
    Array.from({ length: inSize }, (_, i) => (i >= o * stride && i < o * stride + window ? 1 / window : 0)),
  );
}

const transposed = (a: Axis): Axis => a[0]!.map((_, i) => a.map((row) => row[i]!));

/** y[n, a, b, c] = Σ rows[a, i] columns[b, j] x[n, i, j, c] in float64. */
function apply(rows: Axis, columns: Axis, C: number, x: Float32Array): Float64Array {
  const [h, w] = [rows[0]!.length, columns[0]!.length];
  const y: number[] = [];
  for (let n = 0; n < N; n++) {
    for (const row of rows) {
      for (const column of columns) {
        for (let c = 0; c < C; c++) {
          let sum = 0;
          for (let i = 0; i < h; i++) for (let j = 0; j < w; j++) sum += row[i]! * column[j]! * x[((n * h + i) * w + j) * C + c]!;
          y.push(sum);
        }
      }
    }
  }
  return Float64Array.from(y);
}

/** kernel(begin, end, ...sizes, C, ...parameters, x, y) against the two axes' weights, whole and split by rows. */
function check(kernel: string, sizes: readonly number[], parameters: readonly number[], rows: Axis, columns: Axis): void {
  for (const C of CHANNELS) {
    harness.reset();
    const x = harness.atEnd(uniform(N * rows[0]!.length * columns[0]!.length * C, C));
    const height = N * rows.length;
    const y = harness.empty(height * columns.length * C);
    const run = (cuts: readonly number[]) => {
      y.values.fill(Number.NaN);
      const points = [0, ...cuts.filter((c) => c < height), height];
      for (let i = 1; i < points.length; i++) {
        harness.kernels[kernel]!(points[i - 1]!, points[i]!, ...sizes, C, ...parameters, x.address, y.address);
        expect(y.values.subarray(points[i]! * columns.length * C).every(Number.isNaN)).toBe(true);
      }
      expect(y.intact() && x.intact()).toBe(true);
      return y.values.slice();
    };
    const got = run([]);
    expect(relativeError(got, apply(rows, columns, C, x.values), 1), `${kernel} ${sizes} C ${C}`).toBeLessThan(1e-6);
    expect(bits(run([1, 2, 5])), `${kernel} ${sizes} C ${C} split`).toEqual(bits(got));
  }
}

/** [inH, inW, outH, outW]: doubling, halving, equal, odd ratios both ways, from and to one pixel. */
const RESIZES = [
  [4, 4, 8, 8],
  [8, 6, 4, 3],
  [5, 5, 5, 5],
  [3, 4, 7, 5],
  [7, 9, 4, 2],
  [1, 1, 4, 3],
  [4, 5, 1, 1],
  [1, 6, 5, 13],
  [2, 3, 11, 2],
] as const;

describe("resizing: error < 1e-6", () => {
  for (const [name, axis] of [
    ["nearest", nearest],
    ["bilinear", bilinear],
  ] as const) {
    it(`f32_resize_${name}`, () => {
      for (const s of RESIZES) check(`f32_resize_${name}`, s, [], axis(s[0], s[2]), axis(s[1], s[3]));
    });
    it(`f32_resize_${name}_grad is its adjoint`, () => {
      for (const s of RESIZES) check(`f32_resize_${name}_grad`, s, [], transposed(axis(s[0], s[2])), transposed(axis(s[1], s[3])));
    });
  }
});

/** [inH, inW, windowH, windowW, strideH, strideW]: tiling, overlapping, with gaps, with a rest left out. */
const POOLS = [
  [4, 6, 2, 2, 2, 2],
  [7, 7, 3, 3, 2, 2],
  [5, 6, 3, 2, 1, 1],
  [9, 8, 2, 3, 3, 4],
  [5, 7, 2, 2, 2, 2],
  [4, 4, 4, 4, 1, 1],
] as const;

describe("average pooling: error < 1e-6", () => {
  for (const grad of [false, true]) {
    it(grad ? "f32_avgpool_grad is its adjoint" : "f32_avgpool", () => {
      for (const [h, w, windowH, windowW, strideH, strideW] of POOLS) {
        const [rows, columns] = [pool(h, windowH, strideH), pool(w, windowW, strideW)];
        const sizes = [h, w, rows.length, columns.length];
        const parameters = [windowH, windowW, strideH, strideW];
        if (grad) check("f32_avgpool_grad", sizes, parameters, transposed(rows), transposed(columns));
        else check("f32_avgpool", sizes, parameters, rows, columns);
      }
    });
  }
});
