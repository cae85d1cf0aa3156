/** Plain data of our own in place of what callers hand in. */
import { type ErrorDetail, show } from "./errors.ts";

/** More values than anything accepted has. */
const MOST_VALUES = 2 ** 14;
/** More levels than anything accepted has: what lies deeper belongs to something that is refused. */
const MOST_LEVELS = 32;

/**
 * A copy of plain data in which nothing is the caller's: every field is read once, -0 becomes 0, and what is neither a list nor a record stays as it is, for a check to
 * refuse. Notes what cannot be read, holes in lists and what hangs on them beside their items.
 */
export function plainCopy(value: unknown, faults: ErrorDetail[]): unknown {
  let count = 0;
  const copy = (value: unknown, path: string, level: number): unknown => {
    if (++count > MOST_VALUES) {
      if (count === MOST_VALUES + 1) faults.push({ path: path || "options", expected: `at most ${MOST_VALUES} values in all`, got: "more" });
      return undefined;
    }
    if (value === 0) return 0;
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
    if (level > MOST_LEVELS) return undefined;
    const isList = attempt(() => Array.isArray(value), path, faults);
    if (isList === undefined) return undefined;
    if (isList) return readItems(value as readonly unknown[], path, faults).map((v, i) => copy(v, `${path}[${i}]`, level + 1));
    return Object.fromEntries(entriesOf(value, path, faults).map(([key, v]) => [key, copy(v, fieldPath(path, key), level + 1)]));
  };
  return copy(value, "", 0);
}

/** A copy of a record whose fields were each read once; anything else as it is. Notes what cannot be read. */
export function shallowCopy(value: unknown, path: string, faults: ErrorDetail[]): unknown {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  const isList = attempt(() => Array.isArray(value), path, faults);
  return isList === false ? Object.fromEntries(entriesOf(value, path, faults)) : value;
}

/** The own fields of a record, each read once; those that cannot be read are noted. */
function entriesOf(value: object, path: string, faults: ErrorDetail[]): [string, unknown][] {
  const keys = attempt(() => Object.keys(value), path, faults) ?? [];
  return keys.flatMap(
    (key) => attempt((): [string, unknown][] => [[key, (value as Record<string, unknown>)[key]]], fieldPath(path, key), faults) ?? [],
  );
}

/** A value that nobody can change from now on, nor anything that it consists of. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}

function readItems(value: readonly unknown[], path: string, faults: ErrorDetail[]): readonly unknown[] {
  const length = attempt(() => value.length, path, faults) ?? 0;
  if (length > MOST_VALUES) {
    faults.push({ path: path || "options", expected: `at most ${MOST_VALUES} values in all`, got: "more" });
    return [];
  }
  const fields = entriesOf(value, path, faults);
  const odd = fields.findIndex(([key], i) => key !== `${i}`);
  const held = odd < 0 ? fields.length : odd;
  if (held < length) faults.push({ path: `${path}[${held}]`, expected: "a value", got: "a hole in the list" });
  else if (odd >= 0) faults.push({ path: fieldPath(path, fields[odd]![0]), expected: "nothing but the items of a list", got: "a field of its own" });
  return fields.map(([, v]) => v);
}

/** What `read` gives, or undefined, noted in `faults`, where it throws. */
export function attempt<T>(read: () => T, path: string, faults: ErrorDetail[]): T | undefined {
  try {
    return read();
  } catch (error) {
    const got = `one that throws ${show(error instanceof Error ? error.message : error)}`;
    faults.push({ path: path || "options", expected: "a value that can be read", got });
    return undefined;
  }
}

/** Where a field of what is at `path` is. */
export const fieldPath = (path: string, key: string): string => (path ? `${path}.${key}` : key);
