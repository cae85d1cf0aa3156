import { describe, expect, it } from "vitest";
import { NR } from "../../assembly/format/products.ts";
import { panelsSize } from "../../src/exec/wasm/instructions/panels.ts";
import { products } from "../../src/exec/wasm/instructions/products.ts";
import { bits, createHarness, integers, TEST_BUILDS, uniform } from "./harness.ts";
import { link, operand } from "./instruction.ts";

const COUNT = 3;
const GAP = 5;

interface Case {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  readonly accumulate?: boolean;
  readonly threads?: number;
  /** Threads to run; all by default. */
  readonly run?: readonly number[];
  readonly end?: "a" | "b" | "c";
  readonly values?: typeof integers;
  /** Whether depth lies side by side in A, not rows. */
  readonly byRows?: boolean;
  readonly byColumns?: boolean;
}

const sizesOf = ({ M, N, K }: Case) => ({ a: K * M + GAP, b: panelsSize(K, N) + GAP, c: M * N + GAP });

/** Operands of all products, one behind the other. */
function operandsOf(c: Case) {
  const sizes = sizesOf(c);
  const values = c.values ?? integers;
  return { a: values(COUNT * sizes.a - GAP, 1), b: values(COUNT * sizes.b - GAP, 2), before: values(COUNT * sizes.c - GAP, 3) };
}

/** What Cs hold afterwards; NaN before unless they are added to. */
function compute(harness: ReturnType<typeof createHarness>, c: Case): Float32Array {
  harness.reset();
  const { M, N, K, accumulate = false, threads = 1, run = Array.from({ length: threads }, (_, i) => i), end } = c;
  const sizes = sizesOf(c);
  const { a, b, before } = operandsOf(c);
  const place = (name: "a" | "b" | "c", values: Float32Array) => {
    const buffer = operand(values.length);
    return { buffer, place: name === end ? harness.atEnd(values) : harness.from(values) };
  };
  const [pa, pb, pc] = [place("a", a), place("b", b), place("c", accumulate ? before : before.map(() => Number.NaN))];
  const instruction = products({
    count: COUNT,
    M,
    N,
    K,
    a: { buffer: pa.buffer, stride: sizes.a, laneStride: c.byRows ? K : 1, depthStride: c.byRows ? 1 : M },
    b: { buffer: pb.buffer, stride: sizes.b },
    c: { buffer: pc.buffer, stride: sizes.c },
    accumulate,
    byColumns: c.byColumns ?? false,
  });
  const linked = link(harness, instruction, new Map([pa, pb, pc].map(({ buffer, place }) => [buffer, place])), threads);
  for (const ith of run) harness.kernels.f32_products!(linked.words, ith, threads);
  linked.check();
  expect([pa, pb, pc].every(({ place }) => place.intact())).toBe(true);
  return pc.place.values.slice();
}

/** By definition; exact, as operands are small integers. */
function expected(c: Case): Float64Array {
  const { M, N, K, accumulate = false } = c;
  const sizes = sizesOf(c);
  const { a, b, before } = operandsOf(c);
  const want = Float64Array.from(accumulate ? before : before.map(() => Number.NaN));
  for (let p = 0; p < COUNT; p++) {
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        let sum = accumulate ? before[p * sizes.c + m * N + n]! : 0;
        for (let k = 0; k < K; k++)
          sum += a[p * sizes.a + (c.byRows ? m * K + k : k * M + m)]! * b[p * sizes.b + Math.floor(n / NR) * K * NR + k * NR + (n % NR)]!;
        want[p * sizes.c + m * N + n] = sum;
      }
    }
  }
  return want;
}

/** Around the register tile and the blocks (96 rows, 256 deep). */
const SIZES = [
  ...[1, 3, 4, 5, 6, 7, 12, 13].flatMap((M) => [1, 4, 7, 8, 9, 20].map((N) => [M, N, 5] as const)),
  ...[1, 2, 64, 65, 255, 256, 257, 520].map((K) => [7, 12, K] as const),
  ...[95, 96, 97, 200].map((M) => [M, 12, 3] as const),
] as const;

describe.each(TEST_BUILDS)("f32_products, %s build", (build) => {
  const harness = createHarness(build);

  it.each([
    [false, false],
    [true, false],
    [false, true],
  ])("sizes below, at and above tile and blocks, operands at the end of memory, added to what is there: %s, A by rows: %s", (accumulate, byRows) => {
    for (const [M, N, K] of SIZES) {
      const want = expected({ M, N, K, accumulate, byRows });
      for (const end of ["a", "b", "c"] as const) {
        const got = compute(harness, { M, N, K, accumulate, byRows, end });
        const wrong = got.findIndex((v, i) => !(v === want[i] || (Number.isNaN(v) && Number.isNaN(want[i]!))));
        expect(wrong, `[${M}, ${N}, ${K}], ${end} at the end: ${got[wrong]} for ${want[wrong]}`).toBe(-1);
      }
    }
  });

  it.each([false, true])("shares of threads cover the results once, and give the bits of one thread; by columns: %s", (byColumns) => {
    for (const [M, N, K] of [
      [1, 4, 3],
      [4, 33, 7],
      [40, 12, 300],
      [130, 9, 20],
    ] as const) {
      const c = { M, N, K, values: uniform, byColumns };
      const one = bits(compute(harness, { ...c, byColumns: false }));
      for (const threads of [2, 3, 16]) {
        expect(bits(compute(harness, { ...c, threads }))).toEqual(one);
        const written = new Uint8Array(one.length);
        for (let ith = 0; ith < threads; ith++) {
          for (const [i, v] of compute(harness, { ...c, threads, run: [ith] }).entries()) if (!Number.isNaN(v)) written[i]!++;
        }
        expect(Math.max(...written)).toBe(1);
      }
    }
  });
});
