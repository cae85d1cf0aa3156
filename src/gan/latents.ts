import { refuse } from "../core/check.ts";
import { DataError, show } from "../core/errors.ts";
import { allocateFloats, MOST_FLOATS } from "../core/memory.ts";
import { fillNormals, fillTruncatedNormals, Stream } from "../core/random.ts";
import type { Pause } from "../core/time.ts";

/** Which images of a seed are drawn. */
export interface Draws {
  readonly count: number;
  readonly seed: number;
  readonly truncation?: number | undefined;
  /** The number of each of `count` images; undefined for the first ones. */
  readonly indices?: ArrayLike<number> | undefined;
}

/**
 * `count` draws from N(0, I) as rows [count, size]. Row i depends on the seed and i alone.
 *
 * @param truncation values of larger magnitude are drawn again (Brock, Donahue & Simonyan 2019, the truncation trick)
 * @throws SpecError when `count` of them are more than can be held
 */
export function drawLatents(size: number, count: number, seed: number, truncation?: number): Float32Array {
  checkLatentCount(size, count);
  const z = allocateFloats(count * size, "count");
  fillLatents(z, size, 0, count, seed, truncation);
  return z;
}

/** What `drawLatents` gives, or these of its rows. @param pause awaited between parts of it */
export async function drawLatentsInTurns(size: number, { count, seed, truncation, indices }: Draws, pause: Pause): Promise<Float32Array> {
  const z = allocateFloats(count * size, "count");
  const rows = Math.ceil(PART / size);
  for (let first = 0; first < count; first += rows) {
    if (first > 0) await pause();
    fillLatents(z, size, first, Math.min(count, first + rows), seed, truncation, indices);
  }
  return z;
}

/** @throws SpecError when `count` latents of `size` values are more than an array holds */
export function checkLatentCount(size: number, count: number): void {
  const most = Math.floor(MOST_FLOATS / size);
  if (count > most) refuse([{ path: "count", expected: `at most ${most} latents of ${size} values`, got: `${count}` }]);
}

/** Values drawn without a pause: a few milliseconds' worth. */
const PART = 2 ** 16;

/** Draws the rows from `first` to before `end` of z [count, size]: those of their own numbers, or of these. */
function fillLatents(
  z: Float32Array,
  size: number,
  first: number,
  end: number,
  seed: number,
  truncation: number | undefined,
  indices?: ArrayLike<number>,
): void {
  for (let i = first; i < end; i++) {
    const row = z.subarray(i * size, (i + 1) * size);
    const item = indices?.[i] ?? i;
    if (truncation === undefined) fillNormals(row, seed, Stream.latents, item);
    else fillTruncatedNormals(row, seed, Stream.latents, item, truncation);
  }
}

/**
 * `steps` latents [steps, a.length] from `a` to `b`, both included, along the great circle where both are equally long (White 2016, "Sampling generative networks").
 *
 * @throws DataError when the two differ in length, are not finite, or point in exactly opposite directions, and for fewer steps than 2 or more than can be held
 */
export function sphericalInterpolation(a: Float32Array, b: Float32Array, steps: number): Float32Array {
  const most = Math.floor(MOST_FLOATS / a.length);
  if (!Number.isInteger(steps) || steps < 2 || steps > most) {
    throw new DataError({ path: "steps", expected: `an integer from 2 to ${most}`, got: show(steps) });
  }
  if (a.length !== b.length) throw new DataError({ path: "b", expected: `${a.length} values, as in a`, got: `${b.length}` });
  const cosine = cosineOf(a, b);
  const out = allocateFloats(steps * a.length, "steps");
  for (let k = 0; k < steps; k++) {
    const [wa, wb] = slerpWeights(cosine, k / (steps - 1));
    for (let i = 0; i < a.length; i++) out[k * a.length + i] = wa * a[i]! + wb * b[i]!;
  }
  return out;
}

function cosineOf(a: Float32Array, b: Float32Array): number {
  let [aa, ab, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    aa += a[i]! * a[i]!;
    ab += a[i]! * b[i]!;
    bb += b[i]! * b[i]!;
  }
  for (const [path, square] of [["a", aa] as const, ["b", bb] as const]) {
    if (!(square > 0 && square < Number.POSITIVE_INFINITY))
      throw new DataError({ path, expected: "finite values, not all zero", got: `a square norm of ${square}` });
  }
  const cosine = ab / Math.sqrt(aa) / Math.sqrt(bb);
  if (cosine < -1 + 1e-12) throw new DataError({ path: "b", expected: "a direction other than straight away from a", got: "the opposite of a" });
  return Math.min(cosine, 1);
}

/**
 * The weights sin((1 - t) Ω) / sin Ω and sin(t Ω) / sin Ω for cos Ω = `cosine`, without a trigonometric function.
 *
 * The arc is halved towards t: the middle of two unit vectors at angle Ω is their sum over 2 cos(Ω/2), and
 * cos(Ω/2) = √((1 + cos Ω) / 2). After 26 halvings the arc is its chord to double precision.
 */
function slerpWeights(cosine: number, t: number): readonly [number, number] {
  let low: readonly [number, number] = [1, 0];
  let high: readonly [number, number] = [0, 1];
  let rest = t;
  let cos = cosine;
  for (let halving = 0; halving < 26; halving++) {
    cos = Math.sqrt((1 + cos) / 2);
    const middle = [(low[0] + high[0]) / (2 * cos), (low[1] + high[1]) / (2 * cos)] as const;
    rest *= 2;
    if (rest < 1) high = middle;
    else {
      low = middle;
      rest -= 1;
    }
  }
  return [low[0] + rest * (high[0] - low[0]), low[1] + rest * (high[1] - low[1])];
}
