/**
 * Resizing and pooling of images, NHWC. A gradient gathers: each input pixel sums the output pixels it had a part in, row by row, so that
 * threads can share the rows of either side and the order of a sum never changes.
 *
 * All of them: sizes in pixels, below 2^15; C any; exactly the tensors are read and written, y may not overlap an operand.
 * The range splits the rows of all images of the result, [N * height).
 */
import { copyRun } from "./copy";

/** y[c] = w x[c] for c < C, or with `add` y[c] + w x[c]. */
// @ts-ignore: decorator
@inline
function scalePixel(add: bool, C: usize, w: f32, x: usize, y: usize): void {
  const v = f32x4.splat(w);
  let c: usize = 0;
  for (; c + 4 <= C; c += 4, x += 16, y += 16) {
    const p = f32x4.mul(v128.load(x), v);
    v128.store(y, add ? f32x4.add(v128.load(y), p) : p);
  }
  for (; c < C; c++, x += 4, y += 4) {
    const p = load<f32>(x) * w;
    store<f32>(y, add ? load<f32>(y) + p : p);
  }
}

/** y[c] = w times the sum over pixels [i0, i1) x [j0, j1) of the image x, `width` pixels wide; 0 when there are none. */
function sumWindow(C: usize, w: f32, x: usize, width: usize, i0: usize, i1: usize, j0: usize, j1: usize, y: usize): void {
  if (i0 >= i1 || j0 >= j1) {
    memory.fill(y, 0, C << 2);
    return;
  }
  for (let i = i0; i < i1; i++) {
    for (let j = j0; j < j1; j++) {
      const pixel = x + (((i * width + j) * C) << 2);
      if (i == i0 && j == j0) scalePixel(false, C, w, pixel, y);
      else scalePixel(true, C, w, pixel, y);
    }
  }
}

/** ⌈a / b⌉. */
// @ts-ignore: decorator
@inline
function ceilDiv(a: usize, b: usize): usize {
  return (a + b - 1) / b;
}

/** y[n, i, j, c] = x[n, ⌊i inH / outH⌋, ⌊j inW / outW⌋, c], x[N, inH, inW, C], y[N, outH, outW, C]. */
export function f32_resize_nearest(begin: usize, end: usize, inH: usize, inW: usize, outH: usize, outW: usize, C: usize, x: usize, y: usize): void {
  const pixel = C << 2;
  y += begin * outW * pixel;
  for (let row = begin; row < end; row++) {
    const n = row / outH;
    const i = ((row - n * outH) * inH) / outH;
    const line = x + (n * inH + i) * inW * pixel;
    for (let j: usize = 0; j < outW; j++, y += pixel) copyRun(C, line + ((j * inW) / outW) * pixel, y);
  }
}

/** dx[n, i, j, c] = Σ of dy over the output pixels that took (i, j): the adjoint of f32_resize_nearest, dy[N, outH, outW, C], dx[N, inH, inW, C]. */
export function f32_resize_nearest_grad(
  begin: usize,
  end: usize,
  inH: usize,
  inW: usize,
  outH: usize,
  outW: usize,
  C: usize,
  dy: usize,
  dx: usize,
): void {
  const pixel = C << 2;
  dx += begin * inW * pixel;
  for (let row = begin; row < end; row++) {
    const n = row / inH;
    const i = row - n * inH;
    const image = dy + n * outH * outW * pixel;
    const i0 = ceilDiv(i * outH, inH);
    const i1 = ceilDiv((i + 1) * outH, inH);
    for (let j: usize = 0; j < inW; j++, dx += pixel) {
      sumWindow(C, 1, image, outW, i0, i1, ceilDiv(j * outW, inW), ceilDiv((j + 1) * outW, inW), dx);
    }
  }
}

