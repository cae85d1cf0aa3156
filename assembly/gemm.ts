/**
 * Matrix multiplication by packed panels (Goto & van de Geijn 2008; Van Zee & van de Geijn 2015): a block of B is packed once, a block of A
 * once for it, and a register tile of C is computed from a panel of each. Where the operands come from (dense
 * matrices, patches of images, filters) is the packing's business alone: see pack.ts.
 */
import { Activation, DenseWord, GemmWord, MR_PLAIN, MR_RELAXED, NR, ResultKind, ResultWord, THIN, ViewKind } from "./format/products";
import { GEMM_LANES, GEMM_PANELS } from "./format/scratch";
import { v_sigmoid, v_tanh } from "./math";
import { packPanels } from "./pack";
import { share, v_madd } from "./simd";
import { word } from "./words";

/** Rows of the register tile: 6 need a fused multiply-add to stay in 16 registers, 4 do with mul and add. */
// @ts-ignore: decorator
@inline
export const MR: i32 = ASC_FEATURE_RELAXED_SIMD ? MR_RELAXED : MR_PLAIN;

/** Panels that such a row is multiplied with at once, enough that sums need not wait for each other. */
const ROW_PANELS: i32 = 4;

/** Parts that a thread's share is cut into, where others may take what it has not yet begun. */
export const PARTS: i32 = 4;

/**
 * C[M, N] (+)= A[M, K] B[K, N], then bias and activation: one Gemm instruction (`GemmWord`), as thread ith of nth. Of A and B elements and zeros of their views are
 * read, of the bias as many floats as fill its last NR; exactly C's elements are written, and C may not overlap the operands. With K = 0, C is 0.
 * Rows or columns are shared out in whole tiles, and the order in which each element
 * of C sums over K is the same however they are shared.
 *
 * A thread that is done with its share helps the others with theirs, part by part: processors differ, and are interrupted. Where the operand that all
 * parts need does not stay packed from one to the next, each thread does its own share only.
 */
export function f32_gemm(p: usize, ith: i32, nth: i32): void {
  const byColumns = word(p, GemmWord.Split) != 0;
  const count = byColumns ? word(p, GemmWord.N) : word(p, GemmWord.M);
  const grain = byColumns ? NR : MR;
  if (!ASC_FEATURE_THREADS || nth == 1 || !staysPacked(p)) {
    block(p, ith, byColumns, share(count, grain, ith, nth), share(count, grain, ith + 1, nth), true);
    return;
  }
  let fresh = true;
  for (let v = 0; v < nth; v++) {
    const owner = (ith + v) % nth;
    const begin = share(count, grain, owner, nth);
    const length = share(count, grain, owner + 1, nth) - begin;
    const tickets = p + (<usize>(GemmWord.Tickets + owner) << 2);
    for (;;) {
      const part = atomic.add<i32>(tickets, 1);
      if (part >= PARTS) {
        // Every thread is refused once: the last of them leaves the tickets as they were.
        if (part == PARTS + nth - 1) atomic.store<i32>(tickets, 0);
        break;
      }
      const from = begin + share(length, grain, part, PARTS);
      const to = begin + share(length, grain, part + 1, PARTS);
      if (from >= to) continue;
      block(p, ith, byColumns, from, to, fresh);
      fresh = false;
    }
  }
}

/** Whether the operand that all parts of C need is packed whole, and so stays packed from one part to the next. */
export function staysPacked(p: usize): bool {
  if (word(p, GemmWord.K) > word(p, GemmWord.KC)) return false;
  return word(p, GemmWord.Split) != 0 ? word(p, GemmWord.M) <= word(p, GemmWord.MC) : word(p, GemmWord.N) <= word(p, GemmWord.NC);
}

/**
 * Rows, or columns, [from, to) of C in the working space of thread ith. The operand that all of them need is packed if `fresh`, and otherwise still is from
 * the last call, which is possible for one that is packed whole.
 */
