/** Softmax along rows. */
import { v_exp } from "./math";
import { BLOCK, maxOf } from "./reduce";
import { v_high, v_low } from "./simd";

/**
 * y[r, i] = e^(x[r, i] - m) / Σ_j e^(x[r, j] - m), m the largest of the row, for rows [begin, end) of n. Sums as in reduce.ts.
 *
 * Reads nothing outside x and writes exactly its rows; y may not overlap x. The range splits the rows.
 */
export function f32_softmax(begin: usize, end: usize, n: usize, x: usize, y: usize): void {
  const whole = n & ~3;
  for (let r = begin; r < end; r++) {
    const from = x + ((r * n) << 2);
    const to = y + ((r * n) << 2);
    const largest = f32x4.splat(maxOf(from, n));
    let low = f64x2.splat(0.0), high = low;
    for (let i: usize = 0; i < whole; ) {
      const stop = min(i + 4 * BLOCK, whole);
      let s = f32x4.splat(0.0);
      for (; i < stop; i += 4) {
        const e = v_exp(f32x4.sub(v128.load(from + (i << 2)), largest));
        v128.store(to + (i << 2), e);
        s = f32x4.add(s, e);
      }
      low = f64x2.add(low, v_low(s));
      high = f64x2.add(high, v_high(s));
    }
    low = f64x2.add(low, high);
    let sum = f64x2.extract_lane(low, 0) + f64x2.extract_lane(low, 1);
    for (let i = whole; i < n; i++) {
      const e = f32x4.extract_lane(v_exp(f32x4.sub(v128.load32_splat(from + (i << 2)), largest)), 0);
      store<f32>(to + (i << 2), e);
      sum += <f64>e;
    }
    const scale = <f32>(1.0 / sum);
    const scales = f32x4.splat(scale);
    for (let i: usize = 0; i < whole; i += 4) v128.store(to + (i << 2), f32x4.mul(v128.load(to + (i << 2)), scales));
    for (let i = whole; i < n; i++) store<f32>(to + (i << 2), load<f32>(to + (i << 2)) * scale);
  }
}
