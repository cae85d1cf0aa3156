/**
 * Elementwise kernels `f32_v*(n, operands ..., y)`: y[i] = f(operands[i] ...) over n contiguous elements.
 *
 * Every block is 16-byte aligned or lies inside a tensor that is padded to whole vectors: n is rounded up to a multiple of 4, and that many
 * elements are read and written. y may be exactly an operand; blocks may not overlap otherwise. Each element depends on its own operands only,
 * so a tensor can be cut anywhere at a multiple of 4.
 */
import { v_exp, v_log, v_sigmoid, v_softplus, v_tanh } from "./math";

const enum Unary {
  Neg,
  Abs,
  Sqrt,
  Rsqrt,
  Exp,
  Log,
  Tanh,
  Sigmoid,
  Softplus,
}

const enum Binary {
  Add,
  Sub,
  Mul,
  Div,
  Max,
  Min,
  Greater,
  GreaterEqual,
  Equal,
}

/** Bytes of n elements in whole vectors. */
// @ts-ignore: decorator
@inline
function vectorBytes(n: usize): usize {
  return ((n + 3) & ~3) << 2;
}

// @ts-ignore: decorator
@inline
function unaryOf(op: Unary, x: v128): v128 {
  if (op == Unary.Neg) return f32x4.neg(x);
  if (op == Unary.Abs) return f32x4.abs(x);
  if (op == Unary.Sqrt) return f32x4.sqrt(x);
  if (op == Unary.Rsqrt) return f32x4.div(f32x4.splat(1.0), f32x4.sqrt(x));
  if (op == Unary.Exp) return v_exp(x);
  if (op == Unary.Log) return v_log(x);
  if (op == Unary.Tanh) return v_tanh(x);
  if (op == Unary.Sigmoid) return v_sigmoid(x);
  return v_softplus(x);
}

// @ts-ignore: decorator
@inline
function binaryOf(op: Binary, a: v128, b: v128): v128 {
  if (op == Binary.Add) return f32x4.add(a, b);
  if (op == Binary.Sub) return f32x4.sub(a, b);
  if (op == Binary.Mul) return f32x4.mul(a, b);
  if (op == Binary.Div) return f32x4.div(a, b);
  if (op == Binary.Max) return f32x4.max(a, b);
  if (op == Binary.Min) return f32x4.min(a, b);
  if (op == Binary.Greater) return v128.and(f32x4.gt(a, b), f32x4.splat(1.0));
  if (op == Binary.GreaterEqual) return v128.and(f32x4.ge(a, b), f32x4.splat(1.0));
  return v128.and(f32x4.eq(a, b), f32x4.splat(1.0));
}

// @ts-ignore: decorator
@inline
function unary(op: Unary, n: usize, x: usize, y: usize): void {
  const end = y + vectorBytes(n);
  // Unrolled where memory, not arithmetic, is the limit.
  if (op < Unary.Exp) {
    for (; y + 64 <= end; x += 64, y += 64) {
      const y0 = unaryOf(op, v128.load(x));
      const y1 = unaryOf(op, v128.load(x, 16));
      const y2 = unaryOf(op, v128.load(x, 32));
      const y3 = unaryOf(op, v128.load(x, 48));
      v128.store(y, y0);
      v128.store(y, y1, 16);
      v128.store(y, y2, 32);
      v128.store(y, y3, 48);
    }
  }
  for (; y < end; x += 16, y += 16) v128.store(y, unaryOf(op, v128.load(x)));
}

// @ts-ignore: decorator
@inline
function binary(op: Binary, n: usize, a: usize, b: usize, y: usize): void {
  const end = y + vectorBytes(n);
  for (; y + 64 <= end; a += 64, b += 64, y += 64) {
    const y0 = binaryOf(op, v128.load(a), v128.load(b));
    const y1 = binaryOf(op, v128.load(a, 16), v128.load(b, 16));
    const y2 = binaryOf(op, v128.load(a, 32), v128.load(b, 32));
    const y3 = binaryOf(op, v128.load(a, 48), v128.load(b, 48));
    v128.store(y, y0);
    v128.store(y, y1, 16);
    v128.store(y, y2, 32);
    v128.store(y, y3, 48);
  }
  for (; y < end; a += 16, b += 16, y += 16) v128.store(y, binaryOf(op, v128.load(a), v128.load(b)));
}

