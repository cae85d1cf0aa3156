/**
 * Packing: P lanes of an operand over a range of k, written as out[k * P + lane] so that the register tile reads straight through memory.
 * Whatever lies outside (lanes past the end, pixels in the padding) is packed as zeros. Patches of a convolution are gathered here and exist nowhere else.
 */
import { LANE_BYTES, packRun, setPointer } from "./interleave";
import { DenseWord, PatchWord, ViewKind } from "./opcodes";

// @ts-ignore: decorator
@inline
function word(p: usize, index: i32): i32 {
  return load<i32>(p + ((<usize>index) << 2));
}

/**
 * Packs lanes [lane, lane + valid) of `view`, k in [k0, k0 + kc), into out[kc, P]; lanes from `valid` to P become 0.
 * `table` is LANE_TABLE_BYTES of space; `zeros` a run of zeros at least as long as any contiguous run of the view. P is 4, 6 or 8.
 */
export function packPanel(view: usize, lane: i32, valid: i32, P: i32, k0: i32, kc: i32, out: usize, table: usize, zeros: usize): void {
  if (kc == 0) return;
  const kind = word(view, DenseWord.Kind);
  if (kind == ViewKind.Dense) packDense(view, lane, valid, P, k0, kc, out, table, zeros);
  else if (kind == ViewKind.PixelLanes) packPixelLanes(view, lane, valid, P, k0, kc, out, table, zeros);
  else packTapLanes(view, lane, valid, P, k0, kc, out, zeros);
}

