/**
 * Batch normalisation of x[R, C] by channel, in chunks: sums over fixed chunks of rows, which threads share, are added up in order, in float64.
 * The mean comes first and the variance is taken around it, so that neither cancels. Statistics [2, C] hold mean and variance, one after the other.
 *
 * x, dy and the results are read and written exactly, whatever C is: the channels left over from whole vectors go one by one.
 */
import { BatchNormGradRow } from "./format/scratch";
import { v_high, v_join, v_low } from "./simd";

/** What a column sum adds up for each element. */
const enum Term {
  /** x */
  Value,
  /** (x - mean)^2 */
  Square,
  /** dy, and dy (x - mean) beside it. */
  Gradient,
}

/** Four channels, or one in lane 0: the same arithmetic either way. */
// @ts-ignore: decorator
@inline
function get(wide: bool, p: usize): v128 {
  return wide ? v128.load(p) : v128.load32_zero(p);
}

// @ts-ignore: decorator
@inline
function put(wide: bool, p: usize, v: v128): void {
  if (wide) v128.store(p, v);
  else v128.store32_lane(p, v, 0);
}

/** 1 / √(variance + eps). */
// @ts-ignore: decorator
@inline
function rstd(wide: bool, variance: usize, eps: f32): v128 {
  return f32x4.div(f32x4.splat(1.0), f32x4.sqrt(f32x4.add(get(wide, variance), f32x4.splat(eps))));
}

/** partial[k, C] = Σ x over rows [k chunkRows, (k + 1) chunkRows) of x[R, C]. The range splits the chunks. partial may not overlap x. */
export function f32_colsum_partial(begin: usize, end: usize, R: usize, C: usize, chunkRows: usize, x: usize, partial: usize): void {
  columnSums(Term.Value, begin, end, R, C, chunkRows, x, x, x, 0, partial);
}

/** partial[k, C] = Σ (x - mean)^2 over rows [k chunkRows, (k + 1) chunkRows) of x[R, C], with mean[C]. The range splits the chunks. */
export function f32_colsqsum_partial(begin: usize, end: usize, R: usize, C: usize, chunkRows: usize, x: usize, mean: usize, partial: usize): void {
  columnSums(Term.Square, begin, end, R, C, chunkRows, x, x, mean, 0, partial);
}

/**
 * partial[k, 2, C] = Σ dy and Σ dy x̂ over rows [k chunkRows, (k + 1) chunkRows) of dy[R, C] and x[R, C], with
 * x̂ = (x - mean) / √(variance + eps) from moments[2, C]. The range splits the chunks.
 */
export function f32_colgradsum_partial(
  begin: usize,
  end: usize,
  R: usize,
  C: usize,
  chunkRows: usize,
  dy: usize,
  x: usize,
  moments: usize,
  eps: f32,
  partial: usize,
): void {
  columnSums(Term.Gradient, begin, end, R, C, chunkRows, dy, x, moments, eps, partial);
}

/**
 * y[c] = (Σ_k partial[k, c]) / count for channels begin <= c < end of partial[chunks, C]; sums in float64, in the order of k.
 * Pairs are 2C channels. The range splits the channels. y may not overlap partial.
 */
export function f32_colsum_combine(begin: usize, end: usize, C: usize, chunks: usize, count: usize, partial: usize, y: usize): void {
  let c = begin;
  for (; c + 4 <= end; c += 4) combine(true, c, C, chunks, count, partial, y);
  for (; c < end; c++) combine(false, c, C, chunks, count, partial, y);
}

// @ts-ignore: decorator
@inline
function combine(wide: bool, c: usize, C: usize, chunks: usize, count: usize, partial: usize, y: usize): void {
  let low = f64x2.splat(0.0);
  let high = low;
  let p = partial + (c << 2);
  for (let k: usize = 0; k < chunks; k++, p += C << 2) {
    const v = get(wide, p);
    low = f64x2.add(low, v_low(v));
    high = f64x2.add(high, v_high(v));
  }
  const n = f64x2.splat(<f64>count);
  put(wide, y + (c << 2), v_join(f64x2.div(low, n), f64x2.div(high, n)));
}

