import { describe, expect, it } from "vitest";
import { dense, gemmBatch, result } from "../../src/exec/wasm/instructions/gemm.ts";
import { bits, createHarness, integers, TEST_BUILDS, uniform } from "./harness.ts";
import { link, operand } from "./instruction.ts";

interface Case {
  readonly count: number;
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly transposed?: { readonly a: boolean; readonly b: boolean };
  /** Elements between the matrices. */
  readonly gap?: number;
  readonly threads?: number;
  /** Threads to run; all by default. */
  readonly run?: readonly number[];
  readonly end?: "a" | "b" | "c";
  readonly values?: typeof integers;
}

const NOT_TRANSPOSED = { a: false, b: false };
const stridesOf = ({ M, N, K, gap = 0 }: Case) => ({ a: M * K + gap, b: K * N + gap, c: M * N + gap });

/** Operands of all products, one behind the other. */
function operandsOf(c: Case) {
  const { count, gap = 0, values = integers } = c;
  const strides = stridesOf(c);
  return { a: values(count * strides.a - gap, 1), b: values(count * strides.b - gap, 2) };
}

/** What Cs hold afterwards; NaN before. */
function compute(harness: ReturnType<typeof createHarness>, c: Case): Float32Array {
  harness.reset();
  const { count, M, N, K, transposed = NOT_TRANSPOSED, gap = 0, threads = 1, run = Array.from({ length: threads }, (_, i) => i), end } = c;
  const strides = stridesOf(c);
  const { a, b } = operandsOf(c);
  const place = (name: "a" | "b" | "c", values: Float32Array) => {
    const buffer = operand(values.length);
    return { buffer, place: name === end ? harness.atEnd(values) : harness.from(values) };
  };
  const [pa, pb, pc] = [place("a", a), place("b", b), place("c", new Float32Array(count * strides.c - gap).fill(Number.NaN))];
  const product = {
    M,
    N,
    K,
    a: transposed.a ? dense(pa.buffer, 1, M) : dense(pa.buffer, K, 1),
    b: transposed.b ? dense(pb.buffer, K, 1) : dense(pb.buffer, 1, N),
    c: result(pc.buffer, N),
  };
  const linked = link(harness, gemmBatch(product, count, strides), new Map([pa, pb, pc].map(({ buffer, place }) => [buffer, place])), threads);
  for (const ith of run) harness.kernels.f32_gemm_batch!(linked.words, ith, threads);
  linked.check();
  expect([pa, pb, pc].every(({ place }) => place.intact())).toBe(true);
  return pc.place.values.slice();
}

/** By definition; exact, as operands are small integers. */
function expected(c: Case): Float64Array {
  const { count, M, N, K, transposed = NOT_TRANSPOSED, gap = 0 } = c;
  const strides = stridesOf(c);
  const { a, b } = operandsOf(c);
  const want = new Float64Array(count * strides.c - gap).fill(Number.NaN);
  for (let p = 0; p < count; p++) {
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        let sum = 0;
        for (let k = 0; k < K; k++)
          sum += a[p * strides.a + (transposed.a ? k * M + m : m * K + k)]! * b[p * strides.b + (transposed.b ? n * K + k : k * N + n)]!;
        want[p * strides.c + m * N + n] = sum;
      }
    }
  }
  return want;
}

/** Around the register tile and the blocks (96 rows, 512 deep, 1024 columns). */
const SIZES: readonly Case[] = [
  ...[1, 6, 13].flatMap((M) => [1, 9].map((N) => ({ count: 3, M, N, K: 5 }))),
  { count: 2, M: 97, N: 9, K: 3 },
  { count: 2, M: 5, N: 1033, K: 2 },
  { count: 2, M: 7, N: 9, K: 515 },
];

describe.each(TEST_BUILDS)("f32_gemm_batch, %s build", (build) => {
  const harness = createHarness(build);

  it("sizes below, at and above tile and blocks, transposed or not, operands at the end of memory", () => {
    for (const size of SIZES) {
      for (const a of [false, true]) {
        for (const b of [false, true]) {
          const c = { ...size, transposed: { a, b }, gap: a ? 3 : 0 };
          const want = expected(c);
          for (const end of ["a", "b", "c"] as const) {
            const got = compute(harness, { ...c, end });
            const wrong = got.findIndex((v, i) => !(v === want[i] || (Number.isNaN(v) && Number.isNaN(want[i]!))));
            expect(wrong, `${JSON.stringify(c)}, ${end} at the end: ${got[wrong]} for ${want[wrong]}`).toBe(-1);
          }
        }
      }
    }
  });

  it("shares of threads, of whole products or of parts, cover the results once, and give the bits of one thread", () => {
    for (const [count, M, N, K] of [
      [1, 40, 12, 30],
      [2, 40, 12, 520],
      [3, 9, 70, 20],
      [34, 3, 5, 7],
    ] as const) {
      const c: Case = { count, M, N, K, values: uniform };
      const one = bits(compute(harness, c));
      for (const threads of [3, 16]) {
        expect(bits(compute(harness, { ...c, threads })), `${count} x [${M}, ${N}, ${K}], ${threads} threads`).toEqual(one);
        const written = new Uint8Array(one.length);
        for (let ith = 0; ith < threads; ith++) {
          for (const [i, v] of compute(harness, { ...c, threads, run: [ith] }).entries()) if (!Number.isNaN(v)) written[i]!++;
        }
        expect(written.every((times) => times === 1)).toBe(true);
      }
    }
  });
});
