/** Deterministic values for tests. */
import { type Shape, sizeOf } from "../../src/core/shape.ts";

/** Uniform numbers in [0, 1), the same on every engine: Marsaglia's 32-bit xorshift after a mix of the seed. */
export function seeded(seed: number): () => number {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 8; i++) next();
  return next;
}

/** Makes the value at position `i` from a uniform number in [0, 1). */
export type Domain = (u: number, i: number) => number;

/** [-2, 2]. */
export const any: Domain = (u) => 4 * u - 2;
/** [0.25, 2]. */
export const positive: Domain = (u) => 0.25 + 1.75 * u;
/** ±[0.25, 2]: away from a kink or a pole at 0. */
export const nonzero: Domain = (u) => (u < 0.5 ? -0.25 - 3.5 * u : 0.25 + 3.5 * (u - 0.5));
/** Multiples of 0.25 in [-2, 2); never equal to any of `offLattice`. */
export const onLattice: Domain = (u) => Math.floor(u * 16) / 4 - 2;
/** Halfway between the values of `onLattice`. */
export const offLattice: Domain = (u) => onLattice(u, 0) + 0.125;
/** 1031 multiples of 1/64 in [-8, 8.1), in disorder and no two equal. */
export const apart: Domain = (_, i) => ((i * 577) % 1031) / 64 - 8;
/** 0 or 1. */
export const mask: Domain = (u) => (u < 0.5 ? 0 : 1);
/** Integers from 0 to n - 1. */
export const below =
  (n: number): Domain =>
  (u) =>
    Math.floor(u * n);
/** These values, over and over. */
export const cycle =
  (values: readonly number[], every = 1): Domain =>
  (_, i) =>
    values[Math.floor(i / every) % values.length]!;

/** A tensor of float32 values of the domain. */
export function draw(shape: Shape, domain: Domain, random: () => number): Float32Array {
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => domain(random(), i));
}