function packDense(view: usize, lane: i32, valid: i32, P: i32, k0: i32, kc: i32, out: usize, table: usize, zeros: usize): void {
  const base = <usize>word(view, DenseWord.Base);
  const laneStride = <usize>word(view, DenseWord.LaneStride);
  const depthStride = <usize>word(view, DenseWord.DepthStride);
  if (depthStride == 1) {
    for (let l = 0; l < P; l++) {
      setPointer(table, l, l < valid ? base + ((<usize>(lane + l) * laneStride + <usize>k0) << 2) : zeros);
    }
    packRun(table, P, 1, false, kc, out);
  } else {
    copyLanes(base + ((<usize>k0 * depthStride + <usize>lane) << 2), depthStride << 2, valid, P, kc, out);
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
  const termY = word(view, PatchWord.TermY);
  const termX = word(view, PatchWord.TermX);
  const subtract = word(view, PatchWord.Subtract) != 0;
  const terms = (termY != 0 ? 2 : 1) * (termX != 0 ? 2 : 1);

  // Each lane's image, y and x; a y that is never inside for lanes past the end.
  let q = lane / gridW;
  let gx = lane - q * gridW;
  let image = q / gridH;
  let gy = q - image * gridH;
  let interior = DX == 1;
  for (let l = 0; l < P; l++) {
    const t = table + <usize>l * LANE_BYTES;
    if (l < valid) {
      const x = gx * word(view, PatchWord.SX) + word(view, PatchWord.X0);
      store<i32>(t, <i32>(base + ((<usize>(image * H * W) * <usize>C) << 2)), 16);
      store<i32>(t, gy * word(view, PatchWord.SY) + word(view, PatchWord.Y0), 20);
      store<i32>(t, x, 24);
      interior = interior && min(x, x + termX) >= 0 && max(x, x + termX) + tapsX <= W;
      if (++gx == gridW) {
        gx = 0;
        if (++gy == gridH) {
          gy = 0;
          image++;
        }
      }
    } else {
      store<i32>(t, i32.MIN_VALUE >> 1, 20);
      store<i32>(t, 0, 24);
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
      const t = table + <usize>l * LANE_BYTES;
      const start = load<i32>(t, 16) + (c << 2);
      const y = load<i32>(t, 20) + ty * DY;
      const x = load<i32>(t, 24) + tx * DX;
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

/** The address of a pixel's run that starts `start` bytes into an image, or of zeros if the pixel is outside. */
// @ts-ignore: decorator
@inline
function pixel(start: i32, y: i32, x: i32, H: i32, W: i32, C: i32, zeros: usize): i32 {
  return <u32>y < <u32>H && <u32>x < <u32>W ? start + (((y * W + x) * C) << 2) : <i32>zeros;
}

/** Lanes are (tap, channel) and k runs over the pixels of a grid. Lanes of one row of taps lie side by side in memory when DX is 1. */
function packTapLanes(view: usize, lane: i32, valid: i32, P: i32, k0: i32, kc: i32, out: usize, zeros: usize): void {
  const C = word(view, PatchWord.C);
  const tapsX = word(view, PatchWord.TapsX);
  const rowLength = (word(view, PatchWord.DX) == 1 ? tapsX : 1) * C;
  if (valid < P) fillZeros(out, (kc * P) << 2);
  for (let l = 0; l < valid; ) {
    const row = (lane + l) / rowLength;
    const within = lane + l - row * rowLength;
    const width = min(valid - l, rowLength - within);
    packTapRow(view, row, within, width, P, k0, kc, out + (<usize>l << 2), zeros);
    l += width;
  }
}

function packTapRow(view: usize, row: i32, within: i32, width: i32, P: i32, k0: i32, kc: i32, out: usize, zeros: usize): void {
  const base = <usize>word(view, PatchWord.Base);
  const H = word(view, PatchWord.H);
  const W = word(view, PatchWord.W);
  const C = word(view, PatchWord.C);
  const gridH = word(view, PatchWord.GridH);
  const gridW = word(view, PatchWord.GridW);
  const SX = word(view, PatchWord.SX);
  const tapsX = word(view, PatchWord.TapsX);
  const DX = word(view, PatchWord.DX);
  const termY = word(view, PatchWord.TermY);
  const termX = word(view, PatchWord.TermX);
  const subtract = word(view, PatchWord.Subtract) != 0;
  const contiguous = DX == 1;
  const ty = contiguous ? row : row / tapsX;
  const tx = contiguous ? within / C : row - ty * tapsX;
  const c = contiguous ? within - tx * C : within;
  const lastTap = contiguous ? (within + width - 1) / C : tx;
  const shiftY = word(view, PatchWord.Y0) + ty * word(view, PatchWord.DY);
  const shiftX = word(view, PatchWord.X0) + tx * DX;
  // Grid columns whose taps are all inside: 0 <= gx SX + low and gx SX + high < W.
  const low = shiftX + min(0, termX);
  const high = shiftX + lastTap - tx + max(0, termX);
  const firstInside = low >= 0 ? 0 : (SX - 1 - low) / SX;
  const room = W - 1 - high;
  const endInside = room < 0 ? 0 : room / SX + 1;

  const step = <usize>P << 2;
  const sourceStep = <usize>(SX * C) << 2;
  const lineBytes = <usize>(W * C) << 2;
  let q = k0 / gridW;
  let gx = k0 - q * gridW;
  let image = q / gridH;
  let gy = q - image * gridH;
  for (let k = 0; k < kc; ) {
    const end = min(gridW, gx + kc - k);
    k += end - gx;
    const y = gy * word(view, PatchWord.SY) + shiftY;
    const first = <u32>y < <u32>H;
    const second = termY != 0 && <u32>(y + termY) < <u32>H;
    if (!first && !second) {
      for (; gx < end; gx++, out += step) zeroLanes(out, width);
    } else {
      const top = base + <usize>(image * H) * lineBytes;
      const line0 = first ? top + <usize>y * lineBytes : 0;
      const line1 = second ? top + <usize>(y + termY) * lineBytes : 0;
      for (; gx < min(end, firstInside); gx++, out += step) edgeLanes(line0, line1, gx * SX + shiftX, termX, subtract, W, C, c, width, out);
      const stop = min(end, endInside);
      if (gx < stop) {
        const count = stop - gx;
        const at = <usize>((gx * SX + shiftX) * C + c) << 2;
        if (second || termX != 0) {
          sumBlock(first ? line0 + at : 0, second ? line1 + at : 0, (termX * C) << 2, subtract, sourceStep, width, count, out, step, zeros);
        } else {
          copyBlock(line0 + at, sourceStep, width, count, out, step);
        }
        out += step * <usize>count;
        gx = stop;
      }
      for (; gx < end; gx++, out += step) edgeLanes(line0, line1, gx * SX + shiftX, termX, subtract, W, C, c, width, out);
    }
    gx = 0;
    if (++gy == gridH) {
      gy = 0;
      image++;
    }
  }
}

/** Lanes that may lie left or right of the image, one by one; `x` is the column of the first, `c` its channel. A line outside is 0. */
function edgeLanes(line0: usize, line1: usize, x: i32, termX: i32, subtract: bool, W: i32, C: i32, c: i32, width: i32, out: usize): void {
  for (let l = 0; l < width; l++) {
    const a = edgeTerms(line0, x, termX, subtract, W, C, c);
    const b = edgeTerms(line1, x, termX, subtract, W, C, c);
    store<f32>(out + (<usize>l << 2), subtract ? a - b : a + b);
    if (++c == C) {
      c = 0;
      x++;
    }
  }
}

// @ts-ignore: decorator
@inline
function edgeTerms(line: usize, x: i32, termX: i32, subtract: bool, W: i32, C: i32, c: i32): f32 {
  if (line == 0) return 0;
  let a: f32 = <u32>x < <u32>W ? load<f32>(line + (<usize>(x * C + c) << 2)) : 0;
  if (termX != 0 && <u32>(x + termX) < <u32>W) {
    const b = load<f32>(line + (<usize>((x + termX) * C + c) << 2));
    a = subtract ? a - b : a + b;
  }
  return a;
}

/** As copyBlock, summing (subtracting) what lies `across` bytes further, in either line, and the second line from the first. A line of 0 is zeros. */
function sumBlock(
  line0: usize,
  line1: usize,
  across: i32,
  subtract: bool,
  sourceStep: usize,
  width: i32,
  count: i32,
  out: usize,
  step: usize,
  zeros: usize,
): void {
  const step0 = line0 ? sourceStep : 0;
  const step1 = line1 ? sourceStep : 0;
  const across0 = line0 ? <usize>across : 0;
  const across1 = line1 ? <usize>across : 0;
  let p0 = line0 ? line0 : zeros;
  let p1 = line1 ? line1 : zeros;
  const sign = f32x4.splat(subtract ? -1 : 1);
  const zero = f32x4.splat(0);
  for (let i = 0; i < count; i++, p0 += step0, p1 += step1, out += step) {
    let l = 0;
    for (; l + 4 <= width; l += 4) {
      const o = <usize>l << 2;
      let a = v128.load(p0 + o);
      let b = line1 ? v128.load(p1 + o) : zero;
      if (across != 0) {
        a = f32x4.add(a, f32x4.mul(sign, v128.load(p0 + across0 + o)));
        if (line1) b = f32x4.add(b, f32x4.mul(sign, v128.load(p1 + across1 + o)));
      }
      v128.store(out + o, f32x4.add(a, f32x4.mul(sign, b)));
    }
    for (; l < width; l++) {
      const o = <usize>l << 2;
      let a = load<f32>(p0 + o);
      let b = load<f32>(p1 + o);
      if (across != 0) {
        a += f32x4.extract_lane(sign, 0) * load<f32>(p0 + across0 + o);
        b += f32x4.extract_lane(sign, 0) * load<f32>(p1 + across1 + o);
      }
      store<f32>(out + o, a + f32x4.extract_lane(sign, 0) * b);
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
