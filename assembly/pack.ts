/**
 * Packing: P lanes of an operand over a range of k, written as out[k * P + lane] so that the register tile reads straight through memory.
 * Whatever lies outside (lanes past the end, pixels in the padding) is packed as zeros. Patches of a convolution are gathered here and exist nowhere else.
 *
 * Every function is told first which lanes and which k of a view (format/products.ts) it packs: `view, lane, lanes, P, k0, kc`. The pixels of a grid are
 * walked line by line, the lines of all images counted as one series.
 */
import { DenseWord, PatchWord, ViewKind } from "./format/products";
import { LaneByte } from "./format/scratch";
import { packRun, setPointer } from "./interleave";
import { copyGroups, sumFourGroups, sumTwoGroups } from "./lanes";
import { word } from "./words";

/** Panels that are filled in one walk over k: enough that finding a pixel costs little, and no more than the first-level cache has ways for. */
const PANELS: i32 = 8;
/** Depth that such walks go at a time: what they read stays in the first-level cache until the next lanes want the rest of it. */
const DEPTH: i32 = 64;
/** A y that is outside of every image, and stays so some taps further on. */
const NOWHERE: i32 = i32.MIN_VALUE >> 1;

/**
 * Packs lanes [lane, lane + lanes) of `view`, k in [k0, k0 + kc), into panels out[kc, P], one after the other; lanes past the last become 0.
 * `table` is LANE_TABLE_BYTES of space. P is 4, 6 or 8. Exactly the panels are written; nothing but elements of the view and its zeros is read.
 */
export function packPanels(view: usize, lane: i32, lanes: i32, P: i32, k0: i32, kc: i32, out: usize, table: usize): void {
  if (kc == 0) return;
  const kind = word(view, DenseWord.Kind);
  const panel = <usize>(kc * P) << 2;
  const short = kind != ViewKind.Dense && hasShortRuns(view);
  if (kind == ViewKind.TapLanes || (kind == ViewKind.Dense && word(view, DenseWord.DepthStride) != 1)) {
    if (lanes % P != 0) memory.fill(out + <usize>(lanes / P) * panel, 0, panel);
    for (let k = 0; k < kc; k += DEPTH, out += <usize>(DEPTH * P) << 2) {
      const depth = min(DEPTH, kc - k);
      if (kind == ViewKind.Dense) packDenseLanes(view, lane, lanes, P, k0 + k, depth, out, panel);
      else if (short) packShortTaps(view, lane, lanes, P, k0 + k, depth, out, panel);
      else packTapLanes(view, lane, lanes, P, k0 + k, depth, out, panel);
    }
    return;
  }
  for (let l = 0; l < lanes; l += P, out += panel) {
    const valid = min(P, lanes - l);
    if (kind == ViewKind.Dense) packDenseRuns(view, lane + l, valid, P, k0, kc, out, table);
    else if (short) packShortRuns(view, lane + l, valid, P, k0, kc, out);
    else packPixelLanes(view, lane + l, valid, P, k0, kc, out, table);
  }
}

/** One panel of a matrix whose k lie side by side: runs of P lanes are interleaved. */
function packDenseRuns(view: usize, lane: i32, lanes: i32, P: i32, k0: i32, kc: i32, out: usize, table: usize): void {
  const base = <usize>word(view, DenseWord.Base);
  const laneStride = <usize>word(view, DenseWord.LaneStride);
  for (let l = 0; l < P; l++) {
    setPointer(table, l, l < lanes ? base + ((<usize>(lane + l) * laneStride + <usize>k0) << 2) : <usize>word(view, DenseWord.Zeros));
  }
  packRun(table, P, 1, false, kc, out);
}

/** A matrix whose lanes lie side by side, into panels `panel` bytes apart. */
function packDenseLanes(view: usize, lane: i32, lanes: i32, P: i32, k0: i32, kc: i32, out: usize, panel: usize): void {
  const stride = <usize>word(view, DenseWord.DepthStride) << 2;
  const source = <usize>word(view, DenseWord.Base) + <usize>k0 * stride + (<usize>lane << 2);
  for (let l = 0; l < lanes; ) {
    const whole = (lanes - l) / P;
    const groups = whole > 0 ? min(whole, PANELS) : 1;
    const width = whole > 0 ? P : lanes - l;
    copyGroups(source + (<usize>l << 2), stride, width, groups, kc, out + <usize>(l / P) * panel, <usize>P << 2, panel);
    l += width * groups;
  }
}

