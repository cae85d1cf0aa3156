import { describe, expect, it } from "vitest";
import { bits, createHarness, uniform } from "./harness.ts";

const harness = createHarness();
/** Below, at and above one vector and four, and primes. */
const SIZES = [1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 20, 31, 64, 67, 127, 1009];
const SPECIAL = [0, -0, 1, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-45, 3.4e38, 2.5];
const f = Math.fround;

/** kernel(n, operands ..., parameters ..., y): its result, and the same written over each operand in turn. */
function check(kernel: string, operands: readonly Float32Array[], parameters: readonly number[], expected: (...x: number[]) => number): void {
  const n = operands[0]!.length;
  const want = operands[0]!.map((_, i) => expected(...operands.map((o) => o[i]!)));
  for (let inPlace = -1; inPlace < operands.length; inPlace++) {
    harness.reset();
    const buffers = operands.map((o) => harness.from(o));
    const y = inPlace < 0 ? harness.empty(n) : buffers[inPlace]!;
    harness.kernels[kernel]!(n, ...buffers.map((b) => b.address), ...parameters, y.address);
    expect([...y.values], `${kernel}, n = ${n}, over operand ${inPlace}`).toEqual([...want]);
    expect(buffers.every((b) => b.intact()) && y.intact(), `${kernel}, n = ${n}: writes past the padding`).toBe(true);
  }
}

/** Every pair of special values in two operands, repeated from the start of `x` and `y`. */
function pairs(): [Float32Array, Float32Array] {
  const n = SPECIAL.length;
  return [
    Float32Array.from({ length: n * n }, (_, i) => SPECIAL[i % n]!),
    Float32Array.from({ length: n * n }, (_, i) => SPECIAL[Math.floor(i / n)]!),
  ];
}

describe("one operand, exact", () => {
  const kernels: readonly [string, (x: number) => number][] = [
    ["f32_vneg", (x) => -x],
    ["f32_vabs", Math.abs],
    ["f32_vsqrt", Math.sqrt],
    ["f32_vrsqrt", (x) => 1 / f(Math.sqrt(x))],
  ];
  for (const [kernel, expected] of kernels) {
    it(kernel, () => {
      for (const n of SIZES) check(kernel, [uniform(n, n, 10)], [], expected);
      check(kernel, [Float32Array.from(SPECIAL)], [], expected);
    });
  }
});

describe("one operand, the same bits in every lane and in place", () => {
  for (const kernel of ["f32_vexp", "f32_vlog", "f32_vtanh", "f32_vsigmoid", "f32_vsoftplus"]) {
    it(kernel, () => {
      const run = (x: Float32Array, inPlace: boolean) => {
        harness.reset();
        const input = harness.from(x);
        const y = inPlace ? input : harness.empty(x.length);
        harness.kernels[kernel]!(x.length, input.address, y.address);
        expect(y.intact() && input.intact()).toBe(true);
        return bits(y.values);
      };
      const x = uniform(67, 5, 4).map(Math.abs);
      const whole = run(x, false);
      expect(run(x, true)).toEqual(whole);
      for (const n of SIZES.filter((size) => size < 67)) expect(run(x.slice(0, n), false)).toEqual(whole.slice(0, n));
      for (const from of [1, 2, 3]) expect(run(x.slice(from), false)).toEqual(whole.slice(from));
    });
  }
});

describe("two operands", () => {
  const kernels: readonly [string, (a: number, b: number) => number][] = [
    ["f32_vadd", (a, b) => a + b],
    ["f32_vsub", (a, b) => a - b],
    ["f32_vmul", (a, b) => a * b],
    ["f32_vdiv", (a, b) => a / b],
    ["f32_vmax", Math.max],
    ["f32_vmin", Math.min],
    ["f32_vgt", (a, b) => (a > b ? 1 : 0)],
    ["f32_vge", (a, b) => (a >= b ? 1 : 0)],
    ["f32_veq", (a, b) => (a === b ? 1 : 0)],
  ];
  for (const [kernel, expected] of kernels) {
    it(kernel, () => {
      for (const n of SIZES) check(kernel, [uniform(n, n, 3), uniform(n, n + 1, 3)], [], expected);
      check(kernel, pairs(), [], expected);
    });
  }
});

