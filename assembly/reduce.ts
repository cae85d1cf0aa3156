/** Sums, `BLOCK` terms in float32 and the sums of blocks in float64, so that rounding errors do not grow with the length; and maxima. */
import { v_high, v_join, v_low } from "./simd";

// @ts-ignore: decorator
@inline
export const BLOCK: usize = 64;

/**
 * y[o, i] = Σ_r x[o, r, i] for outputs begin <= o * inner + i < end of x[outer, reduce, inner], y[outer, inner].
 *
 * Reads nothing outside x, whatever its size, and writes exactly y[begin .. end); y may not overlap x. The range splits the outputs: each is summed
 * in an order that depends on `reduce` and `inner` alone, so any split gives the same bits.
 */
export function f32_rsum(begin: usize, end: usize, reduce: usize, inner: usize, x: usize, y: usize): void {
  for (let at = begin; at < end; ) {
    const outer = at / inner;
    const first = at - outer * inner;
    const last = min(inner, end - outer * inner);
    const source = x + ((outer * reduce * inner) << 2);
    const target = y + ((outer * inner) << 2);
    if (inner < 4) sumNarrow(source, reduce * inner, inner, first, last, target);
    else sumWide(source, reduce, inner, first, last, target);
    at += last - first;
  }
}

/** Outputs [first, last) of rows of 1, 2 or 3: twelve lanes hold whole rows of each, so memory is read straight through. */
function sumNarrow(x: usize, count: usize, inner: usize, first: usize, last: usize, y: usize): void {
  let aLow = f64x2.splat(0.0), aHigh = aLow;
  let bLow = aLow, bHigh = aLow;
  let cLow = aLow, cHigh = aLow;
  while (count >= 12) {
    const steps = min(count / 12, BLOCK);
    let a = v128.load(x), b = v128.load(x, 16), c = v128.load(x, 32);
    x += 48;
    for (let i: usize = 1; i < steps; i++, x += 48) {
      a = f32x4.add(a, v128.load(x));
      b = f32x4.add(b, v128.load(x, 16));
      c = f32x4.add(c, v128.load(x, 32));
    }
    aLow = f64x2.add(aLow, v_low(a));
    aHigh = f64x2.add(aHigh, v_high(a));
    bLow = f64x2.add(bLow, v_low(b));
    bHigh = f64x2.add(bHigh, v_high(b));
    cLow = f64x2.add(cLow, v_low(c));
    cHigh = f64x2.add(cHigh, v_high(c));
    count -= steps * 12;
  }
  const a = v_join(aLow, aHigh), b = v_join(bLow, bHigh), c = v_join(cLow, cHigh);
  // The rows of the twelve lanes, each at the front of a vector.
  let v: v128;
  if (inner == 3) {
    v = f32x4.add(
      f32x4.add(a, v128.shuffle<i32>(a, b, 3, 4, 5, 5)),
      f32x4.add(v128.shuffle<i32>(b, c, 2, 3, 4, 4), v128.shuffle<i32>(c, c, 1, 2, 3, 3)),
    );
  } else {
    v = f32x4.add(f32x4.add(a, b), c);
    v = f32x4.add(v, v128.shuffle<i32>(v, v, 2, 3, 2, 3));
    if (inner == 1) v = f32x4.add(v, v128.shuffle<i32>(v, v, 1, 1, 1, 1));
  }
  let s0 = f32x4.extract_lane(v, 0);
  let s1 = f32x4.extract_lane(v, 1);
  let s2 = f32x4.extract_lane(v, 2);
  for (; count > 0; count -= inner, x += inner << 2) {
    s0 += load<f32>(x);
    if (inner > 1) s1 += load<f32>(x, 4);
    if (inner > 2) s2 += load<f32>(x, 8);
  }
  if (first == 0) store<f32>(y, s0);
  if (first <= 1 && last > 1) store<f32>(y, s1, 4);
  if (first <= 2 && last > 2) store<f32>(y, s2, 8);
}