/** One panel whose lanes are pixels of a grid: for every tap, P runs of channels are interleaved. */
function packPixelLanes(view: usize, lane: i32, lanes: i32, P: i32, k0: i32, kc: i32, out: usize, table: usize): void {
  const base = <usize>word(view, PatchWord.Base);
  const zeros = <usize>word(view, PatchWord.Zeros);
  const H = word(view, PatchWord.H);
  const W = word(view, PatchWord.W);
  const C = word(view, PatchWord.C);
  const gridH = word(view, PatchWord.GridH);
  const gridW = word(view, PatchWord.GridW);
  const tapsX = word(view, PatchWord.TapsX);
  const DY = word(view, PatchWord.DY);
  const DX = word(view, PatchWord.DX);
  const termY = word(view, PatchWord.TermY);
  const termX = word(view, PatchWord.TermX);
  const subtract = word(view, PatchWord.Subtract) != 0;
  const terms = (termY != 0 ? 2 : 1) * (termX != 0 ? 2 : 1);

  // Where the patch of each lane begins; outside of every image for lanes past the end.
  let line = lane / gridW;
  let gx = lane - line * gridW;
  let image = line / gridH;
  let interior = DX == 1;
  for (let l = 0; l < P; l++) {
    const t = table + <usize>l * LaneByte.Length;
    if (l >= lanes) {
      store<i32>(t, NOWHERE, LaneByte.Y);
      store<i32>(t, 0, LaneByte.X);
      continue;
    }
    const x = gx * word(view, PatchWord.SX) + word(view, PatchWord.X0);
    store<i32>(t, <i32>(base + ((<usize>(image * H * W) * <usize>C) << 2)), LaneByte.Image);
    store<i32>(t, (line - image * gridH) * word(view, PatchWord.SY) + word(view, PatchWord.Y0), LaneByte.Y);
    store<i32>(t, x, LaneByte.X);
    interior = interior && min(x, x + termX) >= 0 && max(x, x + termX) + tapsX <= W;
    if (++gx == gridW) {
      gx = 0;
      image = imageOf(++line, gridH, image);
    }
  }

  // Where every lane's row of taps lies inside the image it is one run of memory.
  const runLength = interior ? tapsX * C : C;
  const runsX = interior ? 1 : tapsX;
  let run = k0 / runLength;
  let c = k0 - run * runLength;
  let ty = run / runsX;
  let tx = run - ty * runsX;
  for (let k = 0; k < kc; ) {
    const length = min(runLength - c, kc - k);
    for (let l = 0; l < P; l++) {
      const t = table + <usize>l * LaneByte.Length;
      const start = load<i32>(t, LaneByte.Image) + (c << 2);
      const y = load<i32>(t, LaneByte.Y) + ty * DY;
      const x = load<i32>(t, LaneByte.X) + tx * DX;
      store<i32>(t, pixel(start, y, x, H, W, C, zeros));
      if (termX != 0) store<i32>(t, pixel(start, y, x + termX, H, W, C, zeros), 4);
      if (termY != 0) store<i32>(t + (termX != 0 ? 8 : 4), pixel(start, y + termY, x, H, W, C, zeros));
      if (terms == 4) store<i32>(t, pixel(start, y + termY, x + termX, H, W, C, zeros), 12);
    }
    packRun(table, P, terms, subtract, length, out + (<usize>(k * P) << 2));
    k += length;
    c = 0;
    if (++tx == runsX) {
      tx = 0;
      ty++;
    }
  }
}

/** The image that line `line` of the grid belongs to, `image` being that of the line before: a division for every line would cost more than a short line itself. */
// @ts-ignore: decorator
@inline
function imageOf(line: i32, gridH: i32, image: i32): i32 {
  return line == (image + 1) * gridH ? image + 1 : image;
}

/** The address of a pixel's run that starts `start` bytes into an image, or of zeros if the pixel is outside. */
// @ts-ignore: decorator
@inline
function pixel(start: i32, y: i32, x: i32, H: i32, W: i32, C: i32, zeros: usize): i32 {
  return <u32>y < <u32>H && <u32>x < <u32>W ? start + (((y * W + x) * C) << 2) : <i32>zeros;
}

