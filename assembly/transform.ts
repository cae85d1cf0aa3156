/**
 * Winograd's minimal filtering (Winograd 1980; Lavin & Gray 2016) with components that are stored: F(2, 4), two outputs of a filter of four taps, or F(4, 2), four outputs of two taps, along
 * both axes of tiles.
 *
 * Along one axis that takes five products in place of eight: data, taps and outputs are polynomials, which are evaluated at five points, multiplied there, and
 * interpolated. The points are 0, -1, 2, 1/2 and infinity, those of their number that round least (0, 1, -1, 2 and infinity lose 2.3 times as much; on the choice of points
 * see Barabasz et al. 2020):
 *
 *     outputs = outputs2(taps4(taps) * data5(pixels))     or     outputs4(taps2(taps) * data5(pixels))
 *
 * Which pixels make up a tile, and where the components of one lie, stands in the instruction (`TransformWord`).
 */
import { NR, ROW_GRAIN } from "./format/products";
import { TRANSFORM_LINE_BYTES, TRANSFORM_LINES } from "./format/scratch";
import { AXIS_COMPONENTS, TransformKind, TransformWord } from "./format/transform";
import { share } from "./simd";
import { word } from "./words";

const LINE: usize = TRANSFORM_LINE_BYTES;
/** Bytes of a group of channels that lie side by side in components. */
const GROUP: usize = NR << 2;

/**
 * components[phase, i, j, tile, c] = transform along both axes of tiles of an image, zeros outside it; or, for Outputs2 and Outputs4, tiles = transform of components, of which
 * what would lie outside the image is dropped. Exactly the results named are written; they may not overlap the operands. Channels are read four at a time, and are
 * multiples of 4; where pixels are read, as many zeros as a pixel has floats.
 *
 * Threads share out the tiles, or channels, of all phases one after the other.
 */
export function f32_transform(p: usize, ith: i32, nth: i32): void {
  const byChannels = word(p, TransformWord.ByChannels) != 0;
  const tiles = word(p, TransformWord.Tiles);
  const channels = word(p, TransformWord.Channels);
  const size = byChannels ? channels : tiles;
  const phases = word(p, TransformWord.Phases) * word(p, TransformWord.Phases);
  const scratch = <usize>word(p, TransformWord.Scratch) + <usize>ith * <usize>word(p, TransformWord.ScratchStride);
  let begin = share(phases * size, ROW_GRAIN, ith, nth);
  let end = share(phases * size, ROW_GRAIN, ith + 1, nth);
  for (let phase = 0; phase < phases; phase++, begin -= size, end -= size) {
    const from = max(begin, 0);
    const to = min(end, size);
    if (from >= to) continue;
    const tile0 = byChannels ? 0 : from, tile1 = byChannels ? tiles : to;
    const c0: usize = byChannels ? <usize>from << 2 : 0;
    const c1 = <usize>(byChannels ? to : channels) << 2;
    switch (word(p, TransformWord.Kind)) {
      case TransformKind.Data5: split(5, p, phase, tile0, tile1, c0, c1, scratch); break;
      case TransformKind.Taps2: split(2, p, phase, tile0, tile1, c0, c1, scratch); break;
      case TransformKind.Outputs4: join(4, p, phase, tile0, tile1, c0, c1, scratch); break;
      default:
        // Constants of the build: gradients of filters are of no use to networks at work.
        if (isDefined(SAMPLING_ONLY)) unreachable();
        else if (word(p, TransformWord.Kind) == TransformKind.Taps4) split(4, p, phase, tile0, tile1, c0, c1, scratch);
        else join(2, p, phase, tile0, tile1, c0, c1, scratch);
    }
  }
}

/** Writes the address of every pixel of a tile to `table`, of `outside` for those outside the image; gives the address of its first component. */
function place(p: usize, phase: i32, tile: i32, side: i32, table: usize, outside: usize): usize {
  const gridH = word(p, TransformWord.GridH);
  const gridW = word(p, TransformWord.GridW);
  const phases = word(p, TransformWord.Phases);
  const line = tile / gridW;
  const image = line / gridH;
  const phaseY = phase / phases;
  const H = word(p, TransformWord.H);
  const W = word(p, TransformWord.W);
  const C = word(p, TransformWord.C);
  const base = <usize>word(p, TransformWord.Image) + ((<usize>(image * H * W) * <usize>C) << 2);
  const y0 = origin(p, 0, line - image * gridH, phaseY);
  const x0 = origin(p, 1, tile - line * gridW, phase - phaseY * phases);
  const stepY = word(p, TransformWord.StepY);
  const stepX = word(p, TransformWord.StepX);
  for (let i = 0, y = y0; i < side; i++, y += stepY) {
    for (let j = 0, x = x0; j < side; j++, x += stepX, table += 4) {
      const inside = <u32>y < <u32>H && <u32>x < <u32>W;
      store<u32>(table, <u32>(inside ? base + ((<usize>(y * W + x) * <usize>C) << 2) : outside));
    }
  }
  return <usize>word(p, TransformWord.Components) + (<usize>(phase * word(p, TransformWord.PhaseStride) + tile * word(p, TransformWord.RowStride)) << 2);
}

