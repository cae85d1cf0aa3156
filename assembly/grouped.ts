/**
 * Convolutions whose channels are in groups of a few: by matrix products (gemm.ts) they would pack every patch for the sake of a few columns. Here pixels are read where they lie, by
 * a table of addresses that all channels share. Geometry and places are the instruction's own words (format/ranged.ts).
 */
import { GROUPED_PIXELS, GroupedWord } from "./format/ranged";
import { v_madd } from "./simd";
import { word } from "./words";

/**
 * y[n, i, j, (g, o)] = Σ x[n, i strideH + top + a stepH, j strideW + left + b stepW, (g, c)] w[g, (a, b), c, o] over taps (a, b) and channels c of group g; pixels outside x are 0.
 * Pixels (n, i, j) of the grid lie in y by strides of their own, taps in w likewise. `words` are the arguments (`GroupedWord`), `scratch` is the thread's own working space:
 * [where each pixel of a block is written] [for each of them, what each tap reads] [a pixel of y, for what is past the last one].
 *
 * Exactly the grid's pixels of y are written, which may overlap neither x nor w. The range splits the grid's pixels; each number of y sums in order of (a, b, c).
 */
export function f32_conv_grouped(begin: usize, end: usize, words: usize, scratch: usize): void {
  const groups = word(words, GroupedWord.Groups);
  const inner = word(words, GroupedWord.Inner);
  const outer = word(words, GroupedWord.Outer);
  const groupStride = <usize>word(words, GroupedWord.GroupStride) << 2;
  const block = <usize>word(words, GroupedWord.Block);
  const places = scratch;
  const table = places + (block << 2);
  const spare = table + <usize>word(words, GroupedWord.TapsH) * <usize>word(words, GroupedWord.TapsW) * (block << 2);
  for (let q = begin; q < end; q += block) {
    const count = <i32>min(block, end - q);
    const tiles = (count + GROUPED_PIXELS - 1) / GROUPED_PIXELS;
    findPixels(words, <i32>q, count, spare, places, table);
    for (let g = 0; g < groups; g++) {
      const x = <usize>(g * inner) << 2;
      const w = <usize>word(words, GroupedWord.W) + <usize>g * groupStride;
      for (let o = 0; o < outer; ) {
        const y = <usize>(g * outer + o) << 2;
        const from = w + (<usize>o << 2);
        if (outer - o >= 8) {
          tiles8(words, tiles, table, places, x, from, y);
          o += 8;
        } else if (outer - o >= 4) {
          tiles4(words, tiles, table, places, x, from, y);
          o += 4;
        } else {
          tiles1(words, tiles, table, places, x, from, y);
          o++;
        }
      }
    }
  }
}

/**
 * The addresses of what pixels [first, first + count) of the grid read and write: `places` of each, and in `table` for each `GROUPED_PIXELS` of them, tap by tap, theirs. Outside of the image that is a run of
 * zeros; past the last pixel too, and what is written goes to `spare`.
 */
function findPixels(words: usize, first: i32, count: i32, spare: usize, places: usize, table: usize): void {
  const H = word(words, GroupedWord.H);
  const W = word(words, GroupedWord.W_);
  const pixel = <usize>word(words, GroupedWord.C) << 2;
  const gridH = word(words, GroupedWord.GridH);
  const gridW = word(words, GroupedWord.GridW);
  const tapsH = word(words, GroupedWord.TapsH);
  const tapsW = word(words, GroupedWord.TapsW);
  const stepH = word(words, GroupedWord.StepH);
  const stepW = word(words, GroupedWord.StepW);
  const zeros = <usize>word(words, GroupedWord.Zeros);
  const next = <usize>GROUPED_PIXELS << 2;
  let line = first / gridW;
  let gx = first - line * gridW;
  let image = line / gridH;
  const padded = ((count + GROUPED_PIXELS - 1) / GROUPED_PIXELS) * GROUPED_PIXELS;
  for (let l = 0; l < padded; l++, places += 4) {
    const tile = l / GROUPED_PIXELS;
    let to = table + (<usize>(tile * tapsH * tapsW * GROUPED_PIXELS + (l - tile * GROUPED_PIXELS)) << 2);
    if (l >= count) {
      store<u32>(places, <u32>spare);
      for (let t = tapsH * tapsW; t > 0; t--, to += next) store<u32>(to, <u32>zeros);
      continue;
    }
    const gy = line - image * gridH;
    const place = image * word(words, GroupedWord.ImageStride) + gy * word(words, GroupedWord.RowStride) + gx * word(words, GroupedWord.ColumnStride);
    store<u32>(places, word(words, GroupedWord.Y) + (place << 2));
    const start = <usize>word(words, GroupedWord.X) + <usize>(image * H * W) * pixel;
    const left = gx * word(words, GroupedWord.StrideW) + word(words, GroupedWord.Left);
    let y = gy * word(words, GroupedWord.StrideH) + word(words, GroupedWord.Top);
    for (let a = 0; a < tapsH; a++, y += stepH) {
      let x = left;
      for (let b = 0; b < tapsW; b++, x += stepW, to += next) {
        const inside = <u32>y < <u32>H && <u32>x < <u32>W;
        store<u32>(to, <u32>(inside ? start + <usize>(y * W + x) * pixel : zeros));
      }
    }
    if (++gx == gridW) {
      gx = 0;
      if (++line == (image + 1) * gridH) image++;
    }
  }
}

