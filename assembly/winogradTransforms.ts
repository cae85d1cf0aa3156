/**
 * The transforms of Winograd's minimal filtering (winograd.ts) for tiles of `side` pixels along an axis, 6 for F(4, 3) and F(3, 4), 4 for F(2, 3) and F(3, 2). Tiles are squares of vectors of four
 * channels; each function transforms all of their lines along one axis. Addresses and steps are in bytes.
 *
 * The finite points of six components are 0, 3/4, -3/4, 3/2 and -3/2: they are symmetric, which halves the arithmetic, their powers are exact, and they round half as much as 0, 1, -1, 2 and -2
 * (on the choice of points see Barabasz et al. 2020); those of four are 0, 1 and -1.
 */

/**
 * Writes the address of every pixel of a tile to `table`, `across` to each side from row y0 and column x0 on, of `outside` for those that are not in the image of H x W pixels of C channels at `image`. Where `shift`
 * is 1, its pixels count for squares of 2 x 2.
 */
export function placePixels(
  table: usize, across: i32, y0: i32, x0: i32, image: i32, H: i32, W: i32, C: i32, shift: i32, outside: i32,
): void {
  for (let y = y0; y < y0 + across; y++) {
    for (let x = x0; x < x0 + across; x++, table += 4) {
      const inside = <u32>y < <u32>(H << shift) && <u32>x < <u32>(W << shift);
      store<i32>(table, inside ? image + ((((y >> shift) * W + (x >> shift)) * C) << 2) : outside);
    }
  }
}

/** Four channels from byte `c` on of pixel `i` of a column of a tile, the addresses of whose pixels stand in lines of `side` from `table` on. */
// @ts-ignore: decorator
@inline
function pixel(table: usize, side: i32, i: i32, c: usize): v128 {
  return v128.load(<usize>load<u32>(table + (<usize>(i * side) << 2)) + c);
}

/** The columns of a tile of data, byte `c` on of pixels whose addresses stand in `table`, to lines of `side` vectors. */
export function dataColumns(side: i32, table: usize, c: usize, out: usize): void {
  if (side == 6) dataColumnsOf(6, table, c, out);
  else dataColumnsOf(4, table, c, out);
}

// @ts-ignore: decorator
@inline
function dataColumnsOf(side: i32, table: usize, c: usize, out: usize): void {
  const line = <usize>side << 4;
  for (let end = out + line; out < end; out += 16, table += 4) {
    const x0 = pixel(table, side, 0, c), x1 = pixel(table, side, 1, c), x2 = pixel(table, side, 2, c), x3 = pixel(table, side, 3, c);
    if (side == 6) data6(x0, x1, x2, x3, pixel(table, side, 4, c), pixel(table, side, 5, c), out, line);
    else data4(x0, x1, x2, x3, out, line);
  }
}

/** Then its rows, to components `step` apart. */
export function dataRows(side: i32, from: usize, out: usize, step: usize): void {
  if (side == 6) dataRowsOf(6, from, out, step);
  else dataRowsOf(4, from, out, step);
}

// @ts-ignore: decorator
@inline
function dataRowsOf(side: i32, from: usize, out: usize, step: usize): void {
  const line = <usize>side << 4;
  for (let end = from + <usize>side * line; from < end; from += line, out += <usize>side * step) {
    const x0 = v128.load(from), x1 = v128.load(from, 16), x2 = v128.load(from, 32), x3 = v128.load(from, 48);
    if (side == 6) data6(x0, x1, x2, x3, v128.load(from, 64), v128.load(from, 80), out, step);
    else data4(x0, x1, x2, x3, out, step);
  }
}

/** A tile of 3x3 taps, `tap` apart, to components `step` apart. */
export function filterTaps(side: i32, taps: usize, tap: usize, between: usize, out: usize, step: usize): void {
  if (side == 6) filterTapsOf(6, taps, tap, between, out, step);
  else filterTapsOf(4, taps, tap, between, out, step);
}

// @ts-ignore: decorator
@inline
function filterTapsOf(side: i32, taps: usize, tap: usize, between: usize, out: usize, step: usize): void {
  for (let j: usize = 0; j < 3; j++, taps += tap) taps3(side, v128.load(taps), v128.load(taps + 3 * tap), v128.load(taps + 6 * tap), between + (j << 4), 48);
  for (let end = between + <usize>side * 48; between < end; between += 48, out += <usize>side * step) {
    taps3(side, v128.load(between), v128.load(between, 16), v128.load(between, 32), out, step);
  }
}

/** The rows of a tile of components `step` apart to lines of as many vectors as there are outputs. */
export function outputRows(side: i32, from: usize, step: usize, out: usize): void {
  if (side == 6) outputRowsOf(6, from, step, out);
  else outputRowsOf(4, from, step, out);
}