/** y[n, i, j, c] = the mean of x over the window of [windowH, windowW] pixels from (i strideH, j strideW), x[N, inH, inW, C], y[N, outH, outW, C]. */
export function f32_avgpool(
  begin: usize,
  end: usize,
  inH: usize,
  inW: usize,
  outH: usize,
  outW: usize,
  C: usize,
  windowH: usize,
  windowW: usize,
  strideH: usize,
  strideW: usize,
  x: usize,
  y: usize,
): void {
  const pixel = C << 2;
  const w: f32 = 1 / <f32>(windowH * windowW);
  y += begin * outW * pixel;
  for (let row = begin; row < end; row++) {
    const n = row / outH;
    const i = (row - n * outH) * strideH;
    const image = x + n * inH * inW * pixel;
    for (let j: usize = 0; j < outW; j++, y += pixel) {
      sumWindow(C, w, image, inW, i, i + windowH, j * strideW, j * strideW + windowW, y);
    }
  }
}

/** dx[n, i, j, c] = Σ of dy over the windows around (i, j) / their size: the adjoint of f32_avgpool, dy[N, outH, outW, C], dx[N, inH, inW, C]. */
export function f32_avgpool_grad(
  begin: usize,
  end: usize,
  inH: usize,
  inW: usize,
  outH: usize,
  outW: usize,
  C: usize,
  windowH: usize,
  windowW: usize,
  strideH: usize,
  strideW: usize,
  dy: usize,
  dx: usize,
): void {
  const pixel = C << 2;
  const w: f32 = 1 / <f32>(windowH * windowW);
  dx += begin * inW * pixel;
  for (let row = begin; row < end; row++) {
    const n = row / inH;
    const i = row - n * inH;
    const image = dy + n * outH * outW * pixel;
    const i0 = firstWindow(i, windowH, strideH);
    const i1 = min(outH, i / strideH + 1);
    for (let j: usize = 0; j < inW; j++, dx += pixel) {
      sumWindow(C, w, image, outW, i0, i1, firstWindow(j, windowW, strideW), min(outW, j / strideW + 1), dx);
    }
  }
}

/** The first window that holds pixel i, were there no end to them. */
// @ts-ignore: decorator
@inline
function firstWindow(i: usize, window: usize, stride: usize): usize {
  return i < window ? 0 : ceilDiv(i + 1 - window, stride);
}

/*
 * Bilinear: output pixel i lies at ((2i + 1) in - out) / (2 out) among the input's pixel centres, at least 0. Index and fraction come from
 * integers and so are exact; it mixes input pixels index and index + 1 by the fraction, or is the last pixel beyond the last centre.
 */

/** 2 out times the position of output pixel i. */
// @ts-ignore: decorator
@inline
function tapNumerator(i: usize, inSize: usize, outSize: usize): usize {
  const position = (i * 2 + 1) * inSize;
  return position > outSize ? position - outSize : 0;
}

// @ts-ignore: decorator
@inline
function tapFraction(numerator: usize, index: usize, inSize: usize, outSize: usize): f32 {
  return index + 1 < inSize ? <f32>(numerator - index * outSize * 2) / <f32>(outSize * 2) : 0;
}

/** The weight of input pixel k in output pixel i. */
// @ts-ignore: decorator
@inline
function tapWeight(i: usize, k: usize, inSize: usize, outSize: usize): f32 {
  const numerator = tapNumerator(i, inSize, outSize);
  const index = min(numerator / (outSize * 2), inSize - 1);
  const fraction = tapFraction(numerator, index, inSize, outSize);
  return k == index ? 1 - fraction : k == index + 1 ? fraction : 0;
}

/** No output pixel before this one has input pixel k in it. */
// @ts-ignore: decorator
@inline
function firstTap(k: usize, inSize: usize, outSize: usize): usize {
  // It lies above k - 1: (2i + 1) in > (2k - 1) out.
  return k == 0 ? 0 : ceilDiv(max((k * 2 - 1) * outSize, inSize) - inSize, inSize * 2);
}

