/**
 * exp, log, tanh, sigmoid and softplus of four floats at once, from + - * / and bit operations alone, so that every engine gives the same bits.
 * Relative error over all of float32: exp and log < 9e-8, tanh and sigmoid < 2e-7, softplus < 1.6e-7 (test/kernels/math.test.ts measures them).
 * Denormal results are within one unit of their last place, nothing is flushed; NaN gives NaN.
 *
 * Method: Cody & Waite 1980 (argument reduction with a constant in two parts) and, for log, Tang 1990 as FreeBSD's msun orders it.
 * The polynomials are minimax fits of this project's own.
 */

/** 1.5 * 2^23: added to |t| < 2^22 it rounds t to an integer, which then stands in the low bits of the sum. */
// @ts-ignore: decorator
@inline
const ROUND: f32 = 12582912.0;
// @ts-ignore: decorator
@inline
const ROUND_BITS: i32 = 0x4b400000;
// @ts-ignore: decorator
@inline
const LOG2_E: f32 = 1.44269504;
/** ln 2 in two parts: n * LN2_HI is exact for every exponent n. */
// @ts-ignore: decorator
@inline
const LN2_HI: f32 = 0.693359375;
// @ts-ignore: decorator
@inline
const LN2_LO: f32 = -2.12194440e-4;
// @ts-ignore: decorator
@inline
const LN2: f32 = 0.693147181;
// @ts-ignore: decorator
@inline
const SQRT_HALF_BITS: i32 = 0x3f3504f3;
// @ts-ignore: decorator
@inline
const SQRT_2: f32 = 1.41421356;

/** e^r - 1 for |r| <= ln 2 / 2, relative error < 4e-9 before rounding: r + r^2 q(r), q of degree 4. */
// @ts-ignore: decorator
@inline
function expm1Reduced(r: v128): v128 {
  let q = f32x4.add(f32x4.splat(0.00836889911), f32x4.mul(f32x4.splat(0.00138142181), r));
  q = f32x4.add(f32x4.splat(0.0416684076), f32x4.mul(q, r));
  q = f32x4.add(f32x4.splat(0.166665196), f32x4.mul(q, r));
  q = f32x4.add(f32x4.splat(0.49999994), f32x4.mul(q, r));
  return f32x4.add(r, f32x4.mul(f32x4.mul(r, r), q));
}

/** x - n ln 2. */
// @ts-ignore: decorator
@inline
function subtractLn2(x: v128, n: v128): v128 {
  return f32x4.sub(f32x4.sub(x, f32x4.mul(n, f32x4.splat(LN2_HI))), f32x4.mul(n, f32x4.splat(LN2_LO)));
}

/** 2^n for integers -127 < n < 128. */
// @ts-ignore: decorator
@inline
function powerOf2(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/** e^x: 0 below -103.98, Inf above 88.73. */
// @ts-ignore: decorator
@inline
export function v_exp(x: v128): v128 {
  // pmin and pmax give their first operand when it is NaN.
  const bounded = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104.0)), f32x4.splat(89.0));
  const t = f32x4.add(f32x4.mul(bounded, f32x4.splat(LOG2_E)), f32x4.splat(ROUND));
  const p = f32x4.add(f32x4.splat(1.0), expm1Reduced(subtractLn2(bounded, f32x4.sub(t, f32x4.splat(ROUND)))));
  // 2^n as two factors: n goes from -150 to 128, and only the last product rounds.
  const n = i32x4.sub(t, i32x4.splat(ROUND_BITS));
  const half = i32x4.shr_s(n, 1);
  return f32x4.mul(f32x4.mul(p, powerOf2(half)), powerOf2(i32x4.sub(n, half)));
}

/**
 * ln(1 + f) + correction for 1 + f in [1/√2, √2]: f - (f^2/2 - s (f^2/2 + R(s^2)) - correction) with s = f / (2 + f), R of degree 3,
 * relative error < 1e-9 before rounding.
 */