/** Whether the taps of a row have so few floats that interleaving them as vectors is not worth it. */
function hasShortRuns(view: usize): bool {
  return word(view, PatchWord.C) < 8 && word(view, PatchWord.DX) == 1 && word(view, PatchWord.TermY) == 0 && word(view, PatchWord.TermX) == 0;
}

/** One panel whose lanes are pixels of a grid and whose patches have few channels: each patch is copied row of taps by row of taps, one float at a time. */
function packShortRuns(view: usize, lane: i32, lanes: i32, P: i32, k0: i32, kc: i32, out: usize): void {
  const H = word(view, PatchWord.H);
  const C = word(view, PatchWord.C);
  const lineLength = word(view, PatchWord.W) * C;
  const gridH = word(view, PatchWord.GridH);
  const gridW = word(view, PatchWord.GridW);
  const DY = word(view, PatchWord.DY);
  const runLength = word(view, PatchWord.TapsX) * C;
  const step = <usize>P << 2;
  const firstRow = k0 / runLength;
  const firstWithin = k0 - firstRow * runLength;
  let line = lane / gridW;
  let gx = lane - line * gridW;
  let image = line / gridH;
  for (let l = 0; l < P; l++) {
    let to = out + (<usize>l << 2);
    if (l >= lanes) {
      for (let k = 0; k < kc; k++, to += step) store<f32>(to, 0);
      continue;
    }
    const top = <usize>word(view, PatchWord.Base) + (<usize>(image * H * lineLength) << 2);
    const first = (gx * word(view, PatchWord.SX) + word(view, PatchWord.X0)) * C;
    let y = (line - image * gridH) * word(view, PatchWord.SY) + word(view, PatchWord.Y0) + firstRow * DY;
    let within = firstWithin;
    for (let k = 0; k < kc; y += DY) {
      const length = min(runLength - within, kc - k);
      let i = first + within;
      const end = i + length;
      const begin = min(end, 0);
      const endInside = <u32>y < <u32>H ? min(end, lineLength) : begin;
      for (; i < begin; i++, to += step) store<f32>(to, 0);
      let from = top + (<usize>(y * lineLength + i) << 2);
      for (; i < endInside; i++, from += 4, to += step) store<f32>(to, load<f32>(from));
      for (; i < end; i++, to += step) store<f32>(to, 0);
      k += length;
      within = 0;
    }
    if (++gx == gridW) {
      gx = 0;
      image = imageOf(++line, gridH, image);
    }
  }
}

/** Lanes are (tap, channel) of few channels: those of a row of taps lie side by side, and are copied one by one where it leaves the image. */
function packShortTaps(view: usize, lane: i32, lanes: i32, P: i32, k0: i32, kc: i32, out: usize, panel: usize): void {
  const runLength = word(view, PatchWord.TapsX) * word(view, PatchWord.C);
  for (let l = 0; l < lanes; ) {
    const row = (lane + l) / runLength;
    const from = lane + l - row * runLength;
    const within = l % P;
    const width = min(min(lanes - l, runLength - from), P - within);
    packRowOfTaps(view, row, from, width, P, k0, kc, out + <usize>(l / P) * panel + (<usize>within << 2));
    l += width;
  }
}

