/** Sets of numbers, and lists of masses. */
import { DataError, ShapeError, show } from "../core/errors.ts";
import { checkFinite } from "./features.ts";

/** A copy of finite numbers, bytes as they are. @throws DataError for what is no list of numbers, an empty one, or a number that is not finite */
export function checkNumbers(value: unknown, path: string): Float64Array {
  const isList = Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
  if (!isList || (value as ArrayLike<number>).length === 0) {
    throw new DataError({ path, expected: "an array of at least one number", got: show(value) });
  }
  return Float64Array.from(checkFinite(value as ArrayLike<number>, path));
}

/** Shares below it count as none: half of one is still a float with all its digits, and the quotient of any two finite. */
const LEAST = 2 ** -1000;

/**
 * Masses as shares of their sum.
 *
 * @param length how many there must be
 * @throws DataError for what is no list of numbers from 0 on, or for those that are all 0
 * @throws ShapeError for another number of them
 */
export function checkShares(value: unknown, path: string, length?: number): Float64Array {
  const masses = checkNumbers(value, path);
  if (length !== undefined && masses.length !== length) throw new ShapeError({ path, expected: `${length} numbers`, got: `${masses.length}` });
  let most = 0;
  for (let i = 0; i < masses.length; i++) {
    if (masses[i]! < 0) throw new DataError({ path: `${path}[${i}]`, expected: "a number of at least 0", got: show(masses[i]) });
    most = Math.max(most, masses[i]!);
  }
  if (most === 0) throw new DataError({ path, expected: "a number above 0", got: "none" });
  // Divided by the largest first, so that the sum of tiny ones is none that has lost its digits.
  let sum = 0;
  for (const mass of masses) sum += mass / most;
  return masses.map((mass) => (mass / most / sum < LEAST ? 0 : mass / most / sum));
}