export function block(p: usize, ith: i32, byColumns: bool, from: i32, to: i32, fresh: bool): void {
  const M = word(p, GemmWord.M);
  const N = word(p, GemmWord.N);
  const K = word(p, GemmWord.K);
  const MC = word(p, GemmWord.MC);
  const KC = word(p, GemmWord.KC);
  const NC = word(p, GemmWord.NC);
  const m0 = byColumns ? 0 : from;
  const m1 = byColumns ? M : to;
  const n0 = byColumns ? from : 0;
  const n1 = byColumns ? to : N;
  if (m0 >= m1 || n0 >= n1) return;

  const tile = <usize>word(p, GemmWord.Scratch) + <usize>ith * <usize>word(p, GemmWord.ScratchStride);
  const lanes = tile + GEMM_LANES;
  const packedA = tile + GEMM_PANELS;
  const packedB = packedA + (<usize>(MC * min(KC, K)) << 2);
  const A = p + (<usize>GemmWord.A << 2);
  const B = p + (<usize>GemmWord.B << 2);
  const C = p + (<usize>GemmWord.C << 2);
  const ready = word(B, DenseWord.Kind) == ViewKind.Panels;
  const base = <usize>word(C, ResultWord.Base);
  const stride = <usize>word(C, ResultWord.Stride) << 2;
  const plain = word(C, ResultWord.Kind) == ResultKind.Rows && word(C, ResultWord.GridW) == 0;
  const adds = word(C, ResultWord.Accumulate) != 0;
  // Not for what lies ready, which memory cannot give sooner than tiles take it. Nor for one part of more rows: the others would find B not packed.
  const thin = !ready && M <= THIN;

  for (let jc = n0; jc < n1; jc += NC) {
    const nc = min(NC, n1 - jc);
    // Whole panels whose lanes lie side by side are read where they are: each of them is needed once or twice.
    const inPlace = thin && word(B, DenseWord.Kind) == ViewKind.Dense && word(B, DenseWord.DepthStride) != 1 ? nc - (nc % NR) : 0;
    let pc = 0;
    do {
      const kc = min(KC, K - pc);
      if (!ready && inPlace < nc && (byColumns || fresh)) {
        packPanels(B, jc + inPlace, nc - inPlace, NR, pc, kc, packedB + (<usize>(inPlace * kc) << 2), lanes);
      }
      // Panels that are ready are K deep.
      const panels = ready ? <usize>word(B, DenseWord.Base) + (<usize>(jc * K + pc * NR) << 2) : packedB;
      const depth = ready ? K : kc;
      for (let ic = m0; ic < m1; ic += MC) {
        const mc = min(MC, m1 - ic);
        if (!byColumns || fresh) packPanels(A, ic, mc, MR, pc, kc, packedA, lanes);
        if (thin) {
          thinRows(p, ic, mc, jc, nc, inPlace, pc, kc, packedA, packedB, tile);
          continue;
        }
        for (let j = 0; j < nc; j += NR) {
          const b = panels + (<usize>(j * depth) << 2);
          const accumulate = adds || pc > 0;
          const last = pc + kc >= K;
          const whole = plain && nc - j >= NR ? mc / MR : 0;
          if (whole > 0) {
            const c = base + <usize>ic * stride + (<usize>(jc + j) << 2);
            f32_gemm_tiles(whole, kc, packedA, b, c, stride, accumulate);
            if (last) epilogue(p, jc + j, c, stride, whole * MR);
          }
          for (let i = whole * MR; i < mc; i += MR) {
            f32_gemm_tiles(1, kc, packedA + (<usize>(i * kc) << 2), b, tile, NR << 2, false);
            storeTile(p, ic + i, min(MR, mc - i), jc + j, min(NR, nc - j), accumulate, last, tile);
          }
        }
      }
      pc += KC;
    } while (pc < K);
  }
}

