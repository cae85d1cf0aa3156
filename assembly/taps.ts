/** Products whose operands B are sums of the same few matrices: what Winograd's algorithm makes of a filter's taps, where images are so few that to write the sums out would take longer than to multiply by them. */
import { GemmWord, NR, PanelSumWord, ResultWord, TapProductsWord } from "./format/products";
import { TAP_PRODUCTS_LANES, TAP_PRODUCTS_PANEL } from "./format/scratch";
import { MR, f32_gemm_tiles, storeTile } from "./gemm";
import { packPanels } from "./pack";
import { share, v_madd } from "./simd";
import { word } from "./words";

const GEMM_BYTES: usize = GemmWord.Tickets << 2;

/** So many rows are multiplied by sums that are never stored: with more, adding once for all of them is quicker. */
const FEW_ROWS: i32 = 4;

/**
 * C[M, N] (+)= A[M, K] B[K, N] for the Gemms of one TapProducts instruction (`TapProductsWord`), one after the other, as thread ith of nth. B is the sum of one, two or four matrices in panels
 * (`PanelSumWord`). Threads share out the columns; a panel of columns is gone through by all products before the next, so that those of the taps are read from memory once. Each element is
 * computed as by `f32_gemm` from a B that holds the sums.
 */
export function f32_tap_products(p: usize, ith: i32, nth: i32): void {
  const N = word(p, TapProductsWord.N);
  const K = word(p, TapProductsWord.K);
  const KC = word(p, TapProductsWord.KC);
  const n1 = share(N, NR, ith + 1, nth);
  const n0 = share(N, NR, ith, nth);
  if (n0 >= n1) return;
  const first = p + (<usize>TapProductsWord.Gemms << 2);
  const stop = first + <usize>word(p, TapProductsWord.Count) * GEMM_BYTES;
  const tile = <usize>word(p, TapProductsWord.Scratch) + <usize>ith * <usize>word(p, TapProductsWord.ScratchStride);
  const panel = tile + TAP_PRODUCTS_PANEL;
  const packed = panel + (<usize>(min(KC, K) * NR) << 2);

  let a = packed;
  for (let gemm = first; gemm < stop; gemm += GEMM_BYTES) {
    const M = word(gemm, GemmWord.M);
    for (let pc = 0; pc < K; pc += KC) {
      const kc = min(KC, K - pc);
      packPanels(gemm + (<usize>GemmWord.A << 2), 0, M, MR, pc, kc, a, tile + TAP_PRODUCTS_LANES);
      a += <usize>((M + MR - 1) / MR * MR * kc) << 2;
    }
  }
  for (let n = n0; n < n1; n += NR) {
    a = packed;
    for (let gemm = first; gemm < stop; gemm += GEMM_BYTES) {
      const M = word(gemm, GemmWord.M);
      const adds = word(gemm + (<usize>GemmWord.C << 2), ResultWord.Accumulate) != 0;
      for (let pc = 0; pc < K; pc += KC) {
        const kc = min(KC, K - pc);
        const view = gemm + (<usize>GemmWord.B << 2);
        const x = <usize>word(view, PanelSumWord.Base) + (<usize>(n * K + pc * NR) << 2);
        const below = <usize>word(view, PanelSumWord.TermY) << 2;
        const right = <usize>word(view, PanelSumWord.TermX) << 2;
        const alone = below == 0 && right == 0;
        const onTheWay = !alone && M <= FEW_ROWS;
        if (!alone && !onTheWay) addPanels(x, right, below, kc, panel);
        for (let m = 0; m < M; m += MR, a += <usize>(MR * kc) << 2) {
          if (onTheWay) addedTile(kc, a, x, right, below, tile);
          else f32_gemm_tiles(1, kc, a, alone ? x : panel, tile, NR << 2, false);
          storeTile(gemm, m, min(MR, M - m), n, min(NR, N - n), adds || pc > 0, pc + kc >= K, tile);
        }
      }
    }
  }
}

/** A panel as the sum of two, at x and at whichever of `right` and `below` from there is not 0; where neither is 0, of four. */
function addPanels(x: usize, right: usize, below: usize, kc: i32, out: usize): void {
  const end = x + (<usize>(kc * NR) << 2);
  if (below == 0 || right == 0) {
    for (; x < end; x += 16, out += 16) v128.store(out, sumOf(2, x, x + below + right, 0, 0));
  } else {
    for (; x < end; x += 16, out += 16) v128.store(out, sumOf(4, x, x + right, x + below, x + below + right));
  }
}

/** The tile [FEW_ROWS, NR] of a packed A and such a sum. */
function addedTile(kc: i32, a: usize, x: usize, right: usize, below: usize, tile: usize): void {
  if (below == 0 || right == 0) ofTerms(2, kc, a, x, x + below + right, 0, 0, tile);
  else ofTerms(4, kc, a, x, x + right, x + below, x + below + right, tile);
}

/** The inner loop of `f32_gemm_tiles`, with a B that is added on its way. */
// @ts-ignore: decorator
@inline
function ofTerms(terms: i32, kc: i32, a: usize, b0: usize, b1: usize, b2: usize, b3: usize, tile: usize): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  for (let k = kc; k > 0; k--, a += MR << 2) {
    const y0 = sumOf(terms, b0, b1, b2, b3);
    const y1 = sumOf(terms, b0 + 16, b1 + 16, b2 + 16, b3 + 16);
    b0 += 32;
    b1 += 32;
    if (terms > 2) b2 += 32;
    if (terms > 2) b3 += 32;
    let x = v128.load32_splat(a);
    c00 = v_madd(x, y0, c00);
    c01 = v_madd(x, y1, c01);
    x = v128.load32_splat(a, 4);
    c10 = v_madd(x, y0, c10);
    c11 = v_madd(x, y1, c11);
    x = v128.load32_splat(a, 8);
    c20 = v_madd(x, y0, c20);
    c21 = v_madd(x, y1, c21);
    x = v128.load32_splat(a, 12);
    c30 = v_madd(x, y0, c30);
    c31 = v_madd(x, y1, c31);
  }
  v128.store(tile, c00);
  v128.store(tile, c01, 16);
  v128.store(tile, c10, 32);
  v128.store(tile, c11, 48);
  v128.store(tile, c20, 64);
  v128.store(tile, c21, 80);
  v128.store(tile, c30, 96);
  v128.store(tile, c31, 112);
}

/** Four elements of two or four matrices, added as they are where the sums are packed: those side by side first. */
// @ts-ignore: decorator
@inline
function sumOf(terms: i32, x: usize, right: usize, below: usize, both: usize): v128 {
  const upper = f32x4.add(v128.load(x), v128.load(right));
  return terms == 2 ? upper : f32x4.add(upper, f32x4.add(v128.load(below), v128.load(both)));
}
