/**
 * Multiplications and additions of vectors of four in equal numbers, on seven chains each, so that none waits for another; nothing is in memory.
 *
 * @param one 1, unknown to the compiler
 * @returns all chains together, so that none can be left out; a round is 4 · 14 vector operations
 */
export function run(rounds: i32, one: f32): f32 {
  const c = f32x4.splat(one);
  let m0 = c;
  let m1 = c;
  let m2 = c;
  let m3 = c;
  let m4 = c;
  let m5 = c;
  let m6 = c;
  let a0 = c;
  let a1 = c;
  let a2 = c;
  let a3 = c;
  let a4 = c;
  let a5 = c;
  let a6 = c;
  for (let i = 0; i < rounds; i++) {
    for (let j = 0; j < 4; j++) {
      m0 = f32x4.mul(m0, c);
      a0 = f32x4.add(a0, c);
      m1 = f32x4.mul(m1, c);
      a1 = f32x4.add(a1, c);
      m2 = f32x4.mul(m2, c);
      a2 = f32x4.add(a2, c);
      m3 = f32x4.mul(m3, c);
      a3 = f32x4.add(a3, c);
      m4 = f32x4.mul(m4, c);
      a4 = f32x4.add(a4, c);
      m5 = f32x4.mul(m5, c);
      a5 = f32x4.add(a5, c);
      m6 = f32x4.mul(m6, c);
      a6 = f32x4.add(a6, c);
    }
  }
  const m = f32x4.add(f32x4.add(f32x4.add(m0, m1), f32x4.add(m2, m3)), f32x4.add(f32x4.add(m4, m5), m6));
  const a = f32x4.add(f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)), f32x4.add(f32x4.add(a4, a5), a6));
  return f32x4.extract_lane(f32x4.add(m, a), 0);
}