/** Along one axis (0: y, 1: x), the first pixel of a tile of a phase. */
// @ts-ignore: decorator
@inline
function origin(p: usize, axis: i32, tile: i32, phase: i32): i32 {
  return word(p, TransformWord.OriginY + axis) + tile * word(p, TransformWord.StrideY + axis) + phase * word(p, TransformWord.PhaseY + axis);
}

/** The address of pixel `i` of a column of a tile of `side` x `side`. */
// @ts-ignore: decorator
@inline
function pixel(column: usize, side: i32, i: i32): usize {
  return <usize>load<u32>(column + (<usize>(i * side) << 2));
}

/** Where the channel of byte `at` of a pixel lies within components: in groups of NR, `panel` bytes apart. */
// @ts-ignore: decorator
@inline
function channelOffset(at: usize, panel: usize): usize {
  return (at / GROUP) * panel + (at % GROUP);
}

/** From squares of `side` pixels; tiles [tile0, tile1) of a phase, channels of bytes [c0, c1). Four channels at a time, first down the columns, then along the rows. */
// @ts-ignore: decorator
@inline
function split(side: i32, p: usize, phase: i32, tile0: i32, tile1: i32, c0: usize, c1: usize, scratch: usize): void {
  const outside = <usize>word(p, TransformWord.Outside);
  const panel = <usize>word(p, TransformWord.PanelStride) << 2;
  const step = <usize>word(p, TransformWord.ComponentStride) << 2;
  const between = scratch + TRANSFORM_LINES;
  const stop = between + LINE * AXIS_COMPONENTS;
  for (let tile = tile0; tile < tile1; tile++) {
    const components = place(p, phase, tile, side, scratch, outside);
    for (let c = c0; c < c1; c += 16) {
      for (let j: usize = 0; j < <usize>side; j++) {
        const t = scratch + (j << 2);
        const x0 = v128.load(pixel(t, side, 0) + c), x1 = v128.load(pixel(t, side, 1) + c);
        if (side == 2) {
          taps2(x0, x1, between + (j << 4), LINE);
          continue;
        }
        const x2 = v128.load(pixel(t, side, 2) + c), x3 = v128.load(pixel(t, side, 3) + c);
        if (side == 5) data5(x0, x1, x2, x3, v128.load(pixel(t, side, 4) + c), between + (j << 4), LINE);
        else taps4(x0, x1, x2, x3, between + (j << 4), LINE);
      }
      let out = components + channelOffset(c, panel);
      for (let t = between; t < stop; t += LINE, out += 5 * step) {
        const x0 = v128.load(t), x1 = v128.load(t, 16);
        if (side == 2) {
          taps2(x0, x1, out, step);
          continue;
        }
        const x2 = v128.load(t, 32), x3 = v128.load(t, 48);
        if (side == 5) data5(x0, x1, x2, x3, v128.load(t, 64), out, step);
        else taps4(x0, x1, x2, x3, out, step);
      }
    }
  }
}

/** To squares of `side` pixels, likewise; first along the rows, then down the columns. */
// @ts-ignore: decorator
@inline
function join(side: i32, p: usize, phase: i32, tile0: i32, tile1: i32, c0: usize, c1: usize, scratch: usize): void {
  const panel = <usize>word(p, TransformWord.PanelStride) << 2;
  const step = <usize>word(p, TransformWord.ComponentStride) << 2;
  const between = scratch + TRANSFORM_LINES;
  const stop = between + LINE * AXIS_COMPONENTS;
  for (let tile = tile0; tile < tile1; tile++) {
    const components = place(p, phase, tile, side, scratch, 0);
    for (let c = c0; c < c1; c += 16) {
      let t = components + channelOffset(c, panel);
      for (let out = between; out < stop; out += LINE, t += 5 * step) {
        outputs(side, v128.load(t), v128.load(t + step), v128.load(t + 2 * step), v128.load(t + 3 * step), v128.load(t + 4 * step), out, 16);
      }
      for (let j: usize = 0; j < <usize>side; j++) {
        const b = between + (j << 4);
        outputs(side, v128.load(b), v128.load(b, LINE), v128.load(b, 2 * LINE), v128.load(b, 3 * LINE), v128.load(b, 4 * LINE), b, LINE);
        for (let i = 0; i < side; i++) {
          const address = pixel(scratch + (j << 2), side, i);
          if (address != 0) v128.store(address + c, v128.load(b + <usize>i * LINE));
        }
      }
    }
  }
}

