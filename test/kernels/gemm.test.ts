import { describe, expect, it } from "vitest";
import { HeadWord } from "../../assembly/format/opcodes.ts";
import { Activation, MR_PLAIN, MR_RELAXED, ROW_GRAIN } from "../../assembly/format/products.ts";
import { gemm, gemmBatch, gridResult, type Product, result, type Spread, type View } from "../../src/exec/wasm/instructions/gemm.ts";
import type { Buffer as Operand } from "../../src/exec/wasm/instructions/instruction.ts";
import { type Buffer, bits, createHarness, type Harness, integers, TEST_BUILDS, uniform } from "./harness.ts";
import { link, operand } from "./instruction.ts";
import { denseSample, PATCHES, patchSample, type Sample } from "./views.ts";

it("rows that are shared out are whole tiles of either build", () => expect([ROW_GRAIN % MR_PLAIN, ROW_GRAIN % MR_RELAXED]).toEqual([0, 0]));

const harnesses = new Map(TEST_BUILDS.map((build) => [build, createHarness(build)]));

/** A result: its view, and every place that element (m, n) of the product goes to. */
interface Target {
  readonly view: View;
  readonly length: number;
  places(m: number, n: number): number[];
}

const rowsOf = (M: number, N: number): Target => ({ view: result(operand(M * N), N), length: M * N, places: (m, n) => [m * N + n] });
const columnsOf = (M: number, N: number): Target => ({ view: result(operand(M * N), M, true), length: M * N, places: (m, n) => [n * M + m] });

/** Where a grid position of an axis is stored. */
const spread = (i: number, { stride, first = 0, count = 1, limit = 0, term = 0 }: Spread): number[] =>
  Array.from({ length: count }, (_, j) => first + j).flatMap((j) => (j === 0 || i < limit ? [i * stride + j * term] : []));

function gridOf(length: number, offset: number, imageStride: number, y: Spread, x: Spread, accumulate: boolean): Target {
  return {
    view: gridResult(operand(length), offset, imageStride, y, x, accumulate),
    length,
    places(m, n) {
      const [line, i] = [Math.floor(m / x.grid), m % x.grid];
      const image = Math.floor(line / y.grid);
      const ys = spread(line % y.grid, y);
      return ys.flatMap((row) => spread(i, x).map((column) => offset + image * imageStride + row + column + n));
    },
  };
}

interface Case {
  readonly a: Sample;
  readonly b: Sample;
  readonly c: Target;
  readonly accumulate?: boolean;
  /** Which of the operands ends where memory does. */
  readonly end?: "a" | "b" | "c" | "zeros";
  readonly threads?: number;
  /** Threads to run, in order. */
  readonly order?: readonly number[];
  readonly epilogue?: { readonly bias: Float32Array | null; readonly activation: Activation; readonly alpha: number };
}

/** C after the instruction, C having held NaN, or small integers where it is added to. */
function compute(harness: Harness, { a, b, c, accumulate = false, end = "zeros", threads = 1, order, epilogue }: Case): Float32Array {
  harness.reset();
  const place = (sample: { values: Float32Array }, name: string): Buffer =>
    end === name ? harness.atEnd(sample.values) : harness.from(sample.values);
  const bias = epilogue?.bias ? { operand: operand(epilogue.bias.length), values: epilogue.bias } : null;
  const before = accumulate ? integers(c.length, 77) : new Float32Array(c.length).fill(Number.NaN);
  const target = place({ values: before }, "c");
  const places = new Map<Operand, Buffer>([
    [a.view.buffer, place(a, "a")],
    [b.view.buffer, place(b, "b")],
    [c.view.buffer, target],
    ...(bias ? ([[bias.operand, harness.from([...bias.values, ...new Float32Array(8)])]] as const) : []),
  ]);
  const product: Product = { M: a.lanes, N: b.lanes, K: a.depth, a: a.view, b: b.view, c: c.view };
  const instruction = gemm(epilogue ? { ...product, epilogue: { ...epilogue, bias: bias?.operand ?? null } } : product);
  const linked = link(harness, instruction, places, threads);
  for (const ith of order ?? Array.from({ length: threads }, (_, i) => threads - 1 - i)) harness.kernels.f32_gemm!(linked.words, ith, threads);
  linked.check();
  for (const buffer of places.values()) expect(buffer.intact()).toBe(true);
  return target.values.slice();
}

