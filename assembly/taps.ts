/** Products whose operands B are sums of the same few matrices: what Winograd's algorithm makes of a filter's taps, where images are so few that to write the sums out would take longer than to multiply by them. */
import { GemmWord, NR, PanelSumWord, ResultWord, TapProductsWord } from "./format/products";
import { TAP_PRODUCTS_LANES, TAP_PRODUCTS_PANEL } from "./format/scratch";
import { MR, f32_gemm_tiles, storeTile } from "./gemm";
import { packPanels } from "./pack";
import { share } from "./simd";
import { word } from "./words";

const GEMM_BYTES: usize = GemmWord.Tickets << 2;

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
        sumPanels(gemm + (<usize>GemmWord.B << 2), n * K + pc * NR, kc * NR, panel);
        for (let m = 0; m < M; m += MR, a += <usize>(MR * kc) << 2) {
          f32_gemm_tiles(1, kc, a, panel, tile, NR << 2, false);
          storeTile(gemm, m, min(MR, M - m), n, min(NR, N - n), adds || pc > 0, pc + kc >= K, tile);
        }
      }
    }
  }
}

/** `count` elements, from number `from` on, of a sum of matrices. Added as they are where the sums are packed: those side by side first. */
function sumPanels(view: usize, from: i32, count: i32, out: usize): void {
  const below = <usize>word(view, PanelSumWord.TermY) << 2;
  const right = <usize>word(view, PanelSumWord.TermX) << 2;
  let x = <usize>word(view, PanelSumWord.Base) + (<usize>from << 2);
  const end = x + (<usize>count << 2);
  if (below != 0 && right != 0) {
    for (; x < end; x += 16, out += 16) {
      const upper = f32x4.add(v128.load(x), v128.load(x + right));
      v128.store(out, f32x4.add(upper, f32x4.add(v128.load(x + below), v128.load(x + below + right))));
    }
  } else if (below != 0 || right != 0) {
    const other = below + right;
    for (; x < end; x += 16, out += 16) v128.store(out, f32x4.add(v128.load(x), v128.load(x + other)));
  } else {
    memory.copy(out, x, end - x);
  }
}
