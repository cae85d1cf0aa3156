/**
 * Winograd's minimal filtering (Winograd 1980; Lavin & Gray 2016) of 3x3 filters of stride 1. Tiles of the image and the filter are split into components, for each component there
 * is one matrix product over all tiles, and results are joined:
 *
 *     outputs = join(split(taps) * split(pixels))
 *
 * along both axes. The components of a block of tiles are made as the panels that the register tile reads, multiplied and joined while they are in a thread's cache: no tensor of
 * them ever exists but the filter's.
 */
import { Activation, NR, ROW_GRAIN } from "./format/products";
import { WINOGRAD_BETWEEN, WINOGRAD_GAP, WINOGRAD_LANES, WINOGRAD_PANELS } from "./format/scratch";
import { WinogradFilterWord, WinogradKind, WinogradWord } from "./format/winograd";
import { activate, f32_gemm_tiles, MR } from "./gemm";
import { share, storeTransposed } from "./simd";
import { dataColumns, dataRows, filterTaps, outputColumn, outputRows, placePixels } from "./winogradTransforms";
import { word } from "./words";

/** Bytes of a row of a panel of B, and of a tile's results of one. */
const ROW: usize = NR << 2;

/**
 * One Winograd instruction (`WinogradWord`), as thread ith of nth. Of x its elements and zeros are read, of the filter whole panels; exactly y is written, which may not overlap the operands.
 * Whatever the blocks and the share of a thread, each element of y is computed by the same operations in the same order.
 */
export function f32_winograd(p: usize, ith: i32, nth: i32): void {
  const side = word(p, WinogradWord.Kind) == WinogradKind.F43 ? 6 : 4;
  const byColumns = word(p, WinogradWord.ByColumns) != 0;
  const tiles = word(p, WinogradWord.Tiles);
  const N = word(p, WinogradWord.N);
  const K = word(p, WinogradWord.C);
  const block = word(p, WinogradWord.Block);
  const depth = word(p, WinogradWord.Depth);
  const t0 = byColumns ? 0 : share(tiles, ROW_GRAIN, ith, nth);
  const t1 = byColumns ? tiles : share(tiles, ROW_GRAIN, ith + 1, nth);
  const n0 = byColumns ? share(N, NR, ith, nth) : 0;
  const n1 = byColumns ? share(N, NR, ith + 1, nth) : N;
  if (t0 >= t1 || n0 >= n1) return;
  const components = side * side;
  const filter = <usize>word(p, WinogradWord.Filter);
  const filterStep = <usize>K * ROW + WINOGRAD_GAP;
  const scratch = <usize>word(p, WinogradWord.Scratch) + <usize>ith * <usize>word(p, WinogradWord.ScratchStride);
  const data = scratch + WINOGRAD_PANELS;
  const dataStep = (<usize>(block * depth) << 2) + WINOGRAD_GAP;
  const sums = data + <usize>components * dataStep;
  const sumsStep = <usize>block * ROW + WINOGRAD_GAP;
  // Of all columns if the channels go through in pieces, otherwise of one panel after the other.
  const sumsNext = depth < K ? <usize>components * sumsStep : 0;
  for (let tile = t0; tile < t1; tile += block) {
    const count = min(block, t1 - tile);
    const panels = (count + MR - 1) / MR;
    for (let k = 0; k < K; k += depth) {
      const kc = min(depth, K - k);
      for (let t = 0; t < count; t += 4) splitFour(side, p, tile + t, t1, t, k, kc, data, dataStep, scratch);
      let sum = sums;
      for (let n = n0; n < n1; n += NR, sum += sumsNext) {
        let b = filter + <usize>(n / NR * components) * filterStep + <usize>k * ROW;
        let a = data, c = sum;
        for (let i = 0; i < components; i++, a += dataStep, b += filterStep, c += sumsStep) {
          f32_gemm_tiles(panels, kc, a, b, c, ROW, k > 0);
        }
        if (k + kc < K) continue;
        for (let t = 0; t < count; t++) join(side, p, tile + t, n, min(NR, N - n), sum + <usize>t * ROW, sumsStep, scratch);
      }
    }
  }
}

