/** Looking through large arrays of numbers. */

const BLOCK = 4096;

/** Where the first number that is NaN or infinite stands; -1 where all are finite. */
export function findNonFinite(values: Float32Array): number {
  for (let start = 0; start < values.length; start += BLOCK) {
    const end = Math.min(start + BLOCK, values.length);
    // x - x is 0 for a finite x and NaN for any other.
    let sum = 0;
    for (let i = start; i < end; i++) sum += values[i]! - values[i]!;
    if (sum === 0) continue;
    for (let i = start; i < end; i++) if (!Number.isFinite(values[i])) return i;
  }
  return -1;
}

/** Where the first number below zero stands; -1 where there is none. */
export function findNegative(values: Float32Array): number {
  for (let i = 0; i < values.length; i++) if (values[i]! < 0) return i;
  return -1;
}

const EXPONENT = 0x7f800000;
const ONE_EXPONENT = 0x00800000;
const PRIME = 0x01000193;

/**
 * A number that differs, but for one chance in four billion, when any bit of finite values does, or their number; null where one is NaN or infinite. It tells accidents,
 * not attacks: four lanes of 32-bit multiplication and exclusive or (after Fowler, Noll & Vo's hash).
 */
export function checksum(values: Float32Array): number | null {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length);
  const end = words.length & ~3;
  let [a, b, c, d] = [words.length, 1, 2, 3];
  // Its top bit is set by an exponent of ones only, which is what NaN and infinity have.
  let carried = 0;
  for (let i = 0; i < end; i += 4) {
    const [w, x, y, z] = [words[i]!, words[i + 1]!, words[i + 2]!, words[i + 3]!];
    carried |= (w & EXPONENT) + ONE_EXPONENT;
    carried |= (x & EXPONENT) + ONE_EXPONENT;
    carried |= (y & EXPONENT) + ONE_EXPONENT;
    carried |= (z & EXPONENT) + ONE_EXPONENT;
    a = Math.imul(a ^ w, PRIME);
    b = Math.imul(b ^ x, PRIME);
    c = Math.imul(c ^ y, PRIME);
    d = Math.imul(d ^ z, PRIME);
    // What reached the top bits comes back to the others.
    a ^= d >>> 15;
  }
  for (let i = end; i < words.length; i++) {
    carried |= (words[i]! & EXPONENT) + ONE_EXPONENT;
    a = Math.imul(a ^ words[i]!, PRIME);
  }
  if (carried < 0) return null;
  return Math.imul(Math.imul(Math.imul(a ^ (a >>> 16), PRIME) ^ b ^ (b >>> 13), PRIME) ^ c ^ (c >>> 16), PRIME) ^ d;
}
