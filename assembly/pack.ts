/**
 * Packing: P lanes of an operand over a range of k, written as out[k * P + lane] so that the register tile reads straight through memory.
 * Whatever lies outside (lanes past the end, pixels in the padding) is packed as zeros. Patches of a convolution are gathered here and exist nowhere else.
 */
import { DenseWord, FilterWord, PatchWord, ViewKind } from "./opcodes";

// @ts-ignore: decorator
@inline
function word(p: usize, index: i32): i32 {
  return load<i32>(p + ((<usize>index) << 2));
}

/**
 * Packs lanes [lane, lane + valid) of `view`, k in [k0, k0 + kc), into out[kc, P]; lanes from `valid` to P become 0.
 * `table` is space for 8 x 4 words; `zeros` a run of zeros at least as long as any contiguous run of the view. P is 4, 6 or 8.
 */
export function packPanel(view: usize, lane: i32, valid: i32, P: i32, k0: i32, kc: i32, out: usize, table: usize, zeros: usize): void {
  if (kc == 0) return;
  const kind = word(view, DenseWord.Kind);
  if (kind == ViewKind.Dense) packDense(view, lane, valid, P, k0, kc, out, table, zeros);
  else if (kind == ViewKind.PixelLanes) packPixelLanes(view, lane, valid, P, k0, kc, out, table, zeros);
  else if (kind == ViewKind.TapLanes) packTapLanes(view, lane, valid, P, k0, kc, out);
  else packFilter(view, lane, valid, P, k0, kc, out, table, zeros);
}

function packDense(view: usize, lane: i32, valid: i32, P: i32, k0: i32, kc: i32, out: usize, table: usize, zeros: usize): void {
  const base = <usize>word(view, DenseWord.Base);
  const laneStride = <usize>word(view, DenseWord.LaneStride);
  const depthStride = <usize>word(view, DenseWord.DepthStride);
  if (depthStride == 1) {
    for (let l = 0; l < P; l++) {
      setPointer(table, l, l < valid ? base + ((<usize>(lane + l) * laneStride + <usize>k0) << 2) : zeros);
    }
    packRun(table, P, kc, out);
  } else {
    copyLanes(base + ((<usize>k0 * depthStride + <usize>lane) << 2), depthStride << 2, valid, P, kc, out);
  }
}

function packFilter(view: usize, lane: i32, valid: i32, P: i32, k0: i32, kc: i32, out: usize, table: usize, zeros: usize): void {
  const base = <usize>word(view, FilterWord.Base);
  const run = word(view, FilterWord.Run);
  const laneStride = <usize>word(view, FilterWord.LaneStride);
  const tapsX = word(view, FilterWord.TapsX);
  const strideY = word(view, FilterWord.TapStrideY);
  const strideX = word(view, FilterWord.TapStrideX);
  let tap = k0 / run;
  let c = k0 - tap * run;
  for (let k = 0; k < kc; ) {
    const length = min(run - c, kc - k);
    const ty = tap / tapsX;
    const offset = ty * strideY + (tap - ty * tapsX) * strideX + c;
    for (let l = 0; l < P; l++) {
      setPointer(table, l, l < valid ? base + ((<usize>offset + <usize>(lane + l) * laneStride) << 2) : zeros);
    }
    packRun(table, P, length, out + (<usize>(k * P) << 2));
    k += length;
    c = 0;
    tap++;
  }
}

/** Lanes are pixels of a grid: for every tap, P runs of channels are interleaved. */
function packPixelLanes(view: usize, lane: i32, valid: i32, P: i32, k0: i32, kc: i32, out: usize, table: usize, zeros: usize): void {
  const base = <usize>word(view, PatchWord.Base);
  const H = word(view, PatchWord.H);
  const W = word(view, PatchWord.W);
  const C = word(view, PatchWord.C);
  const gridH = word(view, PatchWord.GridH);
  const gridW = word(view, PatchWord.GridW);
  const tapsX = word(view, PatchWord.TapsX);
  const DY = word(view, PatchWord.DY);
  const DX = word(view, PatchWord.DX);

  // table[lane] = [pointer of the run, image address, y, x] with y = H (never valid) for lanes past the end.
  let q = lane / gridW;
  let gx = lane - q * gridW;
  let image = q / gridH;
  let gy = q - image * gridH;
  let interior = DX == 1;
  for (let l = 0; l < P; l++) {
    const t = table + (<usize>l << 4);
    if (l < valid) {
      const x = gx * word(view, PatchWord.SX) + word(view, PatchWord.X0);
      store<i32>(t, <i32>(base + ((<usize>(image * H * W) * <usize>C) << 2)), 4);
      store<i32>(t, gy * word(view, PatchWord.SY) + word(view, PatchWord.Y0), 8);
      store<i32>(t, x, 12);
      interior = interior && x >= 0 && x + tapsX <= W;
      if (++gx == gridW) {
        gx = 0;
        if (++gy == gridH) {
          gy = 0;
          image++;
        }
      }
    } else {
      store<i32>(t, i32.MIN_VALUE >> 1, 8);
      store<i32>(t, 0, 12);
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
      const t = table + (<usize>l << 4);
      const y = load<i32>(t, 8) + ty * DY;
      const x = load<i32>(t, 12) + tx * DX;
      const inside = <u32>y < <u32>H && <u32>x < <u32>W;
      store<i32>(t, inside ? load<i32>(t, 4) + (((y * W + x) * C + c) << 2) : <i32>zeros);
    }
    packRun(table, P, length, out + (<usize>(k * P) << 2));
    k += length;
    c = 0;
    if (++tx == runsX) {
      tx = 0;
      ty++;
    }
  }
}

