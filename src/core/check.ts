/** A small declarative checker: reads plain data, fills in defaults, and notes every fault with its path. */
import { type ErrorDetail, SpecError, show } from "./errors.ts";
import { nearestName } from "./nearest.ts";
import { attempt, fieldPath, shallowCopy } from "./plain.ts";

/** Gives the value that was meant, or notes why there is none in `faults` and gives undefined. */
export type Check<T> = (value: unknown, path: string, faults: ErrorDetail[]) => T | undefined;

/** One check for every field of T. */
export type Fields<T> = { readonly [K in keyof T]-?: Check<T[K]> };

/**
 * A union of rows told apart by `name`, with every other field optional.
 *
 * @inline
 */
export type Loose<T extends { readonly name: string }> = T extends unknown ? Pick<T, "name"> & Partial<T> : never;

/** A check by a predicate: `expected` completes the sentence "expected ...". */
export function that<T>(expected: string, holds: (value: unknown) => boolean): Check<T> {
  return (value, path, faults) => {
    if (holds(value)) return value as T;
    faults.push({ path, expected, got: show(value) });
    return undefined;
  };
}

export const boolean: Check<boolean> = that("true or false", (v) => typeof v === "boolean");

export function integer(min: number, max: number): Check<number> {
  const upper = max === Number.MAX_SAFE_INTEGER ? "2^53 - 1" : `${max}`;
  return that(`an integer from ${min} to ${upper}`, (v) => Number.isInteger(v) && (v as number) >= min && (v as number) <= max);
}

/** A finite number in [min, max], or in [min, max) with `open`. */
export function real(min: number, max = Number.POSITIVE_INFINITY, { open = false } = {}): Check<number> {
  const range = max === Number.POSITIVE_INFINITY ? `a number of at least ${min}` : `a number from ${min} to ${open ? "below " : ""}${max}`;
  return that(range, (v) => Number.isFinite(v) && (v as number) >= min && (open ? (v as number) < max : (v as number) <= max));
}

/** A finite number above zero. */
export const positive: Check<number> = that("a number above 0", (v) => Number.isFinite(v) && (v as number) > 0);

export function oneOf<const T extends string>(...names: readonly T[]): Check<T> {
  const expected = names.map((n) => JSON.stringify(n)).join(" or ");
  return (value, path, faults) => {
    if ((names as readonly unknown[]).includes(value)) return value as T;
    faults.push({ path, expected, got: misnamed(value, names) });
    return undefined;
  };
}

/** What was given in place of one of these names, with the one that was probably meant. */
export function misnamed(value: unknown, names: readonly string[]): string {
  const nearest = typeof value === "string" ? nearestName(value, names) : null;
  return `${show(value)}${nearest === null ? "" : `; did you mean ${show(nearest)}?`}`;
}

/** The value left out means `fallback`. */
export function optional<T>(check: Check<T>, fallback: T): Check<T> {
  return (value, path, faults) => (value === undefined ? fallback : check(value, path, faults));
}

/** What either check accepts. */
export function either<A, B>(a: Check<A>, b: Check<B>): Check<A | B> {
  return (value, path, faults) => {
    const [ofA, ofB]: [ErrorDetail[], ErrorDetail[]] = [[], []];
    const result = a(value, path, ofA) ?? b(value, path, ofB);
    if (result === undefined) faults.push({ path, expected: [...ofA, ...ofB].map((f) => f.expected).join(" or "), got: show(value) });
    return result;
  };
}

export function list<T>(item: Check<T>, { min = 0, max = 1000 } = {}): Check<readonly T[]> {
  return (value, path, faults) => {
    if (!Array.isArray(value) || value.length < min || value.length > max) {
      faults.push({ path, expected: min === max ? `a list of ${min}` : `a list of ${min} to ${max}`, got: show(value) });
      return undefined;
    }
    const before = faults.length;
    const items = Array.from(value, (v, i) => item(v, `${path}[${i}]`, faults)); // holes are looked at too
    return faults.length === before ? (items as T[]) : undefined;
  };
}

/** A list of two, each with a check of its own. */
export function pair<A, B>(first: Check<A>, second: Check<B>): Check<readonly [A, B]> {
  return (value, path, faults) => {
    if (!Array.isArray(value) || value.length !== 2) {
      faults.push({ path, expected: "a list of 2", got: show(value) });
      return undefined;
    }
    const [a, b] = [first(value[0], `${path}[0]`, faults), second(value[1], `${path}[1]`, faults)];
    return a === undefined || b === undefined ? undefined : [a, b];
  };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/**
 * Checks the fields of a record one by one and names unknown ones; a faulty field is missing from the result.
 *
 * @param others fields that are known as well, and not looked at here
 */
export function fieldsOf<T>(fields: Fields<T>, value: unknown, path: string, faults: ErrorDetail[], others: readonly string[] = []): Partial<T> {
  const known = [...Object.keys(fields), ...others];
  if (!isRecord(value)) {
    faults.push({ path: path || "options", expected: `an object with ${known.join(", ")}`, got: show(value) });
    return {};
  }
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue;
    faults.push({
      path: fieldPath(path, key),
      expected: `one of the options ${known.join(", ") || "none"}`,
      got: `an unknown one, ${misnamed(key, known)}`,
    });
  }
  return checkFields(fields, value, path, faults);
}

/** Checks these fields of a record, whatever else is in it; a faulty field is missing from the result. */
export function checkFields<T>(fields: Fields<T>, record: Readonly<Record<string, unknown>>, path: string, faults: ErrorDetail[]): Partial<T> {
  const result: Partial<T> = {};
  for (const key of Object.keys(fields) as (keyof T & string)[]) {
    const at = fieldPath(path, key);
    const checked = attempt(() => fields[key](Object.hasOwn(record, key) ? record[key] : undefined, at, faults), at, faults);
    if (checked !== undefined) result[key] = checked;
  }
  return result;
}

/** The options in full. @throws SpecError with every fault at once, unknown options by name */
export function checkOptions<T>(fields: Fields<T>, options: unknown, path = ""): T {
  const faults: ErrorDetail[] = [];
  const given = shallowCopy(options, path, faults);
  refuse(faults);
  const checked = fieldsOf(fields, given, path, faults);
  refuse(faults);
  return checked as T;
}

/** @throws SpecError if there are any faults */
export function refuse(faults: readonly ErrorDetail[]): void {
  if (faults.length > 0) throw new SpecError(faults as [ErrorDetail, ...ErrorDetail[]]);
}

/** A record of exactly these fields. */
export function object<T>(fields: Fields<T>): Check<T> {
  return (value, path, faults) => {
    const before = faults.length;
    const result = fieldsOf(fields, value, path, faults);
    return faults.length === before ? (result as T) : undefined;
  };
}

/** A record whose field `tag` says which of several sets of fields it has. */
export function variant<T>(tag: string, rows: () => Readonly<Record<string, object>>): Check<T> {
  return (value, path, faults) => {
    const table = rows();
    const names = Object.keys(table).map((n) => JSON.stringify(n));
    if (!isRecord(value)) {
      faults.push({ path, expected: `an object with ${tag} ${names.join(" or ")}`, got: show(value) });
      return undefined;
    }
    const name = value[tag];
    if (typeof name !== "string" || !Object.hasOwn(table, name)) {
      faults.push({ path: `${path}.${tag}`, expected: names.join(" or "), got: misnamed(name, Object.keys(table)) });
      return undefined;
    }
    return object({ [tag]: oneOf(name), ...table[name] } as unknown as Fields<T>)(value, path, faults);
  };
}
