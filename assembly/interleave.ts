/**
 * Interleaving: P runs of memory, or sums and differences of runs, become the columns of a panel. Where the runs of each lane start stands in a table.
 */
import { LaneByte } from "./format/scratch";
import { storeTransposed } from "./simd";

// @ts-ignore: decorator
@inline
export function setPointer(table: usize, lane: i32, pointer: usize): void {
  store<i32>(table + <usize>lane * LaneByte.Length, <i32>pointer);
}

// @ts-ignore: decorator
@inline
function pointer(table: usize, lane: i32): usize {
  return <usize>load<u32>(table + <usize>lane * LaneByte.Length);
}

/** Interleaves P runs of `length` floats, each the sum (difference) of `terms` runs whose addresses stand in `table`. */
export function packRun(table: usize, P: i32, terms: i32, subtract: bool, length: i32, out: usize): void {
  const step = <usize>P << 2;
  const sign: f32 = subtract ? -1 : 1;
  for (; P >= 4; P -= 4, table += 4 * LaneByte.Length, out += 16) {
    if (terms == 1) packFour(pointer(table, 0), pointer(table, 1), pointer(table, 2), pointer(table, 3), length, out, step);
    else if (terms == 2) packFourTerms(2, table, sign, length, out, step);
    else packFourTerms(4, table, sign, length, out, step);
  }
  if (P != 2) return;
  if (terms == 1) packTwo(pointer(table, 0), pointer(table, 1), length, out, step);
  else if (terms == 2) packTwoTerms(2, table, sign, length, out, step);
  else packTwoTerms(4, table, sign, length, out, step);
}

/** Four floats of lane `lane` from byte `o` of its terms on: a + s b, or (a + s b) + s (c + s d). */
// @ts-ignore: decorator
@inline
function sumTerms(terms: i32, table: usize, lane: usize, sign: v128, o: usize): v128 {
  const t = table + lane * LaneByte.Length;
  const ab = f32x4.add(v128.load(<usize>load<u32>(t) + o), f32x4.mul(sign, v128.load(<usize>load<u32>(t, 4) + o)));
  if (terms == 2) return ab;
  const cd = f32x4.add(v128.load(<usize>load<u32>(t, 8) + o), f32x4.mul(sign, v128.load(<usize>load<u32>(t, 12) + o)));
  return f32x4.add(ab, f32x4.mul(sign, cd));
}

// @ts-ignore: decorator
@inline
function sumTermsScalar(terms: i32, table: usize, lane: usize, sign: f32, o: usize): f32 {
  const t = table + lane * LaneByte.Length;
  const ab = load<f32>(<usize>load<u32>(t) + o) + sign * load<f32>(<usize>load<u32>(t, 4) + o);
  if (terms == 2) return ab;
  return ab + sign * (load<f32>(<usize>load<u32>(t, 8) + o) + sign * load<f32>(<usize>load<u32>(t, 12) + o));
}

// @ts-ignore: decorator
@inline
function packFourTerms(terms: i32, table: usize, sign: f32, length: i32, out: usize, step: usize): void {
  const s = f32x4.splat(sign);
  const end = <usize>length << 2;
  let o: usize = 0;
  for (; o + 16 <= end; o += 16) {
    const a = sumTerms(terms, table, 0, s, o), b = sumTerms(terms, table, 1, s, o);
    const c = sumTerms(terms, table, 2, s, o), d = sumTerms(terms, table, 3, s, o);
    out = storeTransposed(a, b, c, d, out, step);
  }
  for (; o < end; o += 4, out += step) {
    for (let lane: usize = 0; lane < 4; lane++) store<f32>(out + (lane << 2), sumTermsScalar(terms, table, lane, sign, o));
  }
}

// @ts-ignore: decorator
@inline
function packTwoTerms(terms: i32, table: usize, sign: f32, length: i32, out: usize, step: usize): void {
  const s = f32x4.splat(sign);
  const end = <usize>length << 2;
  let o: usize = 0;
  for (; o + 16 <= end; o += 16) out = storePairs(sumTerms(terms, table, 0, s, o), sumTerms(terms, table, 1, s, o), out, step);
  for (; o < end; o += 4, out += step) {
    store<f32>(out, sumTermsScalar(terms, table, 0, sign, o));
    store<f32>(out, sumTermsScalar(terms, table, 1, sign, o), 4);
  }
}

/** Stores two vectors as the columns of four rows `step` bytes apart; gives the row after them. */
// @ts-ignore: decorator
@inline
function storePairs(a: v128, b: v128, out: usize, step: usize): usize {
  const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5);
  const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
  v128.store64_lane(out, ab0, 0);
  out += step;
  v128.store64_lane(out, ab0, 1);
  out += step;
  v128.store64_lane(out, ab1, 0);
  out += step;
  v128.store64_lane(out, ab1, 1);
  return out + step;
}

function packFour(p0: usize, p1: usize, p2: usize, p3: usize, length: i32, out: usize, step: usize): void {
  let k = length;
  for (; k >= 4; k -= 4) {
    out = storeTransposed(v128.load(p0), v128.load(p1), v128.load(p2), v128.load(p3), out, step);
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
    out = storePairs(v128.load(p0), v128.load(p1), out, step);
    p0 += 16;
    p1 += 16;
  }
  for (; k > 0; k--, p0 += 4, p1 += 4, out += step) {
    store<f32>(out, load<f32>(p0));
    store<f32>(out, load<f32>(p1), 4);
  }
}
