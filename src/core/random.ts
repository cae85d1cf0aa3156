/**
 * Random numbers that are a pure function of where they are used.
 *
 * Philox 4×32-10 (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3") turns a counter and a
 * key into four words. The key is the seed; the counter says which stream, which item of the stream, and which block of
 * the item. Only integer arithmetic, + - * / and square roots follow, so every engine gives the same bits.
 */
import { DataError, show } from "./errors.ts";

/** What a number is drawn for. Two streams never share a number. */
export const Stream = {
  weights: 0,
  latents: 1,
  noise: 2,
  shuffle: 3,
  data: 4,
  labels: 5,
  split: 6,
  probe: 7,
  projections: 8,
  patches: 9,
  mirror: 10,
} as const;

const TWO_32 = 2 ** 32;

/** The upper 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function mulHigh(a: number, b: number): number {
  const al = a & 0xffff;
  const ah = a >>> 16;
  const bl = b & 0xffff;
  const bh = b >>> 16;
  const low = Math.imul(ah, bl) + (Math.imul(al, bl) >>> 16);
  const middle = Math.imul(al, bh) + (low & 0xffff);
  return (Math.imul(ah, bh) + (low >>> 16) + (middle >>> 16)) >>> 0;
}

/**
 * One block of Philox 4×32 with ten rounds.
 *
 * @param counter four unsigned 32-bit words
 * @param key two unsigned 32-bit words
 * @param out where the four words of the block go; may be `counter`
 */
export function philox4x32(counter: ArrayLike<number>, key: ArrayLike<number>, out: Uint32Array = new Uint32Array(4)): Uint32Array {
  let c0 = counter[0]!;
  let c1 = counter[1]!;
  let c2 = counter[2]!;
  let c3 = counter[3]!;
  let k0 = key[0]!;
  let k1 = key[1]!;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(0xd2511f53, c0);
    const high1 = mulHigh(0xcd9e8d57, c2);
    const low0 = Math.imul(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
  return out;
}

/** @throws DataError unless `value` is an integer from 0 to 2^53 - 1 */
export function checkSeed(path: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new DataError({ path, expected: "an integer from 0 to 2^53 - 1", got: show(value) });
  }
}

/** The words of one item, one after another. */
class Words {
  readonly #key: Uint32Array;
  readonly #counter: Uint32Array;
  readonly #block = new Uint32Array(4);
  #used = 4;

  constructor(seed: number, stream: number, item: number) {
    checkSeed("seed", seed);
    checkSeed("item", item);
    this.#key = Uint32Array.of(seed, seed / TWO_32);
    this.#counter = Uint32Array.of(0, item, item / TWO_32, stream);
  }