/** Eight columns of every tile of pixels: x, w and y are where the group's channels begin in a pixel, in the filter, and in a pixel of the result. */
function tiles8(words: usize, tiles: i32, table: usize, places: usize, x: usize, w: usize, y: usize): void {
  const tapsH = word(words, GroupedWord.TapsH);
  const tapsW = word(words, GroupedWord.TapsW);
  const tapRow = <usize>word(words, GroupedWord.TapRow) << 2;
  const tapColumn = <usize>word(words, GroupedWord.TapColumn) << 2;
  const step = <usize>word(words, GroupedWord.Outer) << 2;
  const depth = <usize>word(words, GroupedWord.Inner) * step;
  for (let t = 0; t < tiles; t++, places += <usize>GROUPED_PIXELS << 2) {
    let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    let row = w;
    for (let a = 0; a < tapsH; a++, row += tapRow) {
      let tap = row;
      for (let b = 0; b < tapsW; b++, tap += tapColumn, table += <usize>GROUPED_PIXELS << 2) {
        let x0 = x + <usize>load<u32>(table), x1 = x + <usize>load<u32>(table, 4), x2 = x + <usize>load<u32>(table, 8), x3 = x + <usize>load<u32>(table, 12);
        const end = tap + depth;
        for (let k = tap; k < end; k += step) {
          const b0 = v128.load(k), b1 = v128.load(k, 16);
          let v = v128.load32_splat(x0);
          c00 = v_madd(v, b0, c00);
          c01 = v_madd(v, b1, c01);
          v = v128.load32_splat(x1);
          c10 = v_madd(v, b0, c10);
          c11 = v_madd(v, b1, c11);
          v = v128.load32_splat(x2);
          c20 = v_madd(v, b0, c20);
          c21 = v_madd(v, b1, c21);
          v = v128.load32_splat(x3);
          c30 = v_madd(v, b0, c30);
          c31 = v_madd(v, b1, c31);
          x0 += 4;
          x1 += 4;
          x2 += 4;
          x3 += 4;
        }
      }
    }
    store8(placeOf(places, y), c00, c01);
    store8(placeOf(places + 4, y), c10, c11);
    store8(placeOf(places + 8, y), c20, c21);
    store8(placeOf(places + 12, y), c30, c31);
  }
}

/** Where a pixel's result goes: `y` bytes into it. */
// @ts-ignore: decorator
@inline
function placeOf(place: usize, y: usize): usize {
  return <usize>load<u32>(place) + y;
}

// @ts-ignore: decorator
@inline
function store8(to: usize, low: v128, high: v128): void {
  v128.store(to, low);
  v128.store(to, high, 16);
}

