/** Gradients of the filters of grouped convolutions (grouped.ts), which sum over pixels. */
import { DEPTHWISE_CHANNELS, GroupedGradWord } from "./format/ranged";
import { GroupedRun } from "./format/scratch";
import { v_madd } from "./simd";
import { word } from "./words";

/**
 * dw[(a, b), c, (g, o)] = Σ x[n, i strideH + top + a stepH, j strideW + left + b stepW, (g, c)] dy[n, i, j, (g, o)] over pixels (n, i, j); pixels outside x are 0. `words` are the arguments
 * (`GroupedGradWord`), `scratch` is the thread's own working space.
 *
 * Exactly dw's elements of the range are written, which may overlap neither x nor dy. The range splits (group, tap); each element sums over `Lines` lines of pixels, and these sums in order.
 */
export function f32_conv_grouped_filter_grad(begin: usize, end: usize, words: usize, scratch: usize): void {
  const taps = word(words, GroupedGradWord.TapsH) * word(words, GroupedGradWord.TapsW);
  const inner = word(words, GroupedGradWord.Inner);
  const outer = word(words, GroupedGradWord.Outer);
  const total = word(words, GroupedGradWord.Images) * word(words, GroupedGradWord.GridH);
  const lines = word(words, GroupedGradWord.Lines);
  const xStep = <usize>(word(words, GroupedGradWord.StrideW) * word(words, GroupedGradWord.C)) << 2;
  const dwStep = <usize>(word(words, GroupedGradWord.Groups) * outer) << 2;
  for (let u = <i32>begin; u < <i32>end; ) {
    const g = u / taps;
    const first = u - g * taps;
    const last = min(taps, first + <i32>end - u);
    const x = <usize>(g * inner) << 2;
    const dy = <usize>(g * outer) << 2;
    for (let line = 0; line < total; line += lines) {
      const adds = line > 0;
      for (let tap = first; tap < last; tap++) {
        const runs = scratch;
        const stop = findRuns(words, line, min(lines, total - line), tap, runs, dwStep);
        const dw = <usize>word(words, GroupedGradWord.Dw) + <usize>(tap * inner) * dwStep + dy;
        for (let c = 0; c < inner; ) {
          const rows = inner - c >= 4 ? 4 : 1;
          const from = x + (<usize>c << 2);
          const to = dw + <usize>c * dwStep;
          for (let o = 0; o < outer; ) {
            const at = <usize>o << 2;
            const columns = outer - o >= 8 ? 8 : outer - o >= 4 ? 4 : 1;
            if (rows == 4 && columns == 8) sum4x8(runs, stop, from, dy + at, xStep, dwStep, to + at, adds);
            else if (rows == 4 && columns == 4) sum4x4(runs, stop, from, dy + at, xStep, dwStep, to + at, adds);
            else sumSome(runs, stop, from, dy + at, xStep, dwStep, to + at, adds, rows, columns);
            o += columns;
          }
          c += rows;
        }
      }
    }
    u += last - first;
  }
}

/** Where tap `tap` of lines [line, line + lines) of the grid finds pixels inside the image: runs of (address in x, address in dy, pixels), up to the address that it gives back. */
function findRuns(words: usize, line: i32, lines: i32, tap: i32, runs: usize, dyStep: usize): usize {
  const H = word(words, GroupedGradWord.H);
  const W = word(words, GroupedGradWord.W_);
  const gridH = word(words, GroupedGradWord.GridH);
  const gridW = word(words, GroupedGradWord.GridW);
  const stride = word(words, GroupedGradWord.StrideW);
  const tapsW = word(words, GroupedGradWord.TapsW);
  const pixel = <usize>word(words, GroupedGradWord.C) << 2;
  const a = tap / tapsW;
  const shiftY = word(words, GroupedGradWord.Top) + a * word(words, GroupedGradWord.StepH);
  const shiftX = word(words, GroupedGradWord.Left) + (tap - a * tapsW) * word(words, GroupedGradWord.StepW);
  // Grid columns j with 0 <= j stride + shiftX < W.
  const from = shiftX >= 0 ? 0 : (stride - 1 - shiftX) / stride;
  const to = shiftX >= W ? 0 : min(gridW, (W - 1 - shiftX) / stride + 1);
  if (from >= to) return runs;
  let image = line / gridH;
  let i = line - image * gridH;
  for (let l = 0; l < lines; l++) {
    const y = i * word(words, GroupedGradWord.StrideH) + shiftY;
    if (<u32>y < <u32>H) {
      const place = (image * H + y) * W + from * stride + shiftX;
      store<u32>(runs, word(words, GroupedGradWord.X) + <u32>(<usize>place * pixel), GroupedRun.X);
      store<u32>(runs, word(words, GroupedGradWord.Dy) + <u32>(<usize>((line + l) * gridW + from) * dyStep), GroupedRun.Dy);
      store<i32>(runs, to - from, GroupedRun.Pixels);
      runs += GroupedRun.Length;
    }
    if (++i == gridH) {
      i = 0;
      image++;
    }
  }
  return runs;
}

