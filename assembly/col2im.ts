/** The adjoint of gathering patches, which convolutions need beside the matrix product (gemm.ts) and that gathering (pack.ts). */

/**
 * y[n, i, j, c] = Σ p[n, u, v, (a, b, c)] over the taps and pixels with i = u strideH + a - top and j = v strideW + b - left: the adjoint of
 * gathering patches (col2im), p[N, gridH, gridW, tapsH * tapsW * C], y[N, H, W, C].
 *
 * Exactly y's rows are written; y may not overlap p. The range splits the N * H rows of y; a pixel sums its taps in order of (a, b).
 */
export function f32_col2im(
  begin: usize,
  end: usize,
  H: i32,
  W: i32,
  C: i32,
  gridH: i32,
  gridW: i32,
  tapsH: i32,
  tapsW: i32,
  strideH: i32,
  strideW: i32,
  top: i32,
  left: i32,
  p: usize,
  y: usize,
): void {
  const pixel = <usize>(tapsH * tapsW * C) << 2;
  const line = <usize>(W * C) << 2;
  for (let row = <i32>begin; row < <i32>end; row++) {
    const n = row / H;
    const i = row - n * H;
    const out = y + <usize>row * line;
    memory.fill(out, 0, line);
    for (let a = 0; a < tapsH; a++) {
      const from = i + top - a;
      if (from < 0 || from % strideH != 0) continue;
      const u = from / strideH;
      if (u >= gridH) continue;
      const patches = p + <usize>((n * gridH + u) * gridW) * pixel;
      for (let b = 0; b < tapsW; b++) {
        // Grid columns v with 0 <= v strideW + b - left < W.
        const shift = b - left;
        const v0 = shift >= 0 ? 0 : (strideW - 1 - shift) / strideW;
        const v1 = min(gridW, W - 1 - shift < 0 ? 0 : (W - 1 - shift) / strideW + 1);
        let source = patches + <usize>v0 * pixel + (<usize>((a * tapsW + b) * C) << 2);
        let target = out + (<usize>((v0 * strideW + shift) * C) << 2);
        const step = <usize>(strideW * C) << 2;
        for (let v = v0; v < v1; v++, source += pixel, target += step) {
          for (let c: usize = 0; c < <usize>C << 2; c += 4) store<f32>(target + c, load<f32>(target + c) + load<f32>(source + c));
        }
      }
    }
  }
}
