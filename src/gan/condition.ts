import { typedArrayName } from "../core/arrays.ts";
import { BYTE_VALUES, isBytes } from "../core/bytes.ts";
import { DataError, show } from "../core/errors.ts";
import { allocateFloats } from "../core/memory.ts";
import { fillUniforms, Stream } from "../core/random.ts";
import { showShape, sizeOf } from "../core/shape.ts";
import type { Pause } from "../core/time.ts";
import { reading } from "../data/given.ts";
import type { GeneratorCondition } from "../nn/condition.ts";
import type { Draws } from "./latents.ts";

/**
 * What each of `count` images is made for, as it is fed: [count] classes, [count, size] vectors, [count, height, width, channels] images, null for a GAN without condition, or
 * undefined where classes are to be drawn.
 *
 * @param value what was asked for: one for all images, or one for each
 * @throws DataError when the GAN has no such condition
 */
export function conditionRows(
  condition: GeneratorCondition | null,
  value: number | ArrayLike<number> | undefined,
  count: number,
): Float32Array | null | undefined {
  if (!condition) {
    if (value !== undefined) throw new DataError({ path: "condition", expected: "none, as this GAN has no condition", got: show(value) });
    return null;
  }
  const { size, numbers, each, holds } = numbersOf(condition);
  if (value === undefined) {
    if ("classes" in condition) return undefined;
    throw new DataError({ path: "condition", expected: `${size} ${numbers}`, got: "none" });
  }
  const given =
    typeof value === "number" ? [value] : typedArrayName(value) ? (value as ArrayLike<number>) : reading("condition", () => Array.from(value));
  if (given.length !== size && given.length !== count * size) {
    const expected = `${count > 1 ? `${size} or ` : ""}${count * size} ${numbers}`;
    throw new DataError({ path: "condition", expected, got: `${given.length}, for a count of ${count}` });
  }
  const ofBytes = "shape" in condition && isBytes(value);
  const rows = allocateFloats(count * size, "count");
  for (let i = 0; i < given.length; i++) {
    const x: unknown = given[i];
    if (typeof x !== "number" || !(ofBytes || holds(x))) {
      throw new DataError({ path: typeof value === "number" ? "condition" : `condition[${i}]`, expected: each, got: show(x) });
    }
    rows[i] = ofBytes ? BYTE_VALUES[x]! : x;
  }
  for (let i = given.length; i < rows.length; i += size) rows.copyWithin(i, 0, size);
  return rows;
}

/** What one image's condition consists of: how many numbers, and what each must be. */
function numbersOf(condition: GeneratorCondition) {
  if ("shape" in condition) {
    const [size, shape] = [sizeOf(condition.shape), showShape(condition.shape)];
    return { size, numbers: `numbers, for images ${shape}`, each: "a number in [-1, 1], or bytes", holds: (x: number) => Math.abs(x) <= 1 };
  }
  if ("size" in condition) {
    return { size: condition.size, numbers: "numbers", each: "a finite number", holds: (x: number) => Number.isFinite(Math.fround(x)) };
  }
  const { classes } = condition;
  const each = `an integer from 0 to ${classes - 1}`;
  return { size: 1, numbers: "numbers", each, holds: (x: number) => Number.isInteger(x) && x >= 0 && x < classes };
}

/** Classes drawn without a pause: a few milliseconds' worth. */
const PART = 2 ** 14;

/**
 * [count] classes; that of image i is drawn from the seed and i, or from the seed and `indices[i]`.
 *
 * @param seen examples of each class that training has seen, by whose share they are drawn; all alike before it has seen any
 * @param pause awaited between parts of it
 */
export async function drawClasses(seen: readonly number[], { count, seed, indices }: Draws, pause: Pause): Promise<Float32Array> {
  const isTrained = seen.some((n) => n > 0);
  let total = 0;
  const ends = Float64Array.from(seen, (n) => (total += isTrained ? n : 1));
  const classes = allocateFloats(count, "count");
  const draw = new Float32Array(1);
  for (let i = 0; i < count; i++) {
    if (i > 0 && i % PART === 0) await pause();
    fillUniforms(draw, seed, Stream.labels, indices?.[i] ?? i);
    classes[i] = firstAbove(ends, draw[0]! * total);
  }
  return classes;
}

/** The index of the first of these rising numbers that is above `x`; the last one is. */
function firstAbove(ends: Float64Array, x: number): number {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]! > x) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How many examples of each class were seen, with those of these labels. */
export function withLabels(seen: readonly number[], labels: Float32Array): readonly number[] {
  const result = [...seen];
  for (const label of labels) result[label]!++;
  return result;
}