// The transforms along one axis; results are stored `step` bytes apart.

/** c + a b, rounded twice in every build: a fused multiply-add would save nothing here, where registers are what is short. */
// @ts-ignore: decorator
@inline
function addScaled(a: v128, b: v128, c: v128): v128 {
  return f32x4.add(c, f32x4.mul(a, b));
}

/** The component of point q has the coefficients of the product of x - r over the other finite points r. */
// @ts-ignore: decorator
@inline
function data5(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, out: usize, step: usize): void {
  const a = f32x4.splat(-1.5);
  v128.store(out, addScaled(a, f32x4.add(d1, d2), f32x4.add(d0, d3)));
  v128.store(out + step, addScaled(f32x4.splat(-2.5), d2, f32x4.add(d1, d3)));
  v128.store(out + 2 * step, addScaled(f32x4.splat(0.5), f32x4.sub(d2, d1), d3));
  v128.store(out + 3 * step, addScaled(f32x4.splat(-2), d1, f32x4.sub(d3, d2)));
  v128.store(out + 4 * step, addScaled(a, f32x4.add(d2, d3), f32x4.add(d1, d4)));
}

/** Values at the points, divided by the product of q - r over the other finite points r. */
// @ts-ignore: decorator
@inline
function taps4(g0: v128, g1: v128, g2: v128, g3: v128, out: usize, step: usize): void {
  const two = f32x4.splat(2);
  const four = f32x4.splat(4);
  v128.store(out, g0);
  v128.store(out + step, f32x4.mul(f32x4.splat(2.0 / 9.0), f32x4.add(f32x4.sub(g1, g0), f32x4.sub(g3, g2))));
  v128.store(out + 2 * step, f32x4.mul(f32x4.splat(1.0 / 9.0), addScaled(four, addScaled(two, g3, g2), addScaled(two, g1, g0))));
  v128.store(out + 3 * step, f32x4.mul(f32x4.splat(-1.0 / 9.0), addScaled(four, addScaled(two, g0, g1), addScaled(two, g2, g3))));
  v128.store(out + 4 * step, g3);
}

/** Likewise for two taps. */
// @ts-ignore: decorator
@inline
function taps2(g0: v128, g1: v128, out: usize, step: usize): void {
  const two = f32x4.splat(2);
  v128.store(out, g0);
  v128.store(out + step, f32x4.mul(f32x4.splat(2.0 / 9.0), f32x4.sub(g1, g0)));
  v128.store(out + 2 * step, f32x4.mul(f32x4.splat(1.0 / 9.0), addScaled(two, g1, g0)));
  v128.store(out + 3 * step, f32x4.mul(f32x4.splat(-4.0 / 9.0), addScaled(two, g0, g1)));
  v128.store(out + 4 * step, g1);
}

/** Output i is the sum of the products times point ** i; infinity counts for the last alone. */
// @ts-ignore: decorator
@inline
function outputs(count: i32, m0: v128, m1: v128, m2: v128, m3: v128, m4: v128, out: usize, step: usize): void {
  const half = f32x4.splat(0.5);
  const two = f32x4.splat(2);
  v128.store(out, f32x4.add(f32x4.add(m0, m1), f32x4.add(m2, m3)));
  if (count == 2) {
    v128.store(out + step, addScaled(half, m3, addScaled(two, m2, f32x4.sub(m4, m1))));
  } else {
    const m3s = f32x4.mul(half, m3), m2s = f32x4.mul(two, m2);
    v128.store(out + step, f32x4.add(f32x4.sub(m2s, m1), m3s));
    const m3q = f32x4.mul(half, m3s), m2q = f32x4.mul(two, m2s);
    v128.store(out + 2 * step, f32x4.add(f32x4.add(m2q, m1), m3q));
    v128.store(out + 3 * step, addScaled(half, m3q, addScaled(two, m2q, f32x4.sub(m4, m1))));
  }
}