/** Four columns, likewise. */
function tiles4(words: usize, tiles: i32, table: usize, places: usize, x: usize, w: usize, y: usize): void {
  const tapsH = word(words, GroupedWord.TapsH);
  const tapsW = word(words, GroupedWord.TapsW);
  const tapRow = <usize>word(words, GroupedWord.TapRow) << 2;
  const tapColumn = <usize>word(words, GroupedWord.TapColumn) << 2;
  const step = <usize>word(words, GroupedWord.Outer) << 2;
  const depth = <usize>word(words, GroupedWord.Inner) * step;
  for (let t = 0; t < tiles; t++, places += <usize>GROUPED_PIXELS << 2) {
    let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
    let row = w;
    for (let a = 0; a < tapsH; a++, row += tapRow) {
      let tap = row;
      for (let b = 0; b < tapsW; b++, tap += tapColumn, table += <usize>GROUPED_PIXELS << 2) {
        let x0 = x + <usize>load<u32>(table), x1 = x + <usize>load<u32>(table, 4), x2 = x + <usize>load<u32>(table, 8), x3 = x + <usize>load<u32>(table, 12);
        const end = tap + depth;
        for (let k = tap; k < end; k += step) {
          const b0 = v128.load(k);
          c0 = v_madd(v128.load32_splat(x0), b0, c0);
          c1 = v_madd(v128.load32_splat(x1), b0, c1);
          c2 = v_madd(v128.load32_splat(x2), b0, c2);
          c3 = v_madd(v128.load32_splat(x3), b0, c3);
          x0 += 4;
          x1 += 4;
          x2 += 4;
          x3 += 4;
        }
      }
    }
    v128.store(placeOf(places, y), c0);
    v128.store(placeOf(places + 4, y), c1);
    v128.store(placeOf(places + 8, y), c2);
    v128.store(placeOf(places + 12, y), c3);
  }
}

/** One column, likewise. */
function tiles1(words: usize, tiles: i32, table: usize, places: usize, x: usize, w: usize, y: usize): void {
  const tapsH = word(words, GroupedWord.TapsH);
  const tapsW = word(words, GroupedWord.TapsW);
  const tapRow = <usize>word(words, GroupedWord.TapRow) << 2;
  const tapColumn = <usize>word(words, GroupedWord.TapColumn) << 2;
  const step = <usize>word(words, GroupedWord.Outer) << 2;
  const depth = <usize>word(words, GroupedWord.Inner) * step;
  const tile = <usize>(tapsH * tapsW * GROUPED_PIXELS) << 2;
  for (let t = 0; t < tiles; t++, table += tile) {
    for (let l = 0; l < GROUPED_PIXELS; l++, places += 4) {
      let sum: f32 = 0;
      let from = table + (<usize>l << 2);
      let row = w;
      for (let a = 0; a < tapsH; a++, row += tapRow) {
        let tap = row;
        for (let b = 0; b < tapsW; b++, tap += tapColumn, from += <usize>GROUPED_PIXELS << 2) {
          let at = x + <usize>load<u32>(from);
          const end = tap + depth;
          for (let k = tap; k < end; k += step, at += 4) sum += load<f32>(at) * load<f32>(k);
        }
      }
      store<f32>(placeOf(places, y), sum);
    }
  }
}

/**
 * The same for groups of one channel each, with one result each: y[n, i, j, c] = Σ x[n, i strideH + top + a stepH, j strideW + left + b stepW, c] w[(a, b), c], all channels of a tap side by side.
 *
 * Exactly the grid's pixels of y are written, which may overlap neither x nor w. The range splits the grid's pixels; each number of y sums in order of (a, b).
 */
export function f32_conv_depthwise(begin: usize, end: usize, words: usize, scratch: usize): void {
  const C = <usize>word(words, GroupedWord.C) << 2;
  const w = <usize>word(words, GroupedWord.W);
  const block = <usize>word(words, GroupedWord.Block);
  const places = scratch;
  const table = places + (block << 2);
  const spare = table + <usize>word(words, GroupedWord.TapsH) * <usize>word(words, GroupedWord.TapsW) * (block << 2);
  for (let q = begin; q < end; q += block) {
    const count = <i32>min(block, end - q);
    const tiles = (count + GROUPED_PIXELS - 1) / GROUPED_PIXELS;
    findPixels(words, <i32>q, count, spare, places, table);
    let c: usize = 0;
    for (; c + 32 <= C; c += 32) depthwise8(words, tiles, table, places, w, c);
    for (; c + 16 <= C; c += 16) depthwise4(words, tiles, table, places, w, c);
    for (; c < C; c += 4) depthwise1(words, tiles, table, places, w, c);
  }
}

