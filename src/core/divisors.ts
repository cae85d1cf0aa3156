/** Divisors and multiples that integers have in common. */

/** The greatest integer that divides both, of integers of at least 0 not both 0. */
export const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b));

/** The least integer that both divide, of integers above 0. */
export const leastMultiple = (a: number, b: number): number => (a / greatestDivisor(a, b)) * b;
