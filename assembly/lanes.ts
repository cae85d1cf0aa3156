/**
 * Groups of lanes that lie side by side in memory, packed for one k or several: group q of `width` floats goes to panel q, `panel` bytes further.
 * Widths of a whole panel (4, 6, 8) are vectors; what is cut off by the edge of a panel or a tap goes float by float.
 */

/** Copies `count` rows of `groups` groups; rows are `sourceStep` bytes apart, and `step` in their panels. */
export function copyGroups(source: usize, sourceStep: usize, width: i32, groups: i32, count: i32, out: usize, step: usize, panel: usize): void {
  const size = <usize>width << 2;
  for (let i = 0; i < count; i++, source += sourceStep, out += step) {
    let from = source;
    let to = out;
    if (width == 8) {
      for (let q = 0; q < groups; q++, from += 32, to += panel) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
      }
    } else if (width == 6) {
      for (let q = 0; q < groups; q++, from += 24, to += panel) {
        v128.store(to, v128.load(from));
        store<i64>(to, load<i64>(from, 16), 16);
      }
    } else if (width == 4) {
      for (let q = 0; q < groups; q++, from += 16, to += panel) v128.store(to, v128.load(from));
    } else {
      for (let o: usize = 0; o < size; o += 4) store<f32>(to + o, load<f32>(from + o));
    }
  }
}

/** a + b, row by row of one k: `groups` groups from each of the two places. */
export function sumTwoGroups(a: usize, b: usize, width: i32, groups: i32, out: usize, panel: usize): void {
  const size = <usize>width << 2;
  for (let q = 0; q < groups; q++, a += size, b += size, out += panel) {
    if (width == 8) {
      v128.store(out, f32x4.add(v128.load(a), v128.load(b)));
      v128.store(out, f32x4.add(v128.load(a, 16), v128.load(b, 16)), 16);
    } else if (width == 6) {
      v128.store(out, f32x4.add(v128.load(a), v128.load(b)));
      v128.store64_lane(out, f32x4.add(v128.load64_zero(a, 16), v128.load64_zero(b, 16)), 0, 16);
    } else if (width == 4) {
      v128.store(out, f32x4.add(v128.load(a), v128.load(b)));
    } else {
      for (let o: usize = 0; o < size; o += 4) store<f32>(out + o, load<f32>(a + o) + load<f32>(b + o));
    }
  }
}

/** (a + b) + (c + d), likewise. */
export function sumFourGroups(a: usize, b: usize, c: usize, d: usize, width: i32, groups: i32, out: usize, panel: usize): void {
  const size = <usize>width << 2;
  for (let q = 0; q < groups; q++, a += size, b += size, c += size, d += size, out += panel) {
    if (width == 8) {
      v128.store(out, four(v128.load(a), v128.load(b), v128.load(c), v128.load(d)));
      v128.store(out, four(v128.load(a, 16), v128.load(b, 16), v128.load(c, 16), v128.load(d, 16)), 16);
    } else if (width == 6) {
      v128.store(out, four(v128.load(a), v128.load(b), v128.load(c), v128.load(d)));
      v128.store64_lane(out, four(v128.load64_zero(a, 16), v128.load64_zero(b, 16), v128.load64_zero(c, 16), v128.load64_zero(d, 16)), 0, 16);
    } else if (width == 4) {
      v128.store(out, four(v128.load(a), v128.load(b), v128.load(c), v128.load(d)));
    } else {
      for (let o: usize = 0; o < size; o += 4) store<f32>(out + o, load<f32>(a + o) + load<f32>(b + o) + (load<f32>(c + o) + load<f32>(d + o)));
    }
  }
}

// @ts-ignore: decorator
@inline
function four(a: v128, b: v128, c: v128, d: v128): v128 {
  return f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
}