/** Outputs [first, last) of rows of at least 4: a cache line of columns at a time, then 4, the last 4 overlapping those before them. */
function sumWide(x: usize, rows: usize, inner: usize, first: usize, last: usize, y: usize): void {
  const stride = inner << 2;
  let i = first;
  for (; i + 16 <= last; i += 16) sumColumns16(x + (i << 2), rows, stride, y + (i << 2));
  for (; i + 4 <= last; i += 4) v128.store(y + (i << 2), sumColumns4(x + (i << 2), rows, stride));
  if (i < last) {
    const from = min(i, inner - 4);
    let v = sumColumns4(x + (from << 2), rows, stride);
    for (let j = from; j < last; j++) {
      if (j >= i) store<f32>(y + (j << 2), f32x4.extract_lane(v, 0));
      v = v128.shuffle<i32>(v, v, 1, 2, 3, 0);
    }
  }
}

function sumColumns4(x: usize, rows: usize, stride: usize): v128 {
  let low = f64x2.splat(0.0), high = low;
  while (rows > 0) {
    const steps = min(rows, BLOCK);
    let s = v128.load(x);
    x += stride;
    for (let r: usize = 1; r < steps; r++, x += stride) s = f32x4.add(s, v128.load(x));
    low = f64x2.add(low, v_low(s));
    high = f64x2.add(high, v_high(s));
    rows -= steps;
  }
  return v_join(low, high);
}

function sumColumns16(x: usize, rows: usize, stride: usize, y: usize): void {
  let aLow = f64x2.splat(0.0), aHigh = aLow;
  let bLow = aLow, bHigh = aLow;
  let cLow = aLow, cHigh = aLow;
  let dLow = aLow, dHigh = aLow;
  while (rows > 0) {
    const steps = min(rows, BLOCK);
    let a = v128.load(x), b = v128.load(x, 16), c = v128.load(x, 32), d = v128.load(x, 48);
    x += stride;
    for (let r: usize = 1; r < steps; r++, x += stride) {
      a = f32x4.add(a, v128.load(x));
      b = f32x4.add(b, v128.load(x, 16));
      c = f32x4.add(c, v128.load(x, 32));
      d = f32x4.add(d, v128.load(x, 48));
    }
    aLow = f64x2.add(aLow, v_low(a));
    aHigh = f64x2.add(aHigh, v_high(a));
    bLow = f64x2.add(bLow, v_low(b));
    bHigh = f64x2.add(bHigh, v_high(b));
    cLow = f64x2.add(cLow, v_low(c));
    cHigh = f64x2.add(cHigh, v_high(c));
    dLow = f64x2.add(dLow, v_low(d));
    dHigh = f64x2.add(dHigh, v_high(d));
    rows -= steps;
  }
  v128.store(y, v_join(aLow, aHigh));
  v128.store(y, v_join(bLow, bHigh), 16);
  v128.store(y, v_join(cLow, cHigh), 32);
  v128.store(y, v_join(dLow, dHigh), 48);
}

/**
 * y[o, i] = max_r x[o, r, i], NaN where any is NaN, for outputs begin <= o * inner + i < end of x[outer, reduce, inner], y[outer, inner].
 *
 * Reads nothing outside x and writes exactly y[begin .. end); y may not overlap x. The range splits the outputs.
 */
export function f32_rmax(begin: usize, end: usize, reduce: usize, inner: usize, x: usize, y: usize): void {
  const stride = inner << 2;
  for (let at = begin; at < end; ) {
    const outer = at / inner;
    const i = at - outer * inner;
    const source = x + ((outer * reduce * inner + i) << 2);
    const target = y + (at << 2);
    if (i + 4 <= inner && at + 4 <= end) {
      let v = v128.load(source);
      for (let r: usize = 1; r < reduce; r++) v = f32x4.max(v, v128.load(source + r * stride));
      v128.store(target, v);
      at += 4;
    } else {
      let largest: f32;
      if (inner == 1) {
        largest = maxOf(source, reduce);
      } else {
        largest = load<f32>(source);
        for (let r: usize = 1; r < reduce; r++) largest = max(largest, load<f32>(source + r * stride));
      }
      store<f32>(target, largest);
      at++;
    }
  }
}

/** The largest of n floats at x. */
export function maxOf(x: usize, n: usize): f32 {
  let largest = load<f32>(x);
  if (n < 4) {
    for (let i: usize = 1; i < n; i++) largest = max(largest, load<f32>(x + (i << 2)));
    return largest;
  }
  // The last four may overlap those before them.
  let v = v128.load(x + ((n - 4) << 2));
  for (let i: usize = 0; i + 4 < n; i += 4) v = f32x4.max(v, v128.load(x + (i << 2)));
  v = f32x4.max(v, v128.shuffle<i32>(v, v, 2, 3, 2, 3));
  return max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1));
}