/** Lanes are (tap, channel) and k runs over the pixels of a grid. Lanes of one row of taps lie side by side in memory when DX is 1. */
function packTapLanes(view: usize, lane: i32, valid: i32, P: i32, k0: i32, kc: i32, out: usize): void {
  const C = word(view, PatchWord.C);
  const tapsX = word(view, PatchWord.TapsX);
  const rowLength = (word(view, PatchWord.DX) == 1 ? tapsX : 1) * C;
  if (valid < P) fillZeros(out, (kc * P) << 2);
  for (let l = 0; l < valid; ) {
    const row = (lane + l) / rowLength;
    const within = lane + l - row * rowLength;
    const width = min(valid - l, rowLength - within);
    packTapRow(view, row, within, width, P, k0, kc, out + (<usize>l << 2));
    l += width;
  }
}

function packTapRow(view: usize, row: i32, within: i32, width: i32, P: i32, k0: i32, kc: i32, out: usize): void {
  const base = <usize>word(view, PatchWord.Base);
  const H = word(view, PatchWord.H);
  const W = word(view, PatchWord.W);
  const C = word(view, PatchWord.C);
  const gridH = word(view, PatchWord.GridH);
  const gridW = word(view, PatchWord.GridW);
  const SX = word(view, PatchWord.SX);
  const tapsX = word(view, PatchWord.TapsX);
  const DX = word(view, PatchWord.DX);
  const contiguous = DX == 1;
  const ty = contiguous ? row : row / tapsX;
  const tx = contiguous ? within / C : row - ty * tapsX;
  const c = contiguous ? within - tx * C : within;
  const lastTap = contiguous ? (within + width - 1) / C : tx;
  const shiftY = word(view, PatchWord.Y0) + ty * word(view, PatchWord.DY);
  const shiftX = word(view, PatchWord.X0) + tx * DX;
  // Grid columns whose taps are all inside: 0 <= gx SX + shiftX and gx SX + shiftX + (lastTap - tx) < W.
  const firstInside = shiftX >= 0 ? 0 : (-shiftX + SX - 1) / SX;
  const room = W - 1 - (lastTap - tx) - shiftX;
  const endInside = room < 0 ? 0 : room / SX + 1;

  const step = <usize>P << 2;
  const sourceStep = <usize>(SX * C) << 2;
  let q = k0 / gridW;
  let gx = k0 - q * gridW;
  let image = q / gridH;
  let gy = q - image * gridH;
  for (let k = 0; k < kc; ) {
    const end = min(gridW, gx + kc - k);
    k += end - gx;
    const y = gy * word(view, PatchWord.SY) + shiftY;
    if (<u32>y >= <u32>H) {
      for (; gx < end; gx++, out += step) zeroLanes(out, width);
    } else {
      const line = base + (<usize>((image * H + y) * W) * <usize>C << 2);
      for (; gx < min(end, firstInside); gx++, out += step) edgeLanes(line, gx * SX + shiftX, W, C, c, width, out);
      const stop = min(end, endInside);
      if (gx < stop) {
        const count = stop - gx;
        copyBlock(line + (<usize>((gx * SX + shiftX) * C + c) << 2), sourceStep, width, count, out, step);
        out += step * <usize>count;
        gx = stop;
      }
      for (; gx < end; gx++, out += step) edgeLanes(line, gx * SX + shiftX, W, C, c, width, out);
    }
    gx = 0;
    if (++gy == gridH) {
      gy = 0;
      image++;
    }
  }
}

/** Lanes that may lie left or right of the image, one by one; `x` is the column of the first, `c` its channel. */
function edgeLanes(line: usize, x: i32, W: i32, C: i32, c: i32, width: i32, out: usize): void {
  for (let l = 0; l < width; l++) {
    store<f32>(out + (<usize>l << 2), <u32>x < <u32>W ? load<f32>(line + (<usize>(x * C + c) << 2)) : 0);
    if (++c == C) {
      c = 0;
      x++;
    }
  }
}