/** y = -x. */
export function f32_vneg(n: usize, x: usize, y: usize): void {
  unary(Unary.Neg, n, x, y);
}

/** y = |x|. */
export function f32_vabs(n: usize, x: usize, y: usize): void {
  unary(Unary.Abs, n, x, y);
}

/** y = √x, correctly rounded. */
export function f32_vsqrt(n: usize, x: usize, y: usize): void {
  unary(Unary.Sqrt, n, x, y);
}

/** y = 1 / √x, root and quotient each correctly rounded. */
export function f32_vrsqrt(n: usize, x: usize, y: usize): void {
  unary(Unary.Rsqrt, n, x, y);
}

/** y = e^x. */
export function f32_vexp(n: usize, x: usize, y: usize): void {
  unary(Unary.Exp, n, x, y);
}

/** y = ln x. */
export function f32_vlog(n: usize, x: usize, y: usize): void {
  unary(Unary.Log, n, x, y);
}

/** y = tanh x. */
export function f32_vtanh(n: usize, x: usize, y: usize): void {
  unary(Unary.Tanh, n, x, y);
}

/** y = 1 / (1 + e^-x). */
export function f32_vsigmoid(n: usize, x: usize, y: usize): void {
  unary(Unary.Sigmoid, n, x, y);
}

/** y = ln(1 + e^x). */
export function f32_vsoftplus(n: usize, x: usize, y: usize): void {
  unary(Unary.Softplus, n, x, y);
}

/** y = a + b. */
export function f32_vadd(n: usize, a: usize, b: usize, y: usize): void {
  binary(Binary.Add, n, a, b, y);
}

/** y = a - b. */
export function f32_vsub(n: usize, a: usize, b: usize, y: usize): void {
  binary(Binary.Sub, n, a, b, y);
}

/** y = a b. */
export function f32_vmul(n: usize, a: usize, b: usize, y: usize): void {
  binary(Binary.Mul, n, a, b, y);
}

/** y = a / b. */
export function f32_vdiv(n: usize, a: usize, b: usize, y: usize): void {
  binary(Binary.Div, n, a, b, y);
}

/** y = the larger of a and b; NaN if either is NaN. */
export function f32_vmax(n: usize, a: usize, b: usize, y: usize): void {
  binary(Binary.Max, n, a, b, y);
}

/** y = the smaller of a and b; NaN if either is NaN. */
export function f32_vmin(n: usize, a: usize, b: usize, y: usize): void {
  binary(Binary.Min, n, a, b, y);
}

/** y = a > b ? 1 : 0. */
export function f32_vgt(n: usize, a: usize, b: usize, y: usize): void {
  binary(Binary.Greater, n, a, b, y);
}

/** y = a >= b ? 1 : 0. */
export function f32_vge(n: usize, a: usize, b: usize, y: usize): void {
  binary(Binary.GreaterEqual, n, a, b, y);
}

/** y = a == b ? 1 : 0. */
export function f32_veq(n: usize, a: usize, b: usize, y: usize): void {
  binary(Binary.Equal, n, a, b, y);
}

/** y = x > 0 ? x : alpha x. */
export function f32_vlrelu(n: usize, x: usize, alpha: f32, y: usize): void {
  f32_vlrelu_grad(n, x, x, alpha, y);
}

/** y = x > 0 ? dy : alpha dy. */
export function f32_vlrelu_grad(n: usize, dy: usize, x: usize, alpha: f32, y: usize): void {
  const slope = f32x4.splat(alpha);
  const zero = f32x4.splat(0.0);
  for (const end = y + vectorBytes(n); y < end; dy += 16, x += 16, y += 16) {
    const d = v128.load(dy);
    v128.store(y, v128.bitselect(d, f32x4.mul(d, slope), f32x4.gt(v128.load(x), zero)));
  }
}