// @ts-ignore: decorator
@inline
function columnSums(
  term: Term,
  begin: usize,
  end: usize,
  R: usize,
  C: usize,
  chunkRows: usize,
  a: usize,
  x: usize,
  moments: usize,
  eps: f32,
  partial: usize,
): void {
  const stride = C << 2;
  const partialStride = term == Term.Gradient ? stride << 1 : stride;
  for (let k = begin; k < end; k++) {
    const sums = partial + k * partialStride;
    memory.fill(sums, 0, partialStride);
    const last = min(R, (k + 1) * chunkRows);
    let row = k * chunkRows;
    for (; row + 4 <= last; row += 4) addRows(term, true, a + row * stride, x + row * stride, stride, moments, sums);
    for (; row < last; row++) addRows(term, false, a + row * stride, x + row * stride, stride, moments, sums);
    if (term == Term.Gradient) scaleByRstd(stride, moments + stride, eps, sums + stride);
  }
}

/** Adds four rows, or one, to the sums of every channel; `stride` is the length of a row in bytes. */
// @ts-ignore: decorator
@inline
function addRows(term: Term, four: bool, a: usize, x: usize, stride: usize, mean: usize, sums: usize): void {
  let c: usize = 0;
  for (; c + 16 <= stride; c += 16) addColumns(term, four, true, a + c, x + c, stride, mean + c, sums + c);
  for (; c < stride; c += 4) addColumns(term, four, false, a + c, x + c, stride, mean + c, sums + c);
}

// @ts-ignore: decorator
@inline
function addColumns(term: Term, four: bool, wide: bool, a: usize, x: usize, stride: usize, mean: usize, sums: usize): void {
  if (term != Term.Square) {
    let s = get(wide, a);
    if (four) s = f32x4.add(f32x4.add(s, get(wide, a + stride)), f32x4.add(get(wide, a + stride * 2), get(wide, a + stride * 3)));
    put(wide, sums, f32x4.add(get(wide, sums), s));
  }
  if (term != Term.Value) {
    const m = get(wide, mean);
    const square = term == Term.Square;
    const target = square ? sums : sums + stride;
    let s = centred(square, wide, a, x, m);
    if (four) {
      const s1 = centred(square, wide, a + stride, x + stride, m);
      const s2 = centred(square, wide, a + stride * 2, x + stride * 2, m);
      const s3 = centred(square, wide, a + stride * 3, x + stride * 3, m);
      s = f32x4.add(f32x4.add(s, s1), f32x4.add(s2, s3));
    }
    put(wide, target, f32x4.add(get(wide, target), s));
  }
}

/** (x - mean)^2 or a (x - mean). */
// @ts-ignore: decorator
@inline
function centred(square: bool, wide: bool, a: usize, x: usize, mean: v128): v128 {
  const d = f32x4.sub(get(wide, x), mean);
  return f32x4.mul(square ? d : get(wide, a), d);
}

function scaleByRstd(stride: usize, variance: usize, eps: f32, sums: usize): void {
  let c: usize = 0;
  for (; c + 16 <= stride; c += 16) put(true, sums + c, f32x4.mul(get(true, sums + c), rstd(true, variance + c, eps)));
  for (; c < stride; c += 4) put(false, sums + c, f32x4.mul(get(false, sums + c), rstd(false, variance + c, eps)));
}

/**
 * y = (x - mean) (gamma / √(variance + eps)) + beta for rows begin <= r < end of x[R, C], with moments[2, C], gamma[C], beta[C].
 * The range splits the rows. y may be x. scratch[C], of this thread alone, is written first.
 */