/** The components of four tiles from `tile` on, of which those from `end` on are the last one again, as lanes [lane, lane + 4) of panels; channels [k, k + kc). */
function splitFour(side: i32, p: usize, tile: i32, end: i32, lane: i32, k: i32, kc: i32, data: usize, dataStep: usize, scratch: usize): void {
  const components = side * side;
  for (let l = 0; l < 4; l++) place(side, p, min(tile + l, end - 1), k, scratch + (<usize>(l * components) << 2));
  const between = scratch + WINOGRAD_BETWEEN;
  const lanes = scratch + WINOGRAD_LANES;
  const panel = lane / MR;
  const within = lane - panel * MR;
  let to = data + (<usize>(panel * kc * MR + within) << 2);
  const next = data + (<usize>((panel + 1) * kc * MR) << 2) - to;
  for (let c: usize = 0; c < <usize>kc << 2; c += 16, to += 4 * (MR << 2)) {
    for (let l: usize = 0; l < 4; l++) {
      dataColumns(side, scratch + ((l * <usize>components) << 2), c, between);
      dataRows(side, between, lanes + (l << 4), 64);
    }
    let from = lanes, a = to;
    for (let i = 0; i < components; i++, from += 64, a += dataStep) {
      const x0 = v128.load(from), x1 = v128.load(from, 16), x2 = v128.load(from, 32), x3 = v128.load(from, 48);
      if (within + 4 <= MR) storeTransposed(x0, x1, x2, x3, a, MR << 2);
      else storeAcross(x0, x1, x2, x3, a, a + next);
    }
  }
}

/** Likewise where two of the four lanes are the last of a panel and two the first of the next one. */
// @ts-ignore: decorator
@inline
function storeAcross(a: v128, b: v128, c: v128, d: v128, out: usize, next: usize): void {
  const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  const step: usize = MR << 2;
  v128.store64_lane(out, ab0, 0);
  v128.store64_lane(out + step, ab0, 1);
  v128.store64_lane(out + 2 * step, ab1, 0);
  v128.store64_lane(out + 3 * step, ab1, 1);
  v128.store64_lane(next, cd0, 0);
  v128.store64_lane(next + step, cd0, 1);
  v128.store64_lane(next + 2 * step, cd1, 0);
  v128.store64_lane(next + 3 * step, cd1, 1);
}

/** Writes the address of channel `k` of every pixel of a tile to `table`, of the zeros for those outside the image. */
function place(side: i32, p: usize, tile: i32, k: i32, table: usize): void {
  const gridH = word(p, WinogradWord.GridH);
  const gridW = word(p, WinogradWord.GridW);
  const H = word(p, WinogradWord.H);
  const W = word(p, WinogradWord.W);
  const C = word(p, WinogradWord.C);
  const line = tile / gridW;
  const image = line / gridH;
  const base = word(p, WinogradWord.Image) + ((image * H * W * C + k) << 2);
  const y0 = (line - image * gridH) * (side - 2) + word(p, WinogradWord.OriginY);
  const x0 = (tile - line * gridW) * (side - 2) + word(p, WinogradWord.OriginX);
  placePixels(table, side, y0, x0, base, H, W, C, word(p, WinogradWord.Shift), word(p, WinogradWord.Outside));
}

