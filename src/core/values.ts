/** Looking through large arrays of numbers: in loops, as `findIndex` calls a function for each, which takes ten times as long. */

/** Numbers that are kept are smaller than this, so that the difference of any two is finite. */
export const LIMIT = 2 ** 127;

/** Where the first number stands that is NaN, or not within `LIMIT`; -1 where there is none. */
export function findOutside(values: Float32Array): number {
  // Written so that NaN is found too.
  for (let i = 0; i < values.length; i++) if (!(Math.abs(values[i]!) < LIMIT)) return i;
  return -1;
}

/** Where the first number stands that is not finite; -1 where there is none. */
export function findNotFinite(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i;
  return -1;
}

/** Where the first number below zero stands; -1 where there is none. */
export function findNegative(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) if (values[i]! < 0) return i;
  return -1;
}

const EXPONENT = 0x7f800000;
/** Added to an exponent, this reaches the top bit for numbers from `LIMIT` on, infinity and NaN among them, and for no others. */
const TO_TOP = 0x01000000;
const PRIME = 0x01000193;

/**
 * A number that differs, but for one chance in four billion, when any bit of the values does, or their number; null where one is NaN or not within `LIMIT`. It tells accidents,
 * not attacks: four lanes of 32-bit multiplication and exclusive or (after Fowler, Noll & Vo's hash).
 */
export function checksum(values: Float32Array): number | null {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length);
  const end = words.length & ~3;
  let [a, b, c, d] = [words.length, 1, 2, 3];
  let carried = 0;
  for (let i = 0; i < end; i += 4) {
    const [w, x, y, z] = [words[i]!, words[i + 1]!, words[i + 2]!, words[i + 3]!];
    carried |= (w & EXPONENT) + TO_TOP;
    carried |= (x & EXPONENT) + TO_TOP;
    carried |= (y & EXPONENT) + TO_TOP;
    carried |= (z & EXPONENT) + TO_TOP;
    a = Math.imul(a ^ w, PRIME);
    b = Math.imul(b ^ x, PRIME);
    c = Math.imul(c ^ y, PRIME);
    d = Math.imul(d ^ z, PRIME);
    // What reached the top bits comes back to the others.
    a ^= d >>> 15;
  }
  for (let i = end; i < words.length; i++) {
    carried |= (words[i]! & EXPONENT) + TO_TOP;
    a = Math.imul(a ^ words[i]!, PRIME);
  }
  if (carried < 0) return null;
  return Math.imul(Math.imul(Math.imul(a ^ (a >>> 16), PRIME) ^ b ^ (b >>> 13), PRIME) ^ c ^ (c >>> 16), PRIME) ^ d;
}