/** Lanes [lane, lane + lanes) of those of one row of taps, for every pixel of the grid. */
function packRowOfTaps(view: usize, row: i32, lane: i32, lanes: i32, P: i32, k0: i32, kc: i32, out: usize): void {
  const H = word(view, PatchWord.H);
  const C = word(view, PatchWord.C);
  const lineLength = word(view, PatchWord.W) * C;
  const gridH = word(view, PatchWord.GridH);
  const gridW = word(view, PatchWord.GridW);
  const SY = word(view, PatchWord.SY);
  const pixelStep = word(view, PatchWord.SX) * C;
  const shiftY = word(view, PatchWord.Y0) + row * word(view, PatchWord.DY);
  const shiftX = word(view, PatchWord.X0) * C + lane;
  const base = <usize>word(view, PatchWord.Base);
  const step = <usize>P << 2;
  let line = k0 / gridW;
  let gx = k0 - line * gridW;
  let image = line / gridH;
  for (let k = 0; k < kc; gx = 0) {
    const y = (line - image * gridH) * SY + shiftY;
    const inside = <u32>y < <u32>H ? lineLength : 0;
    const source = base + (<usize>((image * H + y) * lineLength) << 2);
    const count = min(gridW - gx, kc - k);
    let first = gx * pixelStep + shiftX;
    for (let i = 0; i < count; i++, first += pixelStep, out += step) {
      if (first >= 0 && first + lanes <= inside) {
        copyGroups(source + (<usize>first << 2), 0, lanes, 1, 1, out, 0, 0);
      } else {
        for (let l = 0; l < lanes; l++) {
          store<f32>(out + (<usize>l << 2), <u32>(first + l) < <u32>inside ? load<f32>(source + (<usize>(first + l) << 2)) : 0);
        }
      }
    }
    k += count;
    image = imageOf(++line, gridH, image);
  }
}

/** Lanes are (tap, channel) and k runs over the pixels of a grid. The channels of a tap lie side by side. */
function packTapLanes(view: usize, lane: i32, lanes: i32, P: i32, k0: i32, kc: i32, out: usize, panel: usize): void {
  const C = word(view, PatchWord.C);
  for (let l = 0; l < lanes; ) {
    const room = min(lanes - l, C - ((lane + l) % C));
    const within = l % P;
    const whole = within == 0 ? room / P : 0;
    const groups = whole > 0 ? min(whole, PANELS) : 1;
    const width = whole > 0 ? P : min(room, P - within);
    packTap(view, lane + l, width, groups, P, k0, kc, out + <usize>(l / P) * panel + (<usize>within << 2), panel);
    l += width * groups;
  }
}

/** `groups` groups of `width` lanes of one tap, for every pixel of the grid; pixels outside the image come from the zeros. */
function packTap(view: usize, lane: i32, width: i32, groups: i32, P: i32, k0: i32, kc: i32, out: usize, panel: usize): void {
  const zeros = <usize>word(view, PatchWord.Zeros);
  const H = word(view, PatchWord.H);
  const W = word(view, PatchWord.W);
  const C = word(view, PatchWord.C);
  const gridH = word(view, PatchWord.GridH);
  const gridW = word(view, PatchWord.GridW);
  const SY = word(view, PatchWord.SY);
  const SX = word(view, PatchWord.SX);
  const termY = word(view, PatchWord.TermY);
  const termX = word(view, PatchWord.TermX);
  const tap = lane / C;
  const ty = tap / word(view, PatchWord.TapsX);
  const shiftY = word(view, PatchWord.Y0) + ty * word(view, PatchWord.DY);
  const shiftX = word(view, PatchWord.X0) + (tap - ty * word(view, PatchWord.TapsX)) * word(view, PatchWord.DX);
  const base = word(view, PatchWord.Base) + ((lane - tap * C) << 2);
  const step = <usize>P << 2;
  let line = k0 / gridW;
  let gx = k0 - line * gridW;
  let image = line / gridH;
  for (let k = 0; k < kc; gx = 0) {
    const start = base + ((image * H * W * C) << 2);
    const y = (line - image * gridH) * SY + shiftY;
    const count = min(gridW - gx, kc - k);
    let x = gx * SX + shiftX;
    for (let i = 0; i < count; i++, x += SX, out += step) {
      const a = <usize>pixel(start, y, x, H, W, C, zeros);
      if (termX == 0 && termY == 0) {
        copyGroups(a, 0, width, groups, 1, out, 0, panel);
      } else if (termY == 0) {
        sumTwoGroups(a, <usize>pixel(start, y, x + termX, H, W, C, zeros), width, groups, out, panel);
      } else {
        const b = <usize>pixel(start, y + termY, x, H, W, C, zeros);
        if (termX == 0) {
          sumTwoGroups(a, b, width, groups, out, panel);
        } else {
          const right = <usize>pixel(start, y, x + termX, H, W, C, zeros);
          const across = <usize>pixel(start, y + termY, x + termX, H, W, C, zeros);
          sumFourGroups(a, right, b, across, width, groups, out, panel);
        }
      }
    }
    k += count;
    image = imageOf(++line, gridH, image);
  }
}