/** No output pixel from this one on has input pixel k in it. */
// @ts-ignore: decorator
@inline
function endTap(k: usize, inSize: usize, outSize: usize): usize {
  // It lies below k + 1: (2i + 1) in < (2k + 3) out, which for the last k is all of them.
  return min(outSize, ((k * 2 + 3) * outSize) / (inSize * 2) + 1);
}

/** y = bilinear interpolation of x with half-pixel centres, clamped at the edges; x[N, inH, inW, C], y[N, outH, outW, C]. */
export function f32_resize_bilinear(begin: usize, end: usize, inH: usize, inW: usize, outH: usize, outW: usize, C: usize, x: usize, y: usize): void {
  const pixel = C << 2;
  y += begin * outW * pixel;
  for (let row = begin; row < end; row++) {
    const n = row / outH;
    const ni = tapNumerator(row - n * outH, inH, outH);
    const i = min(ni / (outH * 2), inH - 1);
    const v = tapFraction(ni, i, inH, outH);
    const upper = x + (n * inH + i) * inW * pixel;
    const lower = x + (n * inH + min(i + 1, inH - 1)) * inW * pixel;
    for (let o: usize = 0; o < outW; o++, y += pixel) {
      const nj = tapNumerator(o, inW, outW);
      const j = min(nj / (outW * 2), inW - 1);
      const u = tapFraction(nj, j, inW, outW);
      const left = j * pixel;
      const right = min(j + 1, inW - 1) * pixel;
      mixPixels(C, (1 - v) * (1 - u), (1 - v) * u, v * (1 - u), v * u, upper + left, upper + right, lower + left, lower + right, y);
    }
  }
}

/** y[c] = wa a[c] + wb b[c] + wc c[c] + wd d[c]. */
function mixPixels(C: usize, wa: f32, wb: f32, wc: f32, wd: f32, a: usize, b: usize, c: usize, d: usize, y: usize): void {
  const va = f32x4.splat(wa);
  const vb = f32x4.splat(wb);
  const vc = f32x4.splat(wc);
  const vd = f32x4.splat(wd);
  const bytes = C << 2;
  let k: usize = 0;
  for (; k + 16 <= bytes; k += 16) {
    const upper = f32x4.add(f32x4.mul(v128.load(a + k), va), f32x4.mul(v128.load(b + k), vb));
    const lower = f32x4.add(f32x4.mul(v128.load(c + k), vc), f32x4.mul(v128.load(d + k), vd));
    v128.store(y + k, f32x4.add(upper, lower));
  }
  for (; k < bytes; k += 4) {
    const upper = load<f32>(a + k) * wa + load<f32>(b + k) * wb;
    const lower = load<f32>(c + k) * wc + load<f32>(d + k) * wd;
    store<f32>(y + k, upper + lower);
  }
}

/** dx[n, i, j, c] = Σ of dy over the output pixels that mixed (i, j) in, each by its weight: the adjoint of f32_resize_bilinear. */
export function f32_resize_bilinear_grad(
  begin: usize,
  end: usize,
  inH: usize,
  inW: usize,
  outH: usize,
  outW: usize,
  C: usize,
  dy: usize,
  dx: usize,
): void {
  const pixel = C << 2;
  dx += begin * inW * pixel;
  memory.fill(dx, 0, (end - begin) * inW * pixel);
  for (let row = begin; row < end; row++) {
    const n = row / inH;
    const i = row - n * inH;
    const image = dy + n * outH * outW * pixel;
    const i0 = firstTap(i, inH, outH);
    const i1 = endTap(i, inH, outH);
    for (let j: usize = 0; j < inW; j++, dx += pixel) {
      const j0 = firstTap(j, inW, outW);
      const j1 = endTap(j, inW, outW);
      for (let p = i0; p < i1; p++) {
        const v = tapWeight(p, i, inH, outH);
        if (v == 0) continue;
        for (let q = j0; q < j1; q++) {
          const u = tapWeight(q, j, inW, outW);
          if (u != 0) scalePixel(true, C, v * u, image + (p * outW + q) * pixel, dx);
        }
      }
    }
  }
}