// @ts-ignore: decorator
@inline
function outputRowsOf(side: i32, from: usize, step: usize, out: usize): void {
  const line = <usize>(side - 2) << 4;
  for (let end = out + <usize>side * line; out < end; out += line, from += <usize>side * step) outputs(side, from, step, out, 16);
}

/** Column `j` of them, in place. */
export function outputColumn(side: i32, column: usize): void {
  if (side == 6) outputColumnOf(6, column);
  else outputColumnOf(4, column);
}

// @ts-ignore: decorator
@inline
function outputColumnOf(side: i32, column: usize): void {
  const line = <usize>(side - 2) << 4;
  outputs(side, column, line, column, line);
}

// Along one axis; results are stored `step` apart.

/** c + a b, rounded twice in every build. */
// @ts-ignore: decorator
@inline
function addScaled(a: f32, b: v128, c: v128): v128 {
  return f32x4.add(c, f32x4.mul(f32x4.splat(a), b));
}

/** The finite points other than 0, their squares and cubes. */
// @ts-ignore: decorator
@inline
const P: f32 = 0.75;
// @ts-ignore: decorator
@inline
const Q: f32 = 1.5;
// @ts-ignore: decorator
@inline
const PP: f32 = P * P;
// @ts-ignore: decorator
@inline
const QQ: f32 = Q * Q;

/** The component of a point has the coefficients of the product of x - r over the other finite points r. */
// @ts-ignore: decorator
@inline
function data6(d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128, out: usize, step: usize): void {
  v128.store(out, addScaled(PP * QQ, d0, addScaled(-PP - QQ, d2, d4)));
  let even = addScaled(-QQ, d2, d4);
  let odd = f32x4.mul(f32x4.splat(P), addScaled(-QQ, d1, d3));
  v128.store(out + step, f32x4.add(even, odd));
  v128.store(out + 2 * step, f32x4.sub(even, odd));
  even = addScaled(-PP, d2, d4);
  odd = f32x4.mul(f32x4.splat(Q), addScaled(-PP, d1, d3));
  v128.store(out + 3 * step, f32x4.add(even, odd));
  v128.store(out + 4 * step, f32x4.sub(even, odd));
  v128.store(out + 5 * step, addScaled(PP * QQ, d1, addScaled(-PP - QQ, d3, d5)));
}

/** The finite points are 0, 1 and -1. */
// @ts-ignore: decorator
@inline
function data4(d0: v128, d1: v128, d2: v128, d3: v128, out: usize, step: usize): void {
  v128.store(out, f32x4.sub(d0, d2));
  v128.store(out + step, f32x4.add(d1, d2));
  v128.store(out + 2 * step, f32x4.sub(d2, d1));
  v128.store(out + 3 * step, f32x4.sub(d3, d1));
}

/** Values at the points, divided by the product of their differences from the other finite points. */
// @ts-ignore: decorator
@inline
function taps3(side: i32, g0: v128, g1: v128, g2: v128, out: usize, step: usize): void {
  if (side == 6) {
    v128.store(out, f32x4.mul(f32x4.splat(1 / (PP * QQ)), g0));
    pair(1 / (2 * PP * (PP - QQ)), addScaled(PP, g2, g0), f32x4.mul(f32x4.splat(P), g1), out + step, step);
    pair(1 / (2 * QQ * (QQ - PP)), addScaled(QQ, g2, g0), f32x4.mul(f32x4.splat(Q), g1), out + 3 * step, step);
    v128.store(out + 5 * step, g2);
  } else {
    v128.store(out, g0);
    pair(0.5, f32x4.add(g0, g2), g1, out + step, step);
    v128.store(out + 3 * step, g2);
  }
}

/** a (even + odd) and a (even - odd). */
// @ts-ignore: decorator
@inline
function pair(a: f32, even: v128, odd: v128, out: usize, step: usize): void {
  v128.store(out, f32x4.mul(f32x4.splat(a), f32x4.add(even, odd)));
  v128.store(out + step, f32x4.mul(f32x4.splat(a), f32x4.sub(even, odd)));
}

/** From components `from` apart: output i is the sum of the products times point ** i; infinity counts for the last alone. */
// @ts-ignore: decorator
@inline
function outputs(side: i32, m: usize, from: usize, out: usize, step: usize): void {
  const m0 = v128.load(m), m1 = v128.load(m + from), m2 = v128.load(m + 2 * from), m3 = v128.load(m + 3 * from);
  const even = f32x4.add(m1, m2), odd = f32x4.sub(m1, m2);
  if (side == 6) {
    const m4 = v128.load(m + 4 * from), m5 = v128.load(m + 5 * from);
    const evenQ = f32x4.add(m3, m4), oddQ = f32x4.mul(f32x4.splat(Q), f32x4.sub(m3, m4)), oddP = f32x4.mul(f32x4.splat(P), odd);
    v128.store(out, f32x4.add(m0, f32x4.add(even, evenQ)));
    v128.store(out + step, f32x4.add(oddP, oddQ));
    v128.store(out + 2 * step, addScaled(QQ, evenQ, f32x4.mul(f32x4.splat(PP), even)));
    v128.store(out + 3 * step, f32x4.add(m5, addScaled(QQ, oddQ, f32x4.mul(f32x4.splat(PP), oddP))));
  } else {
    v128.store(out, f32x4.add(m0, even));
    v128.store(out + step, f32x4.add(m3, odd));
  }
}