describe("more operands and parameters", () => {
  const alpha = f(0.2);
  it("f32_vlrelu", () => {
    for (const n of SIZES) check("f32_vlrelu", [uniform(n, n)], [alpha], (x) => (x > 0 ? x : alpha * x));
    for (const a of [alpha, 0]) check("f32_vlrelu", [Float32Array.from(SPECIAL)], [a], (x) => (x > 0 ? x : a * x));
  });
  it("f32_vlrelu_grad", () => {
    for (const n of SIZES) check("f32_vlrelu_grad", [uniform(n, n), uniform(n, n + 1)], [alpha], (dy, x) => (x > 0 ? dy : alpha * dy));
    check("f32_vlrelu_grad", pairs(), [alpha], (dy, x) => (x > 0 ? dy : alpha * dy));
  });
  it("f32_vselect never mixes in the other operand", () => {
    for (const n of SIZES) {
      const mask = uniform(n, n).map((x) => (x > 0 ? 1 : 0));
      check("f32_vselect", [mask, uniform(n, n + 1), uniform(n, n + 2)], [], (m, a, b) => (m !== 0 ? a : b));
    }
    const [a, b] = pairs();
    for (const m of [0, -0, Number.NaN, 1e-45]) check("f32_vselect", [a.map(() => m), a, b], [], (mask, x, y) => (mask !== 0 ? x : y));
  });
  it("f32_vlerp", () => {
    for (const n of SIZES) {
      check("f32_vlerp", [uniform(n, n), uniform(n, n + 1), uniform(n, n + 2)], [], (a, b, t) => f(a + f(t * f(b - a))));
    }
  });
  it("f32_vadam", () => {
    const eps = f(1e-8);
    for (const n of SIZES) {
      const operands = [uniform(n, n), uniform(n, n + 1), uniform(n, n + 2).map(Math.abs), uniform(n, n + 3), uniform(n, n + 4).map(Math.abs)];
      check("f32_vadam", operands, [eps], (p, m, v, step, scale) => f(p - f(f(step * m) / f(f(scale * f(Math.sqrt(v))) + eps))));
    }
  });
});

describe("fills", () => {
  /** y after kernel(n, ..., y), checked to end where its padding does. */
  function fill(n: number, run: (y: number) => void): number[] {
    const y = harness.empty(n);
    run(y.address);
    expect(y.intact()).toBe(true);
    return [...y.values];
  }

  it("f32_vfill", () => {
    for (const n of SIZES) {
      harness.reset();
      expect(fill(n, (y) => harness.kernels.f32_vfill!(n, 2.5, y))).toEqual(new Array(n).fill(2.5));
    }
  });

  it("f32_vcopy", () => {
    for (const n of SIZES) {
      harness.reset();
      const x = harness.from(uniform(n, n));
      expect(fill(n, (y) => harness.kernels.f32_vcopy!(n, x.address, y))).toEqual([...x.values]);
    }
  });

  it("f32_vfill_periodic", () => {
    for (const n of SIZES) {
      for (const period of [1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 64, 1024]) {
        for (const phase of [0, 1, period - 1, 5 * period + 2]) {
          harness.reset();
          const x = harness.from(uniform(period, period));
          const want = Array.from({ length: n }, (_, i) => x.values[(phase + i) % period]!);
          expect(
            fill(n, (y) => harness.kernels.f32_vfill_periodic!(n, x.address, period, phase, y)),
            `n ${n}, period ${period}, phase ${phase}`,
          ).toEqual(want);
        }
      }
    }
  });

  it("f32_vfill_repeat", () => {
    for (const n of SIZES) {
      for (const each of [1, 2, 3, 4, 5, 7, 16, 17, 64, 2000]) {
        for (const phase of [0, 1, each - 1, 5 * each + 2]) {
          harness.reset();
          const x = harness.from(uniform(Math.floor((phase + n - 1) / each) + 1, each));
          const want = Array.from({ length: n }, (_, i) => x.values[Math.floor((phase + i) / each)]!);
          expect(
            fill(n, (y) => harness.kernels.f32_vfill_repeat!(n, x.address, each, phase, y)),
            `n ${n}, each ${each}, phase ${phase}`,
          ).toEqual(want);
        }
      }
    }
  });
});