/** Rows [m, m + rows), one by one, of columns [n, n + columns), the first `inPlace` of which B's view has as they are read; the others are in `packedB`. */
function thinRows(
  p: usize, m: i32, rows: i32, n: i32, columns: i32, inPlace: i32, k0: i32, kc: i32, packedA: usize, packedB: usize, tile: usize,
): void {
  const B = p + (<usize>GemmWord.B << 2);
  const stride = <usize>word(B, DenseWord.DepthStride) << 2;
  const source = <usize>word(B, DenseWord.Base) + <usize>k0 * stride + (<usize>n << 2);
  const accumulate = word(p + (<usize>GemmWord.C << 2), ResultWord.Accumulate) != 0 || k0 > 0;
  const last = k0 + kc >= word(p, GemmWord.K);
  for (let r = 0; r < rows; r++) {
    for (let j = 0; j < columns; ) {
      const direct = j < inPlace;
      const several = (direct ? inPlace : columns) - j >= ROW_PANELS * NR;
      const b = direct ? source + (<usize>j << 2) : packedB + (<usize>(j * kc) << 2);
      const panel = several ? <usize>(direct ? NR : kc * NR) << 2 : 0; // the same one in all places where there are not as many
      f32_gemm_row(kc, packedA + (<usize>r << 2), b, direct ? stride : NR << 2, panel, tile);
      const end = several ? j + ROW_PANELS * NR : j + NR;
      for (let t = tile; j < end; j += NR, t += NR << 2) storeTile(p, m + r, 1, n + j, min(NR, columns - j), accumulate, last, t);
    }
  }
}

/** One row of `ROW_PANELS` tiles: sums over k of a[k MR] b[k], every b `step` bytes from the last, panels `panel` bytes apart. */
function f32_gemm_row(kc: i32, a: usize, b0: usize, step: usize, panel: usize, tile: usize): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  let b1 = b0 + panel, b2 = b1 + panel, b3 = b2 + panel;
  for (let k = kc; k > 0; k--, a += MR << 2, b0 += step, b1 += step, b2 += step, b3 += step) {
    const x = v128.load32_splat(a);
    c00 = v_madd(x, v128.load(b0), c00);
    c01 = v_madd(x, v128.load(b0, 16), c01);
    c10 = v_madd(x, v128.load(b1), c10);
    c11 = v_madd(x, v128.load(b1, 16), c11);
    c20 = v_madd(x, v128.load(b2), c20);
    c21 = v_madd(x, v128.load(b2, 16), c21);
    c30 = v_madd(x, v128.load(b3), c30);
    c31 = v_madd(x, v128.load(b3, 16), c31);
  }
  storeRow(tile, 0, c00, c01, false);
  storeRow(tile + 32, 0, c10, c11, false);
  storeRow(tile + 64, 0, c20, c21, false);
  storeRow(tile + 96, 0, c30, c31, false);
}

/** Puts the rows x columns valid elements of a tile where C's view says. */
export function storeTile(p: usize, m: i32, rows: i32, n: i32, columns: i32, accumulate: bool, last: bool, tile: usize): void {
  const C = p + (<usize>GemmWord.C << 2);
  const base = <usize>word(C, ResultWord.Base);
  const gridW = word(C, ResultWord.GridW);
  if (gridW != 0) {
    storeGridRows(C, base, gridW, m, rows, n, columns, accumulate, tile);
  } else if (word(C, ResultWord.Kind) == ResultKind.Rows) {
    const stride = <usize>word(C, ResultWord.Stride) << 2;
    const c = base + <usize>m * stride + (<usize>n << 2);
    if (accumulate) {
      for (let r = 0; r < rows; r++) {
        const from = c + <usize>r * stride;
        const t = tile + (<usize>(r * NR) << 2);
        for (let o: usize = 0; o < <usize>columns << 2; o += 4) store<f32>(t + o, load<f32>(t + o) + load<f32>(from + o));
      }
    }
    if (last) epilogue(p, n, tile, NR << 2, rows);
    for (let r = 0; r < rows; r++) storeLanes(c + <usize>r * stride, tile + (<usize>(r * NR) << 2), columns, false);
  } else {
    const stride = <usize>word(C, ResultWord.Stride) << 2;
    for (let j = 0; j < columns; j++) {
      const c = base + <usize>(n + j) * stride + (<usize>m << 2);
      for (let r = 0; r < rows; r++) {
        const at = tile + (<usize>(r * NR + j) << 2);
        const to = c + (<usize>r << 2);
        store<f32>(to, accumulate ? load<f32>(to) + load<f32>(at) : load<f32>(at));
      }
    }
  }
}