// @ts-ignore: decorator
@inline
function log1pReduced(f: v128, correction: v128): v128 {
  const s = f32x4.div(f, f32x4.add(f32x4.splat(2.0), f));
  const z = f32x4.mul(s, s);
  const half = f32x4.mul(f32x4.mul(f32x4.splat(0.5), f), f);
  let q = f32x4.add(f32x4.splat(0.399775416), f32x4.mul(f32x4.splat(0.29871729), z));
  q = f32x4.add(f32x4.splat(0.666667759), f32x4.mul(q, z));
  const tail = f32x4.add(f32x4.mul(s, f32x4.add(half, f32x4.mul(z, q))), correction);
  return f32x4.sub(f, f32x4.sub(half, tail));
}

/** ln x: -Inf at ±0, NaN below 0, Inf at Inf. */
// @ts-ignore: decorator
@inline
export function v_log(x: v128): v128 {
  const denormal = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608.0)), x, denormal);
  // x = 2^k m with m in [1/√2, √2).
  const bits = i32x4.sub(scaled, i32x4.splat(SQRT_HALF_BITS));
  const m = i32x4.add(v128.and(bits, i32x4.splat(0x7fffff)), i32x4.splat(SQRT_HALF_BITS));
  const k = f32x4.sub(f32x4.convert_i32x4_s(i32x4.shr_s(bits, 23)), v128.and(denormal, f32x4.splat(23.0)));
  const low = log1pReduced(f32x4.sub(m, f32x4.splat(1.0)), f32x4.mul(k, f32x4.splat(LN2_LO)));
  const y = f32x4.add(f32x4.mul(k, f32x4.splat(LN2_HI)), low);
  const finite = v128.bitselect(y, x, f32x4.lt(x, f32x4.splat(Infinity)));
  const orPole = v128.bitselect(f32x4.splat(-Infinity), finite, f32x4.eq(x, f32x4.splat(0.0)));
  return v128.or(orPole, f32x4.lt(x, f32x4.splat(0.0)));
}

/** tanh |x| = -m / (2 + m) with m = e^(-2|x|) - 1, and the sign of x. */
// @ts-ignore: decorator
@inline
export function v_tanh(x: v128): v128 {
  const sign = v128.and(x, i32x4.splat(0x80000000));
  // tanh is 1 to the last bit long before |x| = 10.
  const y = f32x4.pmax(f32x4.mul(f32x4.abs(x), f32x4.splat(-2.0)), f32x4.splat(-20.0));
  const t = f32x4.add(f32x4.mul(y, f32x4.splat(LOG2_E)), f32x4.splat(ROUND));
  const p = expm1Reduced(subtractLn2(y, f32x4.sub(t, f32x4.splat(ROUND))));
  const scale = powerOf2(i32x4.sub(t, i32x4.splat(ROUND_BITS)));
  const expm1 = f32x4.add(f32x4.mul(scale, p), f32x4.sub(scale, f32x4.splat(1.0)));
  return v128.or(f32x4.abs(f32x4.div(expm1, f32x4.add(expm1, f32x4.splat(2.0)))), sign);
}

/** 1 / (1 + e^-x), as e^x / (1 + e^x) below 0. */
// @ts-ignore: decorator
@inline
export function v_sigmoid(x: v128): v128 {
  const e = v_exp(f32x4.neg(f32x4.abs(x)));
  const one = f32x4.splat(1.0);
  return f32x4.div(v128.bitselect(e, one, f32x4.lt(x, f32x4.splat(0.0))), f32x4.add(one, e));
}

/** ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|). */
// @ts-ignore: decorator
@inline
export function v_softplus(x: v128): v128 {
  const e = v_exp(f32x4.neg(f32x4.abs(x)));
  const one = f32x4.splat(1.0);
  // 1 + e as it is or, from √2 up, as 2 (1 + (e - 1) / 2).
  const large = f32x4.gt(e, f32x4.splat(SQRT_2 - 1.0));
  const f = v128.bitselect(f32x4.mul(f32x4.sub(e, one), f32x4.splat(0.5)), e, large);
  const low = log1pReduced(f, f32x4.splat(0.0));
  return f32x4.add(f32x4.pmax(x, f32x4.splat(0.0)), f32x4.add(v128.and(large, f32x4.splat(LN2)), low));
}
