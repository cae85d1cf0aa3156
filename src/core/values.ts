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

/**
 * A number that differs, but for one chance in four billion, when any bit of the values does, or their number. It tells accidents, not attacks: four lanes of 32-bit
 * multiplication and exclusive or (after Fowler, Noll & Vo's hash).
 */
export function checksum(values: Float32Array): number {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length);
  let [a, b, c, d] = [words.length, 1, 2, 3];
  let i = 0;
  for (const end = words.length - 3; i < end; i += 4) {
    a = Math.imul(a ^ words[i]!, 0x01000193);
    b = Math.imul(b ^ words[i + 1]!, 0x01000193);
    c = Math.imul(c ^ words[i + 2]!, 0x01000193);
    d = Math.imul(d ^ words[i + 3]!, 0x01000193);
    // What reached the top bits comes back to the others.
    a ^= d >>> 15;
  }
  for (; i < words.length; i++) a = Math.imul(a ^ words[i]!, 0x01000193);
  return Math.imul(Math.imul(Math.imul(a ^ (a >>> 16), 0x01000193) ^ b ^ (b >>> 13), 0x01000193) ^ c ^ (c >>> 16), 0x01000193) ^ d;
}
