/** What a caller hands in as data, which may be anything: its fields, and what to write in place of what is not taken. */
import { typedArrayName } from "../core/arrays.ts";
import { DataError, show } from "../core/errors.ts";
import { nearestName } from "../core/nearest.ts";

/** What `read` gives. @throws DataError, its path in `path`, for what a getter or a proxy of the caller's throws */
export function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : show(cause);
    throw new DataError({ path, expected: "an object that can be read", got: `an error: ${reason}` }, { cause });
  }
}

/** The fields of examples, unchecked; undefined where there are none. */
export interface GivenExamples {
  readonly data: unknown;
  readonly shape: unknown;
  readonly labels: unknown;
  /** Those of one picture, where the shape is left to them. */
  readonly picture: { readonly width: unknown; readonly height: unknown; readonly channels: unknown } | null;
}

const FIELDS = ["data", "shape", "labels"];
const PICTURE_FIELDS = ["data", "labels", "width", "height", "channels", "colorSpace"];
/** What the fields are called elsewhere. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ["xs", "data"],
  ["ys", "labels"],
]);

/**
 * The fields of an object of examples.
 *
 * @param prefix leads the paths of errors
 * @throws DataError naming a field that is unknown. Instances of a class may have others as long as they tell their shape.
 */
export function readExamples(source: object, prefix: string): GivenExamples {
  const { data, shape, labels, width, height, channels, keys, isPlain } = reading(`${prefix}data`, () => {
    const { data, shape, labels, width, height, channels } = source as Readonly<Record<string, unknown>>;
    const prototype = Object.getPrototypeOf(source);
    return {
      ...{ data, shape, labels, width, height, channels },
      keys: Object.keys(source),
      isPlain: prototype === null || Object.getPrototypeOf(prototype) === null,
    };
  });
  const isPicture = shape === undefined && width !== undefined && height !== undefined;
  const known = isPicture ? PICTURE_FIELDS : FIELDS;
  const unknown = keys.find((key) => !known.includes(key));
  if (unknown !== undefined && (isPlain || (data !== undefined && shape === undefined))) {
    const meant = ALIASES.get(unknown) ?? nearestName(unknown, known);
    throw new DataError({
      path: `${prefix}${unknown}`,
      expected: `one of the fields ${known.join(", ")}`,
      got: meant === null ? "an unknown one" : `an unknown one; did you mean ${meant}?`,
    });
  }
  return { data, shape, labels, picture: isPicture ? { width, height, channels } : null };
}

/** What to write for numbers in an array that is not taken, to be put behind what would be; empty for anything else. @throws DataError for an array that cannot be read */
export function orWrite(value: unknown, name: string): string {
  if (!isNumbers(value, name)) return "";
  const kind = typedArrayName(value);
  const { depth } = firstNumber(value);
  const numbers = depth > 1 ? `${name}.flat(Infinity)` : kind?.startsWith("Big") ? `${name}, Number` : name;
  return ` (Float32Array.from(${numbers}) makes one, or of bytes Uint8Array.from(${numbers}))`;
}

/** Whether it is a typed array, or arrays within arrays of numbers. @throws DataError for an array that cannot be read */
export function isNumbers(value: unknown, name: string): boolean {
  const { first, depth } = reading(name, () => firstNumber(value));
  return typedArrayName(value) !== undefined || (depth > 0 && typeof first === "number");
}

/** What stands first in arrays within arrays, and in how many of them. */
function firstNumber(value: unknown): { readonly first: unknown; readonly depth: number } {
  let [first, depth] = [value, 0];
  for (; Array.isArray(first) && depth < 8; depth++) first = first[0];
  return { first, depth };
}
