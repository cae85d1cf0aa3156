/** Series of matrix products, one of whose operands is made as the register tile reads it. */
import { DenseWord, NR, ProductsWord, ROW_GRAIN } from "./format/products";
import { PRODUCTS_LANES, PRODUCTS_PANELS, PRODUCTS_VIEW, PRODUCTS_VIEW_BYTES } from "./format/scratch";
import { f32_gemm_tiles, MR, storeLanes } from "./gemm";
import { packPanels } from "./pack";
import { share } from "./simd";
import { word } from "./words";

/**
 * C[M, N] (+)= A[M, K] B[K, N] for a series of products (`ProductsWord`), as thread ith of nth. B is read in whole panels; exactly Cs are written, which may not overlap
 * the operands. A thread computes the same rows of each: where it made those of A itself too, they are
 * near. The order in which each element sums over K is the same however rows are shared.
 */
export function f32_products(p: usize, ith: i32, nth: i32): void {
  const M = word(p, ProductsWord.M);
  const N = word(p, ProductsWord.N);
  const K = word(p, ProductsWord.K);
  const MC = word(p, ProductsWord.MC);
  const KC = word(p, ProductsWord.KC);
  const from = share(M, ROW_GRAIN, ith, nth);
  const to = share(M, ROW_GRAIN, ith + 1, nth);
  if (from >= to) return;
  const adds = word(p, ProductsWord.Accumulate) != 0;
  const tile = <usize>word(p, ProductsWord.Scratch) + <usize>ith * <usize>word(p, ProductsWord.ScratchStride);
  const lanes = tile + PRODUCTS_LANES;
  const view = tile + PRODUCTS_VIEW;
  const packed = tile + PRODUCTS_PANELS;
  memory.copy(view, p + (<usize>ProductsWord.A << 2), PRODUCTS_VIEW_BYTES);
  const stride = <usize>N << 2;
  for (let index = 0; index < word(p, ProductsWord.Count); index++) {
    const A = word(p, ProductsWord.A + DenseWord.Base) + ((index * word(p, ProductsWord.NextA)) << 2);
    store<i32>(view + (<usize>DenseWord.Base << 2), A);
    const B = <usize>word(p, ProductsWord.B) + (<usize>(index * word(p, ProductsWord.NextB)) << 2);
    const C = <usize>word(p, ProductsWord.C) + (<usize>(index * word(p, ProductsWord.NextC)) << 2);
    for (let ic = from; ic < to; ic += MC) {
      const rows = min(MC, to - ic);
      for (let pc = 0; pc < K; pc += KC) {
        const kc = min(KC, K - pc);
        packPanels(view, ic, rows, MR, pc, kc, packed, lanes);
        for (let j = 0; j < N; j += NR) {
          const b = B + (<usize>(j * K + pc * NR) << 2);
          const c = C + (<usize>(ic * N + j) << 2);
          const columns = min(NR, N - j);
          const whole = columns == NR ? rows / MR : 0;
          if (whole > 0) f32_gemm_tiles(whole, kc, packed, b, c, stride, adds || pc > 0);
          for (let i = whole * MR; i < rows; i += MR) {
            f32_gemm_tiles(1, kc, packed + (<usize>(i * kc) << 2), b, tile, NR << 2, false);
            for (let r = 0, valid = min(MR, rows - i); r < valid; r++) {
              storeLanes(c + <usize>(i + r) * stride, tile + (<usize>(r * NR) << 2), columns, adds || pc > 0);
            }
          }
        }
      }
    }
  }
}