/** Rows that are pixels of a grid, each stored to one, two or four places. */
function storeGridRows(C: usize, base: usize, gridW: i32, m: i32, rows: i32, n: i32, columns: i32, accumulate: bool, tile: usize): void {
  const gridH = word(C, ResultWord.GridH);
  const firstY = word(C, ResultWord.FirstY);
  const firstX = word(C, ResultWord.FirstX);
  const limitY = word(C, ResultWord.LimitY);
  const limitX = word(C, ResultWord.LimitX);
  const endY = firstY + word(C, ResultWord.CountY);
  const endX = firstX + word(C, ResultWord.CountX);
  const termRow = word(C, ResultWord.TermRow);
  const termColumn = word(C, ResultWord.TermColumn);
  let q = m / gridW;
  let x = m - q * gridW;
  let image = q / gridH;
  let y = q - image * gridH;
  for (let r = 0; r < rows; r++) {
    const place = image * word(C, ResultWord.ImageStride) + y * word(C, ResultWord.RowStride) + x * word(C, ResultWord.ColumnStride) + n;
    const stopY = y < limitY ? endY : min(endY, 1);
    const stopX = x < limitX ? endX : min(endX, 1);
    for (let i = firstY; i < stopY; i++) {
      for (let j = firstX; j < stopX; j++) {
        storeLanes(base + (<usize>(place + i * termRow + j * termColumn) << 2), tile + (<usize>(r * NR) << 2), columns, accumulate);
      }
    }
    if (++x == gridW) {
      x = 0;
      if (++y == gridH) {
        y = 0;
        image++;
      }
    }
  }
}

/** The first `columns` of a row of the tile. */
// @ts-ignore: decorator
@inline
export function storeLanes(c: usize, tile: usize, columns: i32, accumulate: bool): void {
  if (columns == NR) {
    storeRow(c, 0, v128.load(tile), v128.load(tile, 16), accumulate);
  } else {
    for (let o: usize = 0; o < <usize>columns << 2; o += 4) {
      store<f32>(c + o, accumulate ? load<f32>(c + o) + load<f32>(tile + o) : load<f32>(tile + o));
    }
  }
}

/** Bias and activation on the rows of a finished tile, `stride` bytes apart. */
function epilogue(p: usize, n: i32, c: usize, stride: usize, rows: i32): void {
  const bias = <usize>word(p, GemmWord.Bias);
  const activation = word(p, GemmWord.Activation);
  if (bias == 0 && activation == Activation.None) return;
  const alpha = f32x4.splat(load<f32>(p + (<usize>GemmWord.Alpha << 2)));
  const b0 = bias ? v128.load(bias + (<usize>n << 2)) : f32x4.splat(0);
  const b1 = bias ? v128.load(bias + (<usize>n << 2), 16) : f32x4.splat(0);
  for (let r = 0; r < rows; r++, c += stride) {
    v128.store(c, activate(f32x4.add(v128.load(c), b0), activation, alpha));
    v128.store(c, activate(f32x4.add(v128.load(c, 16), b1), activation, alpha), 16);
  }
}

/** An `Activation` of four values. */
// @ts-ignore: decorator
@inline
export function activate(x: v128, activation: i32, alpha: v128): v128 {
  if (activation == Activation.LeakyRelu) return v128.bitselect(x, f32x4.mul(x, alpha), f32x4.gt(x, f32x4.splat(0)));
  if (activation == Activation.Tanh) return v_tanh(x);
  return activation == Activation.Sigmoid ? v_sigmoid(x) : x;
}