/** The product by definition, in float64; exact, as operands are small integers. */
function expected({ a, b, c, accumulate = false, epilogue }: Case): Float64Array {
  const want = accumulate ? Float64Array.from(integers(c.length, 77)) : new Float64Array(c.length).fill(Number.NaN);
  const columns = Array.from({ length: b.lanes }, (_, n) => Array.from({ length: b.depth }, (_, k) => b.at(n, k)));
  for (let m = 0; m < a.lanes; m++) {
    const row = Array.from({ length: a.depth }, (_, k) => a.at(m, k));
    for (let n = 0; n < b.lanes; n++) {
      let sum = epilogue?.bias?.[n] ?? 0;
      for (let k = 0; k < row.length; k++) sum += row[k]! * columns[n]![k]!;
      if (epilogue?.activation === Activation.LeakyRelu && !(sum > 0)) sum *= epilogue.alpha;
      if (epilogue?.activation === Activation.Tanh) sum = Math.tanh(sum);
      if (epilogue?.activation === Activation.Sigmoid) sum = 1 / (1 + Math.exp(-sum));
      for (const at of c.places(m, n)) want[at] = (accumulate ? want[at]! : 0) + sum;
    }
  }
  return want;
}

/** Every element, those not to be written too. */
function expectExact(got: Float32Array, want: Float64Array, what: string): void {
  const wrong = got.findIndex((value, i) => !(value === want[i] || (Number.isNaN(value) && Number.isNaN(want[i]!))));
  expect(wrong, `${what}: ${got[wrong]} for ${want[wrong]}`).toBe(-1);
}

/** A matrix of rows, and one of columns, at prime strides. */
const matrices = (M: number, N: number, K: number, alongA: "depth" | "lanes", alongB: "depth" | "lanes") => ({
  a: denseSample(M, K, alongA, primeFrom(alongA === "depth" ? K : M), M + K),
  b: denseSample(N, K, alongB, primeFrom(alongB === "depth" ? K : N), N + K + 1),
});

function primeFrom(n: number): number {
  const isPrime = (p: number): boolean => p > 1 && !Array.from({ length: Math.floor(Math.sqrt(p)) - 1 }, (_, i) => i + 2).some((d) => p % d === 0);
  let p = n;
  while (!isPrime(p)) p++;
  return p;
}

/** Around the register tile (4 or 6 by 8) and the blocks (96 rows, 512 deep, 1024 columns). */
const SIZES: readonly (readonly [M: number, N: number, K: number])[] = [
  ...[1, 3, 4, 5, 6, 7, 12, 13].flatMap((M) => [1, 7, 8, 9, 17].map((N) => [M, N, 5] as const)),
  // One row and two, by themselves: four panels at once, then one, then a part of one.
  ...[1, 2].flatMap((M) => [31, 32, 40, 77].map((N) => [M, N, 5] as const)),
  [2, 77, 600],
  [1, 1100, 3],
  ...[0, 1, 2, 3, 4, 64, 511, 512, 513, 1030].map((K) => [7, 9, K] as const),
  ...[95, 96, 97, 197].map((M) => [M, 11, 6] as const),
  ...[1023, 1024, 1025, 1033].map((N) => [5, N, 3] as const),
  [101, 1031, 7],
  [97, 9, 515],
];

