/**
 * Gradients of 3x3 filters of stride 1 by Winograd's F(3, 4) or F(3, 2): the outputs are the filter's taps, and the taps are tiles of the gradient of the convolution's result. Points, and so the
 * transforms of data, are those of F(4, 3) and F(2, 3) (winogradTransforms.ts).
 */
import { NR } from "./format/products";
import { WINOGRAD_GAP, WINOGRAD_GRAD_BETWEEN, WINOGRAD_GRAD_PANELS } from "./format/scratch";
import { WinogradGradWord, WinogradKind } from "./format/winograd";
import { f32_gemm_tiles, MR } from "./gemm";
import { share } from "./simd";
import { dataColumns, dataRows, gradientOutputs, gradientTaps, placePixels } from "./winogradTransforms";
import { word } from "./words";

/** Bytes of a row of a panel of dy, and of a row of sums. */
const ROW: usize = NR << 2;

/**
 * One WinogradFilterGrad instruction (`WinogradGradWord`), as thread ith of nth. Of the operands elements and zeros are read, of x four more floats; exactly dw and the sums are written, which may not
 * overlap the operands. A thread has channels of x of its own, of which it splits, multiplies and joins the components; those of dy it makes itself too.
 * Whatever the share of a thread, each element of dw is computed by the same operations in the same order.
 */
export function f32_winograd_filter_grad(p: usize, ith: i32, nth: i32): void {
  const side = word(p, WinogradGradWord.Kind) == WinogradKind.F43 ? 6 : 4;
  const components = side * side;
  const tableStep = <usize>components << 2;
  const C = word(p, WinogradGradWord.C);
  const N = word(p, WinogradGradWord.N);
  const tiles = word(p, WinogradGradWord.Tiles);
  const block = word(p, WinogradGradWord.Block);
  const piece = word(p, WinogradGradWord.Piece);
  const rows = word(p, WinogradGradWord.Rows);
  const columns = (N + NR - 1) / NR;
  const scratch = <usize>word(p, WinogradGradWord.Scratch) + <usize>ith * <usize>word(p, WinogradGradWord.ScratchStride);
  const b = scratch + WINOGRAD_GRAD_PANELS;
  const bStep = <usize>(columns * block) * ROW + WINOGRAD_GAP;
  const a = b + <usize>components * bStep;
  const aStep = (<usize>(piece * block) << 2) + WINOGRAD_GAP;
  const tables = a + <usize>components * aStep;
  const sumsStep = <usize>word(p, WinogradGradWord.SumsStride) << 2;
  const panelStep = <usize>rows * ROW;
  // The same rows of sums whatever channels are summed: no thread waits for another, and those of the last turn may be fewer.
  const begin = share(min(rows, C), MR, ith, nth);
  const end = share(min(rows, C), MR, ith + 1, nth);
  for (let first = 0; first < C; first += rows) {
    const from = min(begin, C - first);
    const to = min(end, C - first);
    if (from >= to) continue;
    for (let tile = 0; tile < tiles; tile += block) {
      const depth = min(block, tiles - tile);
      for (let t = 0; t < depth; t++) {
        place(side, true, p, C, tile + t, tables + <usize>t * tableStep);
        place(side, false, p, N, tile + t, scratch);
        splitGradient(side, N, depth, b + <usize>t * ROW, bStep, scratch);
      }
      for (let row = from; row < to; row += piece) {
        const count = min(piece, to - row);
        splitData(side, first + row, count, depth, tables, a, aStep, scratch);
        const panels = (count + MR - 1) / MR;
        let sums = <usize>word(p, WinogradGradWord.Sums) + <usize>row * ROW;
        let ai = a, bi = b;
        for (let i = 0; i < components; i++, ai += aStep, bi += bStep, sums += sumsStep) {
          for (let j: usize = 0; j < <usize>columns; j++) {
            f32_gemm_tiles(panels, depth, ai, bi + j * <usize>depth * ROW, sums + j * panelStep, ROW, tile > 0);
          }
        }
      }
    }
    const sums = <usize>word(p, WinogradGradWord.Sums);
    for (let row = from; row < to; row++) join(side, p, first + row, N, sums + <usize>row * ROW, sumsStep, panelStep, scratch);
  }
}

