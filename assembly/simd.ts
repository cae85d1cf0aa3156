/** The few vector helpers every kernel shares. */

/** c + a b. Rounded once in the relaxed build (the machine's fused multiply-add), twice in the plain one, which is bit-exact everywhere. */
// @ts-ignore: decorator
@inline
export function v_madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(c, f32x4.mul(a, b));
}

/** The first index of part `ith` of `nth` when `count` units of `grain` are shared out evenly. */
// @ts-ignore: decorator
@inline
export function share(count: i32, grain: i32, ith: i32, nth: i32): i32 {
  const units = (count + grain - 1) / grain;
  return min(count, <i32>((<i64>units * ith) / nth) * grain);
}

/** Lanes 0 and 1 of v in float64. */
// @ts-ignore: decorator
@inline
export function v_low(v: v128): v128 {
  return f64x2.promote_low_f32x4(v);
}

/** Lanes 2 and 3 of v in float64. */
// @ts-ignore: decorator
@inline
export function v_high(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<i64>(v, v, 1, 1));
}

/** Four floats from two pairs of float64. */
// @ts-ignore: decorator
@inline
export function v_join(low: v128, high: v128): v128 {
  return v128.shuffle<i64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

/** Stores four vectors as the columns of four rows `step` bytes apart; gives the row after them. */
// @ts-ignore: decorator
@inline
export function storeTransposed(a: v128, b: v128, c: v128, d: v128, out: usize, step: usize): usize {
  const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<i64>(ab0, cd0, 0, 2));
  out += step;
  v128.store(out, v128.shuffle<i64>(ab0, cd0, 1, 3));
  out += step;
  v128.store(out, v128.shuffle<i64>(ab1, cd1, 0, 2));
  out += step;
  v128.store(out, v128.shuffle<i64>(ab1, cd1, 1, 3));
  return out + step;
}