/** Four channels of x by eight of dy: rows of the result are as far apart as pixels of dy. */
function sum4x8(runs: usize, stop: usize, x: usize, dy: usize, xStep: usize, dyStep: usize, dw: usize, adds: bool): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  for (; runs < stop; runs += GroupedRun.Length) {
    let a = x + <usize>load<u32>(runs, GroupedRun.X);
    let b = dy + <usize>load<u32>(runs, GroupedRun.Dy);
    for (let n = load<i32>(runs, GroupedRun.Pixels); n > 0; n--, a += xStep, b += dyStep) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let v = v128.load32_splat(a);
      c00 = v_madd(v, b0, c00);
      c01 = v_madd(v, b1, c01);
      v = v128.load32_splat(a, 4);
      c10 = v_madd(v, b0, c10);
      c11 = v_madd(v, b1, c11);
      v = v128.load32_splat(a, 8);
      c20 = v_madd(v, b0, c20);
      c21 = v_madd(v, b1, c21);
      v = v128.load32_splat(a, 12);
      c30 = v_madd(v, b0, c30);
      c31 = v_madd(v, b1, c31);
    }
  }
  keep(dw, c00, adds);
  keep(dw + 16, c01, adds);
  keep(dw + dyStep, c10, adds);
  keep(dw + dyStep + 16, c11, adds);
  keep(dw + dyStep * 2, c20, adds);
  keep(dw + dyStep * 2 + 16, c21, adds);
  keep(dw + dyStep * 3, c30, adds);
  keep(dw + dyStep * 3 + 16, c31, adds);
}

/** Four by four. */
function sum4x4(runs: usize, stop: usize, x: usize, dy: usize, xStep: usize, dyStep: usize, dw: usize, adds: bool): void {
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
  for (; runs < stop; runs += GroupedRun.Length) {
    let a = x + <usize>load<u32>(runs, GroupedRun.X);
    let b = dy + <usize>load<u32>(runs, GroupedRun.Dy);
    for (let n = load<i32>(runs, GroupedRun.Pixels); n > 0; n--, a += xStep, b += dyStep) {
      const b0 = v128.load(b);
      c0 = v_madd(v128.load32_splat(a), b0, c0);
      c1 = v_madd(v128.load32_splat(a, 4), b0, c1);
      c2 = v_madd(v128.load32_splat(a, 8), b0, c2);
      c3 = v_madd(v128.load32_splat(a, 12), b0, c3);
    }
  }
  keep(dw, c0, adds);
  keep(dw + dyStep, c1, adds);
  keep(dw + dyStep * 2, c2, adds);
  keep(dw + dyStep * 3, c3, adds);
}

/** What is left of a group: any number of each, one by one. */
function sumSome(runs: usize, stop: usize, x: usize, dy: usize, xStep: usize, dyStep: usize, dw: usize, adds: bool, rows: i32, columns: i32): void {
  for (let c = 0; c < rows; c++) {
    for (let o = 0; o < columns; o++) {
      let sum: f32 = 0;
      for (let r = runs; r < stop; r += GroupedRun.Length) {
        let a = x + <usize>load<u32>(r, GroupedRun.X) + (<usize>c << 2);
        let b = dy + <usize>load<u32>(r, GroupedRun.Dy) + (<usize>o << 2);
        for (let n = load<i32>(r, GroupedRun.Pixels); n > 0; n--, a += xStep, b += dyStep) sum += load<f32>(a) * load<f32>(b);
      }
      const to = dw + <usize>c * dyStep + (<usize>o << 2);
      store<f32>(to, adds ? load<f32>(to) + sum : sum);
    }
  }
}