/** The outputs of a tile, channels [n, n + columns), from its components `step` bytes apart. */
function join(side: i32, p: usize, tile: i32, n: i32, columns: i32, sums: usize, step: usize, scratch: usize): void {
  const outputs = side - 2;
  const gridH = word(p, WinogradWord.GridH);
  const gridW = word(p, WinogradWord.GridW);
  const H = word(p, WinogradWord.OutH);
  const W = word(p, WinogradWord.OutW);
  const N = word(p, WinogradWord.N);
  const bias = <usize>word(p, WinogradWord.Bias);
  const activation = word(p, WinogradWord.Activation);
  const alpha = f32x4.splat(load<f32>(p + (<usize>WinogradWord.Alpha << 2)));
  const line = tile / gridW;
  const image = line / gridH;
  const y0 = (line - image * gridH) * outputs;
  const x0 = (tile - line * gridW) * outputs;
  const rows = min(outputs, H - y0);
  const wide = min(outputs, W - x0);
  const pooled = word(p, WinogradWord.Pooled);
  const factor = f32x4.splat(load<f32>(p + (<usize>WinogradWord.Factor << 2)));
  const pixelStep = <usize>N << 2;
  const lineStep = <usize>(W >> pooled) * pixelStep;
  const place = (image * (H >> pooled) + (y0 >> pooled)) * (W >> pooled) + (x0 >> pooled);
  const result = <usize>word(p, WinogradWord.Result) + (<usize>(place * N + n) << 2);
  const between = scratch + WINOGRAD_BETWEEN;
  const row = <usize>outputs << 4;
  for (let c: usize = 0; c < <usize>columns << 2; c += 16) {
    const b = bias ? v128.load(bias + (<usize>n << 2) + c) : f32x4.splat(0);
    outputRows(side, sums + c, step, between);
    for (let j = 0; j < wide; j++) {
      const column = between + (<usize>j << 4);
      outputColumn(side, column);
      let to = result + <usize>j * pixelStep + c;
      for (let i = 0, from = column; i < rows; i++, from += row, to += lineStep) {
        v128.store(pooled ? from : to, activate(f32x4.add(v128.load(from), b), activation, alpha));
      }
    }
    if (!pooled) continue;
    let to = result + c, from = between;
    for (let i = 0; i < rows; i += 2, from += 2 * row, to += lineStep) {
      for (let j: usize = 0; j < <usize>wide; j += 2) {
        const at = from + (j << 4);
        let sum = f32x4.mul(v128.load(at), factor);
        sum = f32x4.add(sum, f32x4.mul(v128.load(at, 16), factor));
        sum = f32x4.add(sum, f32x4.mul(v128.load(at + row), factor));
        v128.store(to + (j >> 1) * pixelStep, f32x4.add(sum, f32x4.mul(v128.load(at + row, 16), factor)));
      }
    }
  }
}

/**
 * panels[N / NR, component, K, NR], a gap after each component = those of a filter: the whole of one WinogradFilter instruction (`WinogradFilterWord`), as thread ith of nth. Threads share out
 * the channels, four of each panel at a time. Exactly the panels are written, columns past the last not at all; they may not overlap the filter. K and N are multiples of 4.
 */
export function f32_winograd_filter(p: usize, ith: i32, nth: i32): void {
  const side = word(p, WinogradFilterWord.Kind) == WinogradKind.F43 ? 6 : 4;
  const K = word(p, WinogradFilterWord.K);
  const N = word(p, WinogradFilterWord.N);
  const flipped = word(p, WinogradFilterWord.Flipped) != 0;
  const filter = <usize>word(p, WinogradFilterWord.Filter);
  const taps = <usize>word(p, WinogradFilterWord.Scratch) + <usize>ith * <usize>word(p, WinogradFilterWord.ScratchStride) + WINOGRAD_LANES;
  const between = taps - WINOGRAD_LANES + WINOGRAD_BETWEEN;
  const fours = K >> 2;
  const units = fours * ((N + NR - 1) / NR);
  const tapStep = <usize>(K * N) << 2;
  const step = <usize>K * ROW + WINOGRAD_GAP;
  const stop = share(units, 1, ith + 1, nth);
  for (let unit = share(units, 1, ith, nth); unit < stop; unit++) {
    const panel = unit / fours;
    const k = (unit - panel * fours) << 2;
    const panels = <usize>word(p, WinogradFilterWord.Result) + <usize>(panel * side * side) * step + <usize>k * ROW;
    for (let n = panel * NR; n < min(N, (panel + 1) * NR); n += 4) {
      // Four channels by four results of every tap: rows of results, one a channel.
      let from = filter + (<usize>(flipped ? n * K + k : k * N + n) << 2) + (flipped ? 8 * tapStep : 0);
      for (let t = taps; t < taps + 9 * 64; t += 64) {
        const stride = <usize>(flipped ? K : N) << 2;
        const x0 = v128.load(from), x1 = v128.load(from + stride), x2 = v128.load(from + 2 * stride), x3 = v128.load(from + 3 * stride);
        if (flipped) {
          storeTransposed(x0, x1, x2, x3, t, 16);
          from -= tapStep;
        } else {
          v128.store(t, x0);
          v128.store(t, x1, 16);
          v128.store(t, x2, 32);
          v128.store(t, x3, 48);
          from += tapStep;
        }
      }
      let out = panels + (<usize>(n % NR) << 2);
      for (let row = taps; row < taps + 64; row += 16, out += ROW) filterTaps(side, row, 64, between, out, step);
    }
  }
}
