import { describe, expect, it } from "vitest";
import { bits, createHarness, relativeError, uniform } from "./harness.ts";

const harness = createHarness();
const CHANNELS = [1, 3, 4, 5, 8, 17, 64];
const ROWS = [1, 2, 3, 4, 5, 31, 32, 33, 100];
const CHUNK = 32;
const EPS = Math.fround(1e-5);

/** Ranges [begin, end) that cover [0, n). */
function ranges(n: number, cuts: readonly number[]): [number, number][] {
  const points = [0, ...cuts.filter((c) => c > 0 && c < n), n];
  return points.slice(1).map((end, i) => [points[i]!, end]);
}

/** moments[2, C] as the kernels compute them, chunk after chunk. */
function moments(x: Float32Array, R: number, C: number, cuts: readonly number[] = []): Float32Array {
  const k = harness.kernels;
  const chunks = Math.ceil(R / CHUNK);
  const input = harness.atEnd(x);
  const partial = harness.empty(chunks * C);
  const result = harness.empty(2 * C);
  const variance = result.address + 4 * C;
  for (const [b, e] of ranges(chunks, cuts)) k.f32_colsum_partial!(b, e, R, C, CHUNK, input.address, partial.address);
  for (const [b, e] of ranges(C, cuts)) k.f32_colsum_combine!(b, e, C, chunks, R, partial.address, result.address);
  for (const [b, e] of ranges(chunks, cuts)) k.f32_colsqsum_partial!(b, e, R, C, CHUNK, input.address, result.address, partial.address);
  for (const [b, e] of ranges(C, cuts)) k.f32_colsum_combine!(b, e, C, chunks, R, partial.address, variance);
  expect(partial.intact() && result.intact()).toBe(true);
  return result.values.slice();
}

function expectedMoments(x: Float32Array, R: number, C: number): Float64Array {
  const m = new Float64Array(2 * C);
  for (let i = 0; i < R * C; i++) m[i % C]! += x[i]! / R;
  for (let i = 0; i < R * C; i++) m[C + (i % C)]! += (x[i]! - m[i % C]!) ** 2 / R;
  return m;
}

function sums(dy: Float32Array, x: Float32Array, m: Float32Array, R: number, C: number, cuts: readonly number[] = []): Float32Array {
  const chunks = Math.ceil(R / CHUNK);
  const [a, b, c] = [harness.from(dy), harness.atEnd(x), harness.from(m)];
  const partial = harness.empty(chunks * 2 * C);
  const result = harness.empty(2 * C);
  for (const [begin, end] of ranges(chunks, cuts)) {
    harness.kernels.f32_colgradsum_partial!(begin, end, R, C, CHUNK, a.address, b.address, c.address, EPS, partial.address);
  }
  for (const [begin, end] of ranges(2 * C, cuts)) harness.kernels.f32_colsum_combine!(begin, end, 2 * C, chunks, 1, partial.address, result.address);
  expect(partial.intact() && result.intact()).toBe(true);
  return result.values.slice();
}

interface Case {
  readonly R: number;
  readonly C: number;
  readonly x: Float32Array;
  readonly dy: Float32Array;
  readonly m: Float32Array;
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
}

function makeCase(R: number, C: number): Case {
  const x = uniform(R * C, R + C, 2);
  const m = Float32Array.from([...uniform(C, 3), ...uniform(C, 4).map((v) => v * v + 0.1)]);
  return { R, C, x, dy: uniform(R * C, R + C + 1), m, gamma: uniform(C, 5, 2), beta: uniform(C, 6) };
}

const everyCase = () => CHANNELS.flatMap((C) => ROWS.map((R) => makeCase(R, C)));
const channel = ({ C, m }: Case, c: number) => ({ mean: m[c]!, rstd: 1 / Math.sqrt(m[C + c]! + EPS) });

describe("moments", () => {
  it("of any size: relative error < 1e-6", () => {
    for (const { x, R, C } of everyCase().filter((c) => c.R > 1)) {
      harness.reset();
      const got = moments(x, R, C);
      const want = expectedMoments(x, R, C);
      // A mean is as good as the values it is taken of, whose size is 2.
      expect(relativeError(got.slice(0, C), want.slice(0, C), 2), `[${R}, ${C}]`).toBeLessThan(1e-6);
      expect(relativeError(got.slice(C), want.slice(C)), `[${R}, ${C}]`).toBeLessThan(1e-6);
    }
  });

  it("variance does not cancel far from 0", () => {
    harness.reset();
    const [R, C] = [5000, 5];
    const x = uniform(R * C, 9).map((v) => v + 1000);
    const got = moments(x, R, C);
    expect(relativeError(got.slice(C), expectedMoments(x, R, C).slice(C))).toBeLessThan(1e-5);
  });

  it("one row has variance 0", () => {
    harness.reset();
    expect([...moments(Float32Array.of(1, 2, 3), 1, 3)]).toEqual([1, 2, 3, 0, 0, 0]);
  });

  it("are the same bits however ranges are split", () => {
    for (const C of CHANNELS) {
      harness.reset();
      const x = uniform(200 * C, C);
      const whole = bits(moments(x, 200, C));
      for (const cuts of [[1], [2, 3], [1, 2, 3, 4, 5, 6]]) expect(bits(moments(x, 200, C, cuts)), `C ${C}, cut at ${cuts}`).toEqual(whole);
    }
  });
});