/** Writes the address of every pixel of a tile of x or dy to `table`, of the zeros for those outside the image. */
function place(side: i32, ofX: bool, p: usize, C: i32, tile: i32, table: usize): void {
  const taps = side - 2;
  const gridH = word(p, WinogradGradWord.GridH);
  const gridW = word(p, WinogradGradWord.GridW);
  const H = word(p, ofX ? WinogradGradWord.H : WinogradGradWord.OutH);
  const W = word(p, ofX ? WinogradGradWord.W : WinogradGradWord.OutW);
  const line = tile / gridW;
  const image = line / gridH;
  const base = word(p, ofX ? WinogradGradWord.X : WinogradGradWord.Dy) + ((image * H * W * C) << 2);
  const y0 = (line - image * gridH) * taps + (ofX ? word(p, WinogradGradWord.OriginY) : 0);
  const x0 = (tile - line * gridW) * taps + (ofX ? word(p, WinogradGradWord.OriginX) : 0);
  placePixels(table, ofX ? side : taps, y0, x0, base, H, W, C, ofX ? word(p, WinogradGradWord.Shift) : 0, word(p, WinogradGradWord.Outside));
}

/** A tile of dy to one row of the panels of each component, `step` bytes apart; panels of a component are `depth` rows each. */
function splitGradient(side: i32, N: i32, depth: i32, out: usize, step: usize, scratch: usize): void {
  const between = scratch + WINOGRAD_GRAD_BETWEEN;
  for (let c: usize = 0; c < <usize>N << 2; c += 16) {
    gradientTaps(side, scratch, c, between, out + (c / ROW) * <usize>depth * ROW + (c % ROW), step);
  }
}

/** Channels [c, c + count) of a block of tiles of x to panels of MR channels. */
function splitData(side: i32, channel: i32, count: i32, depth: i32, tables: usize, a: usize, step: usize, scratch: usize): void {
  const between = scratch + WINOGRAD_GRAD_BETWEEN;
  const line = <usize>side << 4;
  const panelStep = <usize>(depth * MR) << 2;
  for (let l = 0; l < count; l += 4) {
    const c = <usize>(channel + l) << 2;
    const panel = l / MR;
    const within = l - panel * MR;
    let out = a + <usize>panel * panelStep + (<usize>within << 2);
    // The first lanes of the next panel, where two of the four are its.
    const next = panelStep - (<usize>within << 2);
    let table = tables;
    for (let t = 0; t < depth; t++, table += <usize>(side * side) << 2, out += MR << 2) {
      dataColumns(side, table, c, between);
      if (within + 4 <= MR) {
        dataRows(side, between, out, step);
        continue;
      }
      // Two lanes of the panel and two of the next one.
      dataRows(side, between, between + line * <usize>side, 16);
      let to = out;
      for (let b = between + line * <usize>side; b < between + 2 * line * <usize>side; b += 16, to += step) {
        const x = v128.load(b);
        v128.store64_lane(to, x, 0);
        v128.store64_lane(to + next, x, 1);
      }
    }
  }
}

/** The taps of channel `c` from its sums, of components `step` and of panels `panelStep` bytes apart. */
function join(side: i32, p: usize, c: i32, N: i32, sums: usize, step: usize, panelStep: usize, scratch: usize): void {
  const between = scratch + WINOGRAD_GRAD_BETWEEN;
  const tapStep = <usize>(word(p, WinogradGradWord.C) * N) << 2;
  const dw = <usize>word(p, WinogradGradWord.Dw) + (<usize>(c * N) << 2);
  for (let n: usize = 0; n < <usize>N << 2; n += 16) {
    gradientOutputs(side, sums + (n / ROW) * panelStep + (n % ROW), step, between, dw + n, tapStep);
  }
}