/** Eight channels, from byte `c` of a pixel on, of every tile of pixels. */
function depthwise8(words: usize, tiles: i32, table: usize, places: usize, w: usize, c: usize): void {
  const tapsH = word(words, GroupedWord.TapsH);
  const tapsW = word(words, GroupedWord.TapsW);
  const tapRow = <usize>word(words, GroupedWord.TapRow) << 2;
  const tapColumn = <usize>word(words, GroupedWord.TapColumn) << 2;
  for (let t = 0; t < tiles; t++, places += GROUPED_PIXELS << 2) {
    let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
    let row = w + c;
    for (let a = 0; a < tapsH; a++, row += tapRow) {
      let tap = row;
      for (let b = 0; b < tapsW; b++, tap += tapColumn, table += GROUPED_PIXELS << 2) {
        const w0 = v128.load(tap), w1 = v128.load(tap, 16);
        let at = c + <usize>load<u32>(table);
        c00 = v_madd(v128.load(at), w0, c00);
        c01 = v_madd(v128.load(at, 16), w1, c01);
        at = c + <usize>load<u32>(table, 4);
        c10 = v_madd(v128.load(at), w0, c10);
        c11 = v_madd(v128.load(at, 16), w1, c11);
        at = c + <usize>load<u32>(table, 8);
        c20 = v_madd(v128.load(at), w0, c20);
        c21 = v_madd(v128.load(at, 16), w1, c21);
        at = c + <usize>load<u32>(table, 12);
        c30 = v_madd(v128.load(at), w0, c30);
        c31 = v_madd(v128.load(at, 16), w1, c31);
      }
    }
    store8(placeOf(places, c), c00, c01);
    store8(placeOf(places + 4, c), c10, c11);
    store8(placeOf(places + 8, c), c20, c21);
    store8(placeOf(places + 12, c), c30, c31);
  }
}

/** Four channels, likewise. */
function depthwise4(words: usize, tiles: i32, table: usize, places: usize, w: usize, c: usize): void {
  const tapsH = word(words, GroupedWord.TapsH);
  const tapsW = word(words, GroupedWord.TapsW);
  const tapRow = <usize>word(words, GroupedWord.TapRow) << 2;
  const tapColumn = <usize>word(words, GroupedWord.TapColumn) << 2;
  for (let t = 0; t < tiles; t++, places += GROUPED_PIXELS << 2) {
    let c0 = f32x4.splat(0), c1 = c0, c2 = c0, c3 = c0;
    let row = w + c;
    for (let a = 0; a < tapsH; a++, row += tapRow) {
      let tap = row;
      for (let b = 0; b < tapsW; b++, tap += tapColumn, table += GROUPED_PIXELS << 2) {
        const w0 = v128.load(tap);
        c0 = v_madd(v128.load(c + <usize>load<u32>(table)), w0, c0);
        c1 = v_madd(v128.load(c + <usize>load<u32>(table, 4)), w0, c1);
        c2 = v_madd(v128.load(c + <usize>load<u32>(table, 8)), w0, c2);
        c3 = v_madd(v128.load(c + <usize>load<u32>(table, 12)), w0, c3);
      }
    }
    v128.store(placeOf(places, c), c0);
    v128.store(placeOf(places + 4, c), c1);
    v128.store(placeOf(places + 8, c), c2);
    v128.store(placeOf(places + 12, c), c3);
  }
}

/** One channel, likewise. */
function depthwise1(words: usize, tiles: i32, table: usize, places: usize, w: usize, c: usize): void {
  const tapsH = word(words, GroupedWord.TapsH);
  const tapsW = word(words, GroupedWord.TapsW);
  const tapRow = <usize>word(words, GroupedWord.TapRow) << 2;
  const tapColumn = <usize>word(words, GroupedWord.TapColumn) << 2;
  const tile = <usize>(tapsH * tapsW * GROUPED_PIXELS) << 2;
  for (let t = 0; t < tiles; t++, table += tile) {
    for (let l = 0; l < GROUPED_PIXELS; l++, places += 4) {
      let sum: f32 = 0;
      let from = table + (<usize>l << 2);
      let row = w + c;
      for (let a = 0; a < tapsH; a++, row += tapRow) {
        let tap = row;
        for (let b = 0; b < tapsW; b++, tap += tapColumn, from += GROUPED_PIXELS << 2) sum += load<f32>(c + <usize>load<u32>(from)) * load<f32>(tap);
      }
      store<f32>(placeOf(places, c), sum);
    }
  }
}