describe.each(TEST_BUILDS)("f32_gemm, %s build", (build) => {
  const harness = harnesses.get(build)!;

  it("sizes below, at and above tile and blocks, operands at the end of memory, as rows and as columns", () => {
    for (const [M, N, K] of SIZES) {
      for (const along of ["depth", "lanes"] as const) {
        const operands = matrices(M, N, K, along, along === "depth" ? "lanes" : "depth");
        for (const [c, name] of [
          [rowsOf(M, N), "rows"],
          [columnsOf(M, N), "columns"],
        ] as const) {
          const want = expected({ ...operands, c });
          for (const end of ["a", "b", "c", "zeros"] as const)
            expectExact(compute(harness, { ...operands, c, end }), want, `[${M}, ${N}, ${K}], A's ${along} side by side, ${name}, ${end} at the end`);
        }
      }
    }
  });

  it("patches of images as either operand", () => {
    for (const patches of PATCHES) {
      const sample = patchSample(patches);
      for (const lanes of [8, 5]) {
        const other = denseSample(lanes, sample.depth, "lanes", 11);
        for (const [a, b] of [
          [sample, other],
          [other, sample],
        ] as const) {
          const c = rowsOf(a.lanes, b.lanes);
          const want = expected({ a, b, c });
          for (const end of ["a", "b", "zeros"] as const) expectExact(compute(harness, { a, b, c, end }), want, `${sample.name}, ${end} at the end`);
        }
      }
    }
  });

  it("rows that are pixels of a grid, each stored to one, two or four places within limits, and added", () => {
    for (const N of [3, 8, 11]) {
      for (const K of [4, 515]) {
        // Images of 5 x 7 pixels of N channels, in tiles of two: the last of each axis has one output alone.
        const [images, H, W] = [2, 5, 7];
        for (const [firstY, countY] of [
          [0, 1],
          [0, 2],
          [1, 1],
        ] as const) {
          for (const [firstX, countX] of [
            [0, 1],
            [0, 2],
            [1, 1],
          ] as const) {
            const tiles = (size: number, first: number): number => (first === 1 ? Math.floor(size / 2) : Math.ceil(size / 2));
            const y = { grid: tiles(H, firstY), stride: 2 * W * N, first: firstY, count: countY, limit: Math.floor(H / 2), term: W * N };
            const x = { grid: tiles(W, firstX), stride: 2 * N, first: firstX, count: countX, limit: Math.floor(W / 2), term: N };
            const M = images * y.grid * x.grid;
            // More than one block of depth adds to what is there in any case.
            for (const accumulate of K > 512 ? [true] : [false, true]) {
              const c = gridOf(images * H * W * N, 0, H * W * N, y, x, accumulate);
              const a = matrices(M, N, K, "depth", "lanes");
              for (const end of ["c", "zeros"] as const) {
                const one = { ...a, c, accumulate, end };
                expectExact(compute(harness, one), expected(one), `N ${N}, K ${K}, y ${firstY} ${countY}, x ${firstX} ${countX}, adds ${accumulate}`);
              }
            }
          }
        }
      }
    }
  });

  const ACTIVATIONS = [
    ["none", Activation.None, 0],
    ["leakyRelu", Activation.LeakyRelu, 0.25],
    ["tanh", Activation.Tanh, 2e-7],
    ["sigmoid", Activation.Sigmoid, 2e-7],
  ] as const;
  it.each(ACTIVATIONS)("bias and %s, with one block of depth and with two", (_, activation, parameter) => {
    for (const [M, N, K] of [
      [1, 1, 3],
      [6, 8, 5],
      [13, 21, 7],
      [97, 9, 2],
      [5, 17, 514],
    ] as const) {
      for (const bias of [null, integers(N, 9)]) {
        const c = { ...matrices(M, N, K, "depth", "lanes"), c: rowsOf(M, N), epilogue: { bias, activation, alpha: 0.25 } };
        const [got, want] = [compute(harness, c), expected(c)];
        if (activation === Activation.None || activation === Activation.LeakyRelu) expectExact(got, want, `[${M}, ${N}, ${K}]`);
        else for (const [i, w] of want.entries()) expect(Math.abs(got[i]! - w)).toBeLessThanOrEqual(parameter * Math.max(Math.abs(w), 2 ** -126));
      }
    }
  });

  it("shares of threads cover the result once, and give the bits of one thread", () => {
    for (const [M, N, K] of [
      [1, 1, 3],
      [13, 9, 5],
      [200, 40, 30],
      [40, 200, 30],
      [150, 17, 600],
      [9, 1100, 20],
    ] as const) {
      for (const target of [rowsOf, columnsOf]) {
        const { a, b } = matrices(M, N, K, "depth", "lanes");
        const c = target(M, N);
        const fractions = { a: { ...a, values: uniform(a.values.length, 1) }, b: { ...b, values: uniform(b.values.length, 2) }, c };
        const one = bits(compute(harness, fractions));
        for (const threads of [2, 3, 5, 16]) {
          expect(bits(compute(harness, { ...fractions, threads })), `[${M}, ${N}, ${K}], ${threads} threads`).toEqual(one);
          const written = new Uint8Array(c.length);
          for (let ith = 0; ith < threads; ith++) {
            for (const [i, v] of compute(harness, { ...fractions, threads, order: [ith] }).entries()) if (!Number.isNaN(v)) written[i]!++;
          }
          expect(written.every((times) => times === 1)).toBe(true);
        }
      }
    }
  });
});

it("a thread that does the others' shares after its own, of one row or two, gives the same bits", () => {
  const harness = createHarness("threads");
  for (const [M, N, threads] of [
    [10, 8, 3],
    [9, 9, 3],
    [18, 17, 5],
  ] as const) {
    for (const count of [1, 2]) {
      harness.reset();
      const { a, b } = matrices(M, N, 7, "depth", "lanes");
      const c = rowsOf(M, count * N);
      const product: Product = { M, N, K: 7, a: a.view, b: b.view, c: rowsOf(M, N).view };
      const { opcode, words, ...instruction } = count === 1 ? gemm(product) : gemmBatch(product, count, { a: 0, b: 0, c: M * N });
      const target = harness.empty(c.length);
      const places = new Map([
        [a.view.buffer, harness.from(a.values)],
        [b.view.buffer, harness.from(b.values)],
        [product.c.buffer, target],
      ]);
      const length = HeadWord.Operands + words.length;
      const linked = link(harness, { ...instruction, words: [opcode, length, ...words] }, places, threads);
      for (let ith = threads - 1; ith >= 0; ith--) harness.kernels.run!(linked.words, length * 4, ith, threads, 0);
      linked.check();
      const want = expected({ a, b, c: rowsOf(M, N) });
      expectExact(target.values, Float64Array.from([...want, ...(count > 1 ? want : [])]), `[${M}, ${N}], ${threads} threads, ${count} products`);
    }
  }
});