// @ts-ignore: decorator
@inline
function zeroLanes(out: usize, width: i32): void {
  for (let l = 0; l < width; l++) store<f32>(out + (<usize>l << 2), 0);
}

function fillZeros(out: usize, bytes: i32): void {
  memory.fill(out, 0, bytes);
}

/** Copies `count` groups of `width` floats, `sourceStep` bytes apart, to groups `step` bytes apart. */
function copyBlock(source: usize, sourceStep: usize, width: i32, count: i32, out: usize, step: usize): void {
  if (width == 8) {
    for (let i = 0; i < count; i++, source += sourceStep, out += step) {
      v128.store(out, v128.load(source));
      v128.store(out, v128.load(source, 16), 16);
    }
  } else if (width == 6) {
    for (let i = 0; i < count; i++, source += sourceStep, out += step) {
      v128.store(out, v128.load(source));
      store<i64>(out, load<i64>(source, 16), 16);
    }
  } else if (width == 4) {
    for (let i = 0; i < count; i++, source += sourceStep, out += step) v128.store(out, v128.load(source));
  } else {
    for (let i = 0; i < count; i++, source += sourceStep, out += step) {
      for (let l = 0; l < width; l++) store<f32>(out + (<usize>l << 2), load<f32>(source + (<usize>l << 2)));
    }
  }
}

/** Lanes that lie side by side at each k, `step` bytes apart between one k and the next. */
function copyLanes(source: usize, sourceStep: usize, valid: i32, P: i32, kc: i32, out: usize): void {
  if (valid < P) fillZeros(out, (kc * P) << 2);
  copyBlock(source, sourceStep, valid, kc, out, <usize>P << 2);
}

// @ts-ignore: decorator
@inline
function setPointer(table: usize, lane: i32, pointer: usize): void {
  store<i32>(table + (<usize>lane << 4), <i32>pointer);
}

// @ts-ignore: decorator
@inline
function pointer(table: usize, lane: i32): usize {
  return <usize>load<u32>(table + (<usize>lane << 4));
}

/** Interleaves P runs of `length` floats, whose addresses stand in `table`. */
function packRun(table: usize, P: i32, length: i32, out: usize): void {
  const step = <usize>P << 2;
  packFour(pointer(table, 0), pointer(table, 1), pointer(table, 2), pointer(table, 3), length, out, step);
  if (P == 8) packFour(pointer(table, 4), pointer(table, 5), pointer(table, 6), pointer(table, 7), length, out + 16, step);
  else if (P == 6) packTwo(pointer(table, 4), pointer(table, 5), length, out + 16, step);
}

function packFour(p0: usize, p1: usize, p2: usize, p3: usize, length: i32, out: usize, step: usize): void {
  let k = length;
  for (; k >= 4; k -= 4) {
    const a = v128.load(p0), b = v128.load(p1), c = v128.load(p2), d = v128.load(p3);
    const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
    const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
    const cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
    v128.store(out, v128.shuffle<i64>(ab0, cd0, 0, 2));
    out += step;
    v128.store(out, v128.shuffle<i64>(ab0, cd0, 1, 3));
    out += step;
    v128.store(out, v128.shuffle<i64>(ab1, cd1, 0, 2));
    out += step;
    v128.store(out, v128.shuffle<i64>(ab1, cd1, 1, 3));
    out += step;
    p0 += 16;
    p1 += 16;
    p2 += 16;
    p3 += 16;
  }
  for (; k > 0; k--, p0 += 4, p1 += 4, p2 += 4, p3 += 4, out += step) {
    store<f32>(out, load<f32>(p0));
    store<f32>(out, load<f32>(p1), 4);
    store<f32>(out, load<f32>(p2), 8);
    store<f32>(out, load<f32>(p3), 12);
  }
}

function packTwo(p0: usize, p1: usize, length: i32, out: usize, step: usize): void {
  let k = length;
  for (; k >= 4; k -= 4) {
    const a = v128.load(p0), b = v128.load(p1);
    const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
    const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    v128.store64_lane(out, ab0, 0);
    out += step;
    v128.store64_lane(out, ab0, 1);
    out += step;
    v128.store64_lane(out, ab1, 0);
    out += step;
    v128.store64_lane(out, ab1, 1);
    out += step;
    p0 += 16;
    p1 += 16;
  }
  for (; k > 0; k--, p0 += 4, p1 += 4, out += step) {
    store<f32>(out, load<f32>(p0));
    store<f32>(out, load<f32>(p1), 4);
  }
}
