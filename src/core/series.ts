/** Functions by multiplications, divisions and series of them alone, so that every engine gives the same bits; those of `Math` differ from one to the next. */

/** x^t for an integer t >= 0, by squaring. */
export function integerPower(x: number, t: number): number {
  let power = 1;
  for (let base = x, left = t; left > 0; left = Math.floor(left / 2), base *= base) if (left % 2 === 1) power *= base;
  return power;
}

/** 0.5^x for x >= 0, Infinity included. */
export function powerOfHalf(x: number): number {
  if (x >= LEAST_HALVED) return 0;
  const halvings = Math.floor(x);
  // Within one halving: e^-y, of which the series' twentieth term is below 1e-21.
  const y = (x - halvings) * Math.LN2;
  let power = 1;
  for (let n = 20; n > 0; n--) power = 1 - (power * y) / n;
  return power * integerPower(0.5, halvings);
}

/** So many halvings of 1 are 0 in float64. */
const LEAST_HALVED = 1075;

/** Cosine and sine of a fraction of a full turn, in [0, 1). */
export function onCircle(turn: number): readonly [cosine: number, sine: number] {
  // A quarter turn at a time is exact; within it the series' twelfth term is below 1e-16.
  const quarters = Math.floor(4 * turn);
  const angle = (turn - quarters / 4) * 2 * Math.PI;
  let [cosine, sine] = [0, 0];
  for (let n = 22; n >= 0; n -= 2) {
    cosine = 1 - (cosine * angle * angle) / ((n + 1) * (n + 2));
    sine = 1 - (sine * angle * angle) / ((n + 2) * (n + 3));
  }
  sine *= angle;
  return (
    [
      [cosine, sine],
      [-sine, cosine],
      [-cosine, -sine],
      [sine, -cosine],
    ] as const
  )[quarters]!;
}
