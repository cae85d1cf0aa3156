import { describe, expect, it } from "vitest";
import { createHarness } from "./harness.ts";

const harness = createHarness();

const sigmoid = (x: number) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
const softplus = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const SMALLEST_NORMAL = 2 ** -126;
const SMALLEST_DENORMAL = 2 ** -149;

/** 600 mantissas of every exponent and sign, and 400,000 values across the range where the function bends. */
function sweep([from, to]: readonly [number, number]): Float32Array {
  const words = new Uint32Array(512 * 600);
  for (let high = 0; high < 512; high++) {
    for (let i = 0; i < 600; i++) words[high * 600 + i] = (high << 23) | ((i * 13981 + high * 7919) % 0x800000);
  }
  const everywhere = new Float32Array(words.buffer).filter((x) => Number.isFinite(x));
  const count = 400_000;
  const all = new Float32Array(everywhere.length + count);
  all.set(everywhere);
  for (let i = 0; i < count; i++) all[everywhere.length + i] = from + ((to - from) * i) / count;
  return all;
}

function apply(kernel: string, x: ArrayLike<number>): Float32Array {
  harness.reset();
  const input = harness.from(x);
  const output = harness.empty(x.length);
  harness.kernels[kernel]!(x.length, input.address, output.address);
  return output.values.slice();
}

/** The largest relative error where the result is normal; elsewhere overflow must be float32's own and a denormal off by one unit at most. */
function worstError(kernel: string, x: Float32Array, f: (x: number) => number): number {
  const y = apply(kernel, x);
  let worst = 0;
  for (let i = 0; i < x.length; i++) {
    const expected = f(x[i]!);
    if (Object.is(y[i], Math.fround(expected))) continue;
    const error = Math.abs(y[i]! - expected);
    const small = Math.abs(expected) < SMALLEST_NORMAL;
    if (small ? !(error < SMALLEST_DENORMAL) : !Number.isFinite(error)) throw new Error(`${kernel}(${x[i]}) = ${y[i]}, expected ${expected}`);
    if (!small) worst = Math.max(worst, error / Math.abs(expected));
  }
  return worst;
}

describe("over all of float32", () => {
  const functions = [
    ["exp", Math.exp, [-105, 90], 9e-8],
    ["log", Math.log, [0.3, 3], 9e-8],
    ["tanh", Math.tanh, [-10, 10], 2e-7],
    ["sigmoid", sigmoid, [-104, 20], 2e-7],
    ["softplus", softplus, [-104, 20], 1.6e-7],
  ] as const;
  for (const [name, f, range, bound] of functions) {
    it(`${name}: relative error < ${bound.toExponential()}`, () => {
      const x = name === "log" ? sweep(range).filter((v) => v > 0) : sweep(range);
      expect(worstError(`f32_v${name}`, x, f)).toBeLessThan(bound);
    });
  }
});

describe("special values", () => {
  const tiny = SMALLEST_DENORMAL;
  const huge = Math.fround(3.4e38);
  const half = Math.fround(Math.LN2);

  it("exp overflows to Inf and underflows to 0", () => {
    const x = [0, -0, Infinity, -Infinity, NaN, tiny, -tiny, huge, -huge];
    expect([...apply("f32_vexp", x)]).toEqual([1, 1, Infinity, 0, NaN, 1, 1, Infinity, 0]);
  });

  it("log has a pole at 0 and is NaN below", () => {
    const x = [0, -0, Infinity, -Infinity, NaN, -tiny, -huge, 1];
    expect([...apply("f32_vlog", x)]).toEqual([-Infinity, -Infinity, Infinity, NaN, NaN, NaN, NaN, 0]);
  });

  it("tanh keeps the sign of zero and denormals, and reaches 1", () => {
    const x = [0, -0, Infinity, -Infinity, NaN, tiny, -tiny, huge, -huge];
    expect([...apply("f32_vtanh", x)]).toEqual([0, -0, 1, -1, NaN, tiny, -tiny, 1, -1]);
  });

  it("tanh never exceeds 1", () => {
    const x = Float32Array.from({ length: 4096 }, (_, i) => 7 + i / 1024);
    expect(Math.max(...apply("f32_vtanh", x))).toBe(1);
  });

  it("sigmoid goes to 0 and 1", () => {
    const x = [0, -0, Infinity, -Infinity, NaN, tiny, -tiny, huge, -huge];
    expect([...apply("f32_vsigmoid", x)]).toEqual([0.5, 0.5, 1, 0, NaN, 0.5, 0.5, 1, 0]);
  });

  it("softplus goes to 0 and to x", () => {
    const x = [0, -0, Infinity, -Infinity, NaN, tiny, -tiny, huge, -huge];
    expect([...apply("f32_vsoftplus", x)]).toEqual([half, half, Infinity, 0, NaN, half, half, huge, 0]);
  });
});