/** y = mask != 0 ? a : b; a NaN in the mask is not 0. */
export function f32_vselect(n: usize, mask: usize, a: usize, b: usize, y: usize): void {
  const zero = f32x4.splat(0.0);
  for (const end = y + vectorBytes(n); y < end; mask += 16, a += 16, b += 16, y += 16) {
    v128.store(y, v128.bitselect(v128.load(a), v128.load(b), f32x4.ne(v128.load(mask), zero)));
  }
}

/** y = a + t (b - a). */
export function f32_vlerp(n: usize, a: usize, b: usize, t: usize, y: usize): void {
  for (const end = y + vectorBytes(n); y < end; a += 16, b += 16, t += 16, y += 16) {
    const from = v128.load(a);
    v128.store(y, f32x4.add(from, f32x4.mul(v128.load(t), f32x4.sub(v128.load(b), from))));
  }
}

/** y = p - step m / (scale √v + eps): Adam's update (Kingma & Ba 2015, algorithm 1) with the bias corrections in `step` and `scale`. */
export function f32_vadam(n: usize, p: usize, m: usize, v: usize, step: usize, scale: usize, eps: f32, y: usize): void {
  const epsilon = f32x4.splat(eps);
  for (const end = y + vectorBytes(n); y < end; p += 16, m += 16, v += 16, step += 16, scale += 16, y += 16) {
    const denominator = f32x4.add(f32x4.mul(v128.load(scale), f32x4.sqrt(v128.load(v))), epsilon);
    v128.store(y, f32x4.sub(v128.load(p), f32x4.div(f32x4.mul(v128.load(step), v128.load(m)), denominator)));
  }
}

/** y = x. */
export function f32_vcopy(n: usize, x: usize, y: usize): void {
  memory.copy(y, x, n << 2);
}

/** y[i] = value. */
export function f32_vfill(n: usize, value: f32, y: usize): void {
  const v = f32x4.splat(value);
  for (const end = y + vectorBytes(n); y < end; y += 16) v128.store(y, v);
}

/** y[i] = x[(phase + i) mod period]: one block of a tensor broadcast along leading axes. Reads x[period] only. */
export function f32_vfill_periodic(n: usize, x: usize, period: usize, phase: usize, y: usize): void {
  if (period == 1) return f32_vfill(n, load<f32>(x), y);
  // After as many periods as make whole vectors, y repeats itself at a distance its vectors are aligned to.
  const lead = period << (period & 1 ? 2 : period & 2 ? 1 : 0);
  const first = min(n, lead);
  let from = phase % period;
  for (let i: usize = 0; i < first; from = 0) {
    const run = min(period - from, first - i);
    memory.copy(y + (i << 2), x + (from << 2), run << 2);
    i += run;
  }
  const end = y + vectorBytes(n);
  const distance = lead << 2;
  for (y += distance; y < end; y += 16) v128.store(y, v128.load(y - distance));
}

/** y[i] = x[(phase + i) div each]: one block of a tensor broadcast along trailing axes. Reads x[0 .. (phase + n - 1) div each] only. */
export function f32_vfill_repeat(n: usize, x: usize, each: usize, phase: usize, y: usize): void {
  const end = y + vectorBytes(n);
  const last = y + (n << 2);
  let from = x + ((phase / each) << 2);
  for (let run = each - (phase % each); y < last; run = each, from += 4) {
    const value = load<f32>(from);
    const v = f32x4.splat(value);
    const stop = min(y + (run << 2), last);
    // A vector may run past its stretch into what is written next, never past y's padding.
    for (; y < stop && y + 16 <= end; y += 16) v128.store(y, v);
    for (; y < stop; y += 4) store<f32>(y, value);
    y = stop;
  }
}
