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
 * near. Or, where rows are few, it has its share of the columns of all. The order in which each element sums over K is the same however they are shared.
 */
export function f32_products(p: usize, ith: i32, nth: i32): void {
  const M = word(p, ProductsWord.M);
  const N = word(p, ProductsWord.N);
  const K = word(p, ProductsWord.K);
  const MC = word(p, ProductsWord.MC);
  const KC = word(p, ProductsWord.KC);
  const byColumns = word(p, ProductsWord.ByColumns) != 0;
  const panels = (N + NR - 1) / NR;
  const all = word(p, ProductsWord.Count) * panels;
  const first = byColumns ? share(all, 1, ith, nth) : 0;
  const last = byColumns ? share(all, 1, ith + 1, nth) : all;
  const from = byColumns ? 0 : share(M, ROW_GRAIN, ith, nth);
  const to = byColumns ? M : share(M, ROW_GRAIN, ith + 1, nth);
  if (from >= to || first >= last) return;
  const adds = word(p, ProductsWord.Accumulate) != 0;
  const tile = <usize>word(p, ProductsWord.Scratch) + <usize>ith * <usize>word(p, ProductsWord.ScratchStride);
  const lanes = tile + PRODUCTS_LANES;
  const view = tile + PRODUCTS_VIEW;
  const packed = tile + PRODUCTS_PANELS;
  memory.copy(view, p + (<usize>ProductsWord.A << 2), PRODUCTS_VIEW_BYTES);
  const stride = <usize>N << 2;
  for (let index = first / panels; index * panels < last; index++) {
    const j0 = max(first - index * panels, 0) * NR;
    const j1 = min(min(last - index * panels, panels) * NR, N);
    const A = word(p, ProductsWord.A + DenseWord.Base) + ((index * word(p, ProductsWord.NextA)) << 2);
    store<i32>(view + (<usize>DenseWord.Base << 2), A);
    const B = <usize>word(p, ProductsWord.B) + (<usize>(index * word(p, ProductsWord.NextB)) << 2);
    const C = <usize>word(p, ProductsWord.C) + (<usize>(index * word(p, ProductsWord.NextC)) << 2);
    for (let ic = from; ic < to; ic += MC) {
      const rows = min(MC, to - ic);
      for (let pc = 0; pc < K; pc += KC) {
        const kc = min(KC, K - pc);
        packPanels(view, ic, rows, MR, pc, kc, packed, lanes);
        for (let j = j0; j < j1; j += NR) {
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