  /** An unsigned 32-bit integer. */
  next(): number {
    if (this.#used === 4) {
      philox4x32(this.#counter, this.#key, this.#block);
      this.#counter[0]!++;
      this.#used = 0;
    }
    return this.#block[this.#used++]!;
  }
}

/** An integer from 0 to n - 1, each equally likely (Lemire 2019, "Fast random integer generation in an interval"). */
function below(words: Words, n: number): number {
  const reject = (TWO_32 - n) % n;
  for (;;) {
    const word = words.next();
    if (Math.imul(word, n) >>> 0 >= reject) return mulHigh(word, n);
  }
}

/**
 * The item of a stream that belongs to a name: an integer below 2^53, so that what is drawn for one name does not depend on which others there are. The name's UTF-16
 * units go through Philox, four words at a time, each block's result being the key of the next.
 */
export function itemOf(name: string): number {
  const key = Uint32Array.of(name.length, 0);
  const block = new Uint32Array(4);
  for (let start = 0; start < name.length; start += 8) {
    for (let w = 0; w < 4; w++) block[w] = unit(name, start + 2 * w) | (unit(name, start + 2 * w + 1) << 16);
    philox4x32(block, key, block);
    key.set([block[0]! ^ block[2]!, block[1]! ^ block[3]!]);
  }
  return key[0]! + (key[1]! >>> 11) * TWO_32;
}

/** UTF-16 unit `i` of a text, 0 behind its end. */
const unit = (text: string, i: number): number => (i < text.length ? text.charCodeAt(i) : 0);

/** Fills `out` with numbers from the open interval (0, 1): odd multiples of 2^-24, exact in float32. */
export function fillUniforms(out: Float32Array, seed: number, stream: number, item: number): void {
  const words = new Words(seed, stream, item);
  for (let i = 0; i < out.length; i++) out[i] = ((words.next() >>> 9) + 0.5) * 2 ** -23;
}

/** Fills `out` with standard normals, one word each. Their magnitude is at most 6.35. */
export function fillNormals(out: Float32Array, seed: number, stream: number, item: number): void {
  const words = new Words(seed, stream, item);
  for (let i = 0; i < out.length; i++) out[i] = normalQuantile(words.next());
}

/**
 * Fills `out` with standard normals of magnitude at most `limit`: a value beyond it is replaced by the next one drawn.
 *
 * @throws DataError unless `limit` is at least 0.01 (below that, nearly every draw would be thrown away)
 */
export function fillTruncatedNormals(out: Float32Array, seed: number, stream: number, item: number, limit: number): void {
  if (!(limit >= 0.01)) throw new DataError({ path: "truncation", expected: "a number of at least 0.01", got: show(limit) });
  const words = new Words(seed, stream, item);
  for (let i = 0; i < out.length; i++) {
    let z: number;
    do z = Math.fround(normalQuantile(words.next()));
    while (Math.abs(z) > limit);
    out[i] = z;
  }
}

/** The integers from 0 to n - 1 in random order, every order equally likely (Fisher & Yates). */
export function permutation(n: number, seed: number, stream: number, item: number): Uint32Array {
  const words = new Words(seed, stream, item);
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    const j = below(words, i + 1);
    order[i] = order[j]!;
    order[j] = i;
  }
  return order;
}

/**
 * The standard normal quantile at (word + 1/2) / 2^32, to about 1 part in 10^16: Wichura 1988, algorithm AS 241, PPND16.
 *
 * @param word an unsigned 32-bit integer
 */
export function normalQuantile(word: number): number {
  const q = (word + 0.5) / TWO_32 - 0.5;
  if (Math.abs(q) <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q);
  const r = Math.sqrt(-logTail(q < 0 ? word : TWO_32 - 1 - word));
  return (q < 0 ? -1 : 1) * ratio(TAIL, r - 1.6);
}

// Numerator, then denominator, lowest power first, each rounded to the nearest double. Words of 32 bits never reach the paper's third range, r > 5.
const CENTRE: readonly [readonly number[], readonly number[]] = [
  [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087, 33430.57558358813,
    2509.0809287301227,
  ],
  [1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271, 28729.085735721943, 5226.495278852854],
];
const TAIL: readonly [readonly number[], readonly number[]] = [
  [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684, 0.2417807251774506, 0.022723844989269184,
    0.0007745450142783414,
  ],
  [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457, 0.0005475938084995345,
    1.0507500716444169e-9,
  ],
];

function ratio([numerator, denominator]: readonly [readonly number[], readonly number[]], x: number): number {
  let above = numerator[7]!;
  let below = denominator[7]!;
  for (let i = 6; i >= 0; i--) {
    above = above * x + numerator[i]!;
    below = below * x + denominator[i]!;
  }
  return above / below;
}

/**
 * ln((k + 1/2) / 2^32) for an integer 0 <= k < 2^30, to within 2 ulp.
 *
 * 2k + 1 is split into 2^e m with m in (√½, √2]; then ln m = 2 artanh((m - 1) / (m + 1)), whose series needs twelve terms.
 */
function logTail(k: number): number {
  let exponent = 32 - Math.clz32(k);
  let m = (2 * k + 1) / (1 << exponent);
  if (m > Math.SQRT2) {
    m /= 2;
    exponent++;
  }
  const s = (m - 1) / (m + 1);
  const t = s * s;
  let series = 1 / 23;
  for (let d = 21; d >= 1; d -= 2) series = series * t + 1 / d;
  return (exponent - 33) * Math.LN2 + 2 * s * series;
}