export function f32_batchnorm(
  begin: usize,
  end: usize,
  C: usize,
  x: usize,
  moments: usize,
  gamma: usize,
  beta: usize,
  eps: f32,
  scratch: usize,
  y: usize,
): void {
  const stride = C << 2;
  let c: usize = 0;
  for (; c + 16 <= stride; c += 16) put(true, scratch + c, f32x4.mul(get(true, gamma + c), rstd(true, moments + stride + c, eps)));
  for (; c < stride; c += 4) put(false, scratch + c, f32x4.mul(get(false, gamma + c), rstd(false, moments + stride + c, eps)));
  x += begin * stride;
  y += begin * stride;
  for (let row = begin; row < end; row++, x += stride, y += stride) {
    for (c = 0; c + 16 <= stride; c += 16) put(true, y + c, normalised(true, x + c, moments + c, scratch + c, beta + c));
    for (; c < stride; c += 4) put(false, y + c, normalised(false, x + c, moments + c, scratch + c, beta + c));
  }
}

// @ts-ignore: decorator
@inline
function normalised(wide: bool, x: usize, mean: usize, scale: usize, beta: usize): v128 {
  return f32x4.add(f32x4.mul(f32x4.sub(get(wide, x), get(wide, mean)), get(wide, scale)), get(wide, beta));
}

/**
 * dx = gamma rstd (dy - Σdy / R - x̂ Σ(dy x̂) / R), x̂ = (x - mean) rstd, rstd = 1 / √(variance + eps), for rows begin <= r < end
 * (Ioffe & Szegedy 2015, section 3), with moments[2, C], gamma[C] and sums[2, C] = (Σdy, Σ dy x̂). The range splits the rows. dx may be dy or x.
 * scratch[3, C], of this thread alone, is written first.
 */
export function f32_batchnorm_grad(
  begin: usize,
  end: usize,
  C: usize,
  R: usize,
  dy: usize,
  x: usize,
  moments: usize,
  gamma: usize,
  sums: usize,
  eps: f32,
  scratch: usize,
  dx: usize,
): void {
  const stride = C << 2;
  const rows = <f32>R;
  let c: usize = 0;
  for (; c + 16 <= stride; c += 16) gradCoefficients(true, stride, moments + c, gamma + c, sums + c, eps, rows, scratch + c);
  for (; c < stride; c += 4) gradCoefficients(false, stride, moments + c, gamma + c, sums + c, eps, rows, scratch + c);
  dy += begin * stride;
  x += begin * stride;
  dx += begin * stride;
  for (let row = begin; row < end; row++, dy += stride, x += stride, dx += stride) {
    for (c = 0; c + 16 <= stride; c += 16) put(true, dx + c, inputGradient(true, stride, dy + c, x + c, moments + c, scratch + c));
    for (; c < stride; c += 4) put(false, dx + c, inputGradient(false, stride, dy + c, x + c, moments + c, scratch + c));
  }
}

/** scratch[3, C] = gamma rstd, Σdy / R, rstd Σ(dy x̂) / R. */
// @ts-ignore: decorator
@inline
function gradCoefficients(wide: bool, stride: usize, moments: usize, gamma: usize, sums: usize, eps: f32, rows: f32, scratch: usize): void {
  const r = rstd(wide, moments + stride, eps);
  const n = f32x4.splat(rows);
  put(wide, scratch + stride * BatchNormGradRow.Scale, f32x4.mul(get(wide, gamma), r));
  put(wide, scratch + stride * BatchNormGradRow.Mean, f32x4.div(get(wide, sums), n));
  put(wide, scratch + stride * BatchNormGradRow.Slope, f32x4.mul(f32x4.div(get(wide, sums + stride), n), r));
}

// @ts-ignore: decorator
@inline
function inputGradient(wide: bool, stride: usize, dy: usize, x: usize, mean: usize, scratch: usize): v128 {
  const d = f32x4.sub(get(wide, x), get(wide, mean));
  const centredDy = f32x4.sub(f32x4.sub(get(wide, dy), get(wide, scratch + stride * BatchNormGradRow.Mean)), f32x4.mul(d, get(wide, scratch + stride * BatchNormGradRow.Slope)));
  return f32x4.mul(get(wide, scratch + stride * BatchNormGradRow.Scale), centredDy);
}