/**
 * The same for groups of one channel each, with one result each: dw[(a, b), c] = Σ x[n, i strideH + top + a stepH, j strideW + left + b stepW, c] dy[n, i, j, c].
 *
 * Exactly dw's elements of the range are written, which may overlap neither x nor dy. The range splits (16 channels, tap); each element sums as above.
 */
export function f32_conv_depthwise_filter_grad(begin: usize, end: usize, words: usize, scratch: usize): void {
  const taps = word(words, GroupedGradWord.TapsH) * word(words, GroupedGradWord.TapsW);
  const C = word(words, GroupedGradWord.C);
  const total = word(words, GroupedGradWord.Images) * word(words, GroupedGradWord.GridH);
  const lines = word(words, GroupedGradWord.Lines);
  const step = <usize>C << 2;
  const xStep = <usize>word(words, GroupedGradWord.StrideW) * step;
  for (let u = <i32>begin; u < <i32>end; ) {
    const block = u / taps;
    const first = u - block * taps;
    const last = min(taps, first + <i32>end - u);
    const c0 = block * DEPTHWISE_CHANNELS;
    const c1 = min(C, c0 + DEPTHWISE_CHANNELS);
    for (let line = 0; line < total; line += lines) {
      const adds = line > 0;
      for (let tap = first; tap < last; tap++) {
        const stop = findRuns(words, line, min(lines, total - line), tap, scratch, step);
        const dw = <usize>word(words, GroupedGradWord.Dw) + <usize>tap * step;
        let c = c0;
        if (c1 - c == DEPTHWISE_CHANNELS) {
          products16(scratch, stop, <usize>c << 2, xStep, step, dw, adds);
          continue;
        }
        for (; c + 4 <= c1; c += 4) products4(scratch, stop, <usize>c << 2, xStep, step, dw, adds);
        for (; c < c1; c++) sumSome(scratch, stop, <usize>c << 2, <usize>c << 2, xStep, step, dw + (<usize>c << 2), adds, 1, 1);
      }
    }
    u += last - first;
  }
}

/** Sixteen channels, from byte `c` of a pixel on. */
function products16(runs: usize, stop: usize, c: usize, xStep: usize, dyStep: usize, dw: usize, adds: bool): void {
  let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
  for (; runs < stop; runs += GroupedRun.Length) {
    let a = c + <usize>load<u32>(runs, GroupedRun.X);
    let b = c + <usize>load<u32>(runs, GroupedRun.Dy);
    for (let n = load<i32>(runs, GroupedRun.Pixels); n > 0; n--, a += xStep, b += dyStep) {
      c0 = v_madd(v128.load(a), v128.load(b), c0);
      c1 = v_madd(v128.load(a, 16), v128.load(b, 16), c1);
      c2 = v_madd(v128.load(a, 32), v128.load(b, 32), c2);
      c3 = v_madd(v128.load(a, 48), v128.load(b, 48), c3);
    }
  }
  keep(dw + c, c0, adds);
  keep(dw + c + 16, c1, adds);
  keep(dw + c + 32, c2, adds);
  keep(dw + c + 48, c3, adds);
}

/** Four, likewise. */
function products4(runs: usize, stop: usize, c: usize, xStep: usize, dyStep: usize, dw: usize, adds: bool): void {
  let sum = f32x4.splat(0);
  for (; runs < stop; runs += GroupedRun.Length) {
    let a = c + <usize>load<u32>(runs, GroupedRun.X);
    let b = c + <usize>load<u32>(runs, GroupedRun.Dy);
    for (let n = load<i32>(runs, GroupedRun.Pixels); n > 0; n--, a += xStep, b += dyStep) sum = v_madd(v128.load(a), v128.load(b), sum);
  }
  keep(dw + c, sum, adds);
}

// @ts-ignore: decorator
@inline
function keep(to: usize, sum: v128, adds: bool): void {
  v128.store(to, adds ? f32x4.add(v128.load(to), sum) : sum);
}
