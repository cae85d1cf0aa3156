/**
 * A multiplication and an addition of vectors of four in turn, on thirteen chains, so that none waits for another; nothing is in memory.
 *
 * @param one 1, unknown to the compiler
 * @returns all chains together, so that none can be left out; a round is 4 · 13 multiplications and as many additions
 */
export function run(rounds: i32, one: f32): f32 {
  const c = f32x4.splat(one);
  let a0 = c;
  let a1 = c;
  let a2 = c;
  let a3 = c;
  let a4 = c;
  let a5 = c;
  let a6 = c;
  let a7 = c;
  let a8 = c;
  let a9 = c;
  let a10 = c;
  let a11 = c;
  let a12 = c;
  for (let i = 0; i < rounds; i++) {
    for (let j = 0; j < 4; j++) {
      a0 = f32x4.add(f32x4.mul(a0, c), c);
      a1 = f32x4.add(f32x4.mul(a1, c), c);
      a2 = f32x4.add(f32x4.mul(a2, c), c);
      a3 = f32x4.add(f32x4.mul(a3, c), c);
      a4 = f32x4.add(f32x4.mul(a4, c), c);
      a5 = f32x4.add(f32x4.mul(a5, c), c);
      a6 = f32x4.add(f32x4.mul(a6, c), c);
      a7 = f32x4.add(f32x4.mul(a7, c), c);
      a8 = f32x4.add(f32x4.mul(a8, c), c);
      a9 = f32x4.add(f32x4.mul(a9, c), c);
      a10 = f32x4.add(f32x4.mul(a10, c), c);
      a11 = f32x4.add(f32x4.mul(a11, c), c);
      a12 = f32x4.add(f32x4.mul(a12, c), c);
    }
  }
  const low = f32x4.add(f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)), f32x4.add(f32x4.add(a4, a5), a6));
  const high = f32x4.add(f32x4.add(f32x4.add(a7, a8), f32x4.add(a9, a10)), f32x4.add(a11, a12));
  return f32x4.extract_lane(f32x4.add(low, high), 0);
}