// Gradients of filters: as many taps as other convolutions have outputs, and three outputs.

/** The columns of a tile of taps, byte `c` on of pixels whose addresses stand in `table`, and their rows, to components `step` apart. */
export function gradientTaps(side: i32, table: usize, c: usize, between: usize, to: usize, step: usize): void {
  if (side == 6) gradientTapsOf(6, table, c, between, to, step);
  else gradientTapsOf(4, table, c, between, to, step);
}

// @ts-ignore: decorator
@inline
function gradientTapsOf(side: i32, table: usize, c: usize, between: usize, to: usize, step: usize): void {
  const taps = side - 2;
  const line = <usize>taps << 4;
  for (let out = between; out < between + line; out += 16, table += 4) {
    const x0 = pixel(table, taps, 0, c), x1 = pixel(table, taps, 1, c);
    if (side == 6) taps4(x0, x1, pixel(table, taps, 2, c), pixel(table, taps, 3, c), out, line);
    else taps2(x0, x1, out, line);
  }
  for (let end = between + <usize>side * line; between < end; between += line, to += <usize>side * step) {
    if (side == 6) taps4(v128.load(between), v128.load(between, 16), v128.load(between, 32), v128.load(between, 48), to, step);
    else taps2(v128.load(between), v128.load(between, 16), to, step);
  }
}

/** The 3x3 outputs of a tile of components `step` apart, `tap` apart. */
export function gradientOutputs(side: i32, from: usize, step: usize, between: usize, out: usize, tap: usize): void {
  if (side == 6) gradientOutputsOf(6, from, step, between, out, tap);
  else gradientOutputsOf(4, from, step, between, out, tap);
}

// @ts-ignore: decorator
@inline
function gradientOutputsOf(side: i32, from: usize, step: usize, between: usize, out: usize, tap: usize): void {
  for (let b = between; b < between + <usize>side * 48; b += 48, from += <usize>side * step) outputs3(side, from, step, b, 16);
  for (let j: usize = 0; j < 3; j++, out += tap) outputs3(side, between + (j << 4), 48, out, 3 * tap);
}

/** Values at the points, divided by the product of their differences from the other finite points. */
// @ts-ignore: decorator
@inline
function taps4(g0: v128, g1: v128, g2: v128, g3: v128, out: usize, step: usize): void {
  v128.store(out, f32x4.mul(f32x4.splat(1 / (PP * QQ)), g0));
  pair(1 / (2 * PP * (PP - QQ)), addScaled(PP, g2, g0), f32x4.mul(f32x4.splat(P), addScaled(PP, g3, g1)), out + step, step);
  pair(1 / (2 * QQ * (QQ - PP)), addScaled(QQ, g2, g0), f32x4.mul(f32x4.splat(Q), addScaled(QQ, g3, g1)), out + 3 * step, step);
  v128.store(out + 5 * step, g3);
}

/** Likewise for the points 0, 1 and -1. */
// @ts-ignore: decorator
@inline
function taps2(g0: v128, g1: v128, out: usize, step: usize): void {
  v128.store(out, g0);
  pair(0.5, g0, g1, out + step, step);
  v128.store(out + 3 * step, g1);
}

/** From components `from` bytes apart: output i is the sum of the products times point ** i; infinity counts for the last alone. */
// @ts-ignore: decorator
@inline
function outputs3(side: i32, m: usize, from: usize, out: usize, step: usize): void {
  const m0 = v128.load(m), m1 = v128.load(m + from), m2 = v128.load(m + 2 * from), m3 = v128.load(m + 3 * from);
  const even = f32x4.add(m1, m2), odd = f32x4.sub(m1, m2);
  if (side == 6) {
    const m4 = v128.load(m + 4 * from), m5 = v128.load(m + 5 * from);
    const evenQ = f32x4.add(m3, m4);
    v128.store(out, f32x4.add(m0, f32x4.add(even, evenQ)));
    v128.store(out + step, addScaled(Q, f32x4.sub(m3, m4), f32x4.mul(f32x4.splat(P), odd)));
    v128.store(out + 2 * step, f32x4.add(m5, addScaled(QQ, evenQ, f32x4.mul(f32x4.splat(PP), even))));
  } else {
    v128.store(out, f32x4.add(m0, even));
    v128.store(out + step, odd);
    v128.store(out + 2 * step, f32x4.add(m3, even));
  }
}