describe("batch norm", () => {
  function batchnorm(c: Case, inPlace: boolean, cuts: readonly number[] = []): Float32Array {
    const [x, m, gamma, beta] = [harness.atEnd(c.x), harness.from(c.m), harness.from(c.gamma), harness.from(c.beta)];
    const scratch = harness.empty(c.C);
    const y = inPlace ? x : harness.empty(c.R * c.C);
    for (const [b, e] of ranges(c.R, cuts)) {
      harness.kernels.f32_batchnorm!(b, e, c.C, x.address, m.address, gamma.address, beta.address, EPS, scratch.address, y.address);
      if (!inPlace) expect(y.values.subarray(e * c.C).every(Number.isNaN)).toBe(true);
    }
    expect(y.intact() && x.intact() && scratch.intact()).toBe(true);
    return y.values.slice();
  }

  it("of any size: error < 1e-6 of the values' size", () => {
    for (const c of everyCase()) {
      harness.reset();
      const want = Float64Array.from(c.x, (x, i) => (x - channel(c, i % c.C).mean) * channel(c, i % c.C).rstd * c.gamma[i % c.C]! + c.beta[i % c.C]!);
      const got = batchnorm(c, false);
      expect(relativeError(got, want, 4), `[${c.R}, ${c.C}]`).toBeLessThan(1e-6);
      expect(bits(batchnorm(c, true))).toEqual(bits(got));
    }
  });

  it("gives the same bits however rows are split", () => {
    for (const C of CHANNELS) {
      harness.reset();
      const c = makeCase(33, C);
      expect(bits(batchnorm(c, false, [1, 2, 17]))).toEqual(bits(batchnorm(c, false)));
    }
  });
});

describe("batch norm's gradient", () => {
  function gradient(c: Case, s: Float32Array, over: "none" | "dy" | "x", cuts: readonly number[] = []): Float32Array {
    const [dy, x, m, gamma, s2] = [harness.from(c.dy), harness.atEnd(c.x), harness.from(c.m), harness.from(c.gamma), harness.from(s)];
    const scratch = harness.empty(3 * c.C);
    const dx = over === "dy" ? dy : over === "x" ? x : harness.empty(c.R * c.C);
    for (const [b, e] of ranges(c.R, cuts)) {
      harness.kernels.f32_batchnorm_grad!(
        b,
        e,
        c.C,
        c.R,
        dy.address,
        x.address,
        m.address,
        gamma.address,
        s2.address,
        EPS,
        scratch.address,
        dx.address,
      );
    }
    expect(dx.intact() && scratch.intact()).toBe(true);
    return dx.values.slice();
  }

  it("sums of any size: error < 1e-6 of the values' size", () => {
    for (const c of everyCase()) {
      harness.reset();
      const want = new Float64Array(2 * c.C);
      const size = new Float64Array(2 * c.C);
      for (let i = 0; i < c.x.length; i++) {
        const k = i % c.C;
        const term = c.dy[i]! * (c.x[i]! - channel(c, k).mean) * channel(c, k).rstd;
        want[k]! += c.dy[i]!;
        want[c.C + k]! += term;
        size[k]! += Math.abs(c.dy[i]!);
        size[c.C + k]! += Math.abs(term);
      }
      for (const [i, v] of sums(c.dy, c.x, c.m, c.R, c.C).entries()) {
        expect(Math.abs(v - want[i]!), `[${c.R}, ${c.C}] at ${i}`).toBeLessThanOrEqual(1e-6 * size[i]!);
      }
    }
  });

  it("sums are the same bits however ranges are split", () => {
    for (const C of CHANNELS) {
      harness.reset();
      const c = makeCase(100, C);
      const whole = bits(sums(c.dy, c.x, c.m, 100, C));
      for (const cuts of [[1], [2, 3], [1, 2, 3, 5]]) expect(bits(sums(c.dy, c.x, c.m, 100, C, cuts))).toEqual(whole);
    }
  });

  it("dx of any size, in place over dy or x: error < 1e-6 of the values' size", () => {
    for (const c of everyCase()) {
      harness.reset();
      const s = uniform(2 * c.C, 8, c.R);
      const want = Float64Array.from(c.dy, (dy, i) => {
        const k = i % c.C;
        const { mean, rstd } = channel(c, k);
        return c.gamma[k]! * rstd * (dy - s[k]! / c.R - ((c.x[i]! - mean) * rstd * s[c.C + k]!) / c.R);
      });
      const got = gradient(c, s, "none");
      expect(relativeError(got, want, 10), `[${c.R}, ${c.C}]`).toBeLessThan(1e-6);
      expect(bits(gradient(c, s, "dy"))).toEqual(bits(got));
      expect(bits(gradient(c, s, "x"))).toEqual(bits(got));
      expect(bits(gradient(c, s, "none", [1, 2, 17]))).toEqual(bits(got));
    }
  });
});