/**
 * C[tiles MR, 8] (+)= Σ_k a[tile, k, MR]ᵀ b[k, 8] from packed panels; rows of C are `stride` bytes apart. The inner loop of everything.
 *
 * One k a turn: unrolled, asc's optimizer joins the updates of an accumulator into one expression, which lets each wait for the one before
 * and needs more than the 15 registers an engine has. An engine may unroll it, and V8 does so more readily in a loop inside another.
 */
// @ts-ignore: decorator
@inline
export function f32_gemm_tiles(tiles: i32, kc: i32, a: usize, b: usize, c: usize, stride: usize, accumulate: bool): void {
  if (ASC_FEATURE_RELAXED_SIMD) f32_gemm_6x8(tiles, kc, a, b, c, stride, accumulate);
  else f32_gemm_4x8(tiles, kc, a, b, c, stride, accumulate);
}

function f32_gemm_4x8(tiles: i32, kc: i32, a: usize, b: usize, c: usize, stride: usize, accumulate: bool): void {
  for (let t = 0; t < tiles; t++) {
    let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    let bk = b;
    for (let k = kc; k > 0; k--, a += 16, bk += 32) {
      const b0 = v128.load(bk), b1 = v128.load(bk, 16);
      let x = v128.load32_splat(a);
      c00 = v_madd(x, b0, c00);
      c01 = v_madd(x, b1, c01);
      x = v128.load32_splat(a, 4);
      c10 = v_madd(x, b0, c10);
      c11 = v_madd(x, b1, c11);
      x = v128.load32_splat(a, 8);
      c20 = v_madd(x, b0, c20);
      c21 = v_madd(x, b1, c21);
      x = v128.load32_splat(a, 12);
      c30 = v_madd(x, b0, c30);
      c31 = v_madd(x, b1, c31);
    }
    c = storeRow(c, stride, c00, c01, accumulate);
    c = storeRow(c, stride, c10, c11, accumulate);
    c = storeRow(c, stride, c20, c21, accumulate);
    c = storeRow(c, stride, c30, c31, accumulate);
  }
}

function f32_gemm_6x8(tiles: i32, kc: i32, a: usize, b: usize, c: usize, stride: usize, accumulate: bool): void {
  for (let t = 0; t < tiles; t++) {
    let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00;
    let c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
    let bk = b;
    for (let k = kc; k > 0; k--, a += 24, bk += 32) {
      const b0 = v128.load(bk), b1 = v128.load(bk, 16);
      let x = v128.load32_splat(a);
      c00 = v_madd(x, b0, c00);
      c01 = v_madd(x, b1, c01);
      x = v128.load32_splat(a, 4);
      c10 = v_madd(x, b0, c10);
      c11 = v_madd(x, b1, c11);
      x = v128.load32_splat(a, 8);
      c20 = v_madd(x, b0, c20);
      c21 = v_madd(x, b1, c21);
      x = v128.load32_splat(a, 12);
      c30 = v_madd(x, b0, c30);
      c31 = v_madd(x, b1, c31);
      x = v128.load32_splat(a, 16);
      c40 = v_madd(x, b0, c40);
      c41 = v_madd(x, b1, c41);
      x = v128.load32_splat(a, 20);
      c50 = v_madd(x, b0, c50);
      c51 = v_madd(x, b1, c51);
    }
    c = storeRow(c, stride, c00, c01, accumulate);
    c = storeRow(c, stride, c10, c11, accumulate);
    c = storeRow(c, stride, c20, c21, accumulate);
    c = storeRow(c, stride, c30, c31, accumulate);
    c = storeRow(c, stride, c40, c41, accumulate);
    c = storeRow(c, stride, c50, c51, accumulate);
  }
}

// @ts-ignore: decorator
@inline
function storeRow(c: usize, stride: usize, x0: v128, x1: v128, accumulate: bool): usize {
  if (accumulate) {
    x0 = f32x4.add(v128.load(c), x0);
    x1 = f32x4.add(v128.load(c, 16), x1);
  }
  v128.store(c, x0);
  v128.store(c, x1, 16);
  return c + stride;
}
