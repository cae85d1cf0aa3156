import { DataError, show } from "../core/errors.ts";
import { allocateFloats } from "../core/memory.ts";
import { fillUniforms, Stream } from "../core/random.ts";
import type { Pause } from "../core/time.ts";
import { reading } from "../data/given.ts";
import type { Condition } from "../nn/generator.ts";

/**
 * What each of `count` images is made for, as it is fed: [count] classes, [count, size] vectors, null for a GAN without condition, or undefined where classes are to be drawn.
 *
 * @param value what was asked for: one for all images, or one for each
 * @throws DataError when the GAN has no such condition
 */
export function conditionRows(
  condition: Condition | null,
  value: number | ArrayLike<number> | undefined,
  count: number,
): Float32Array | null | undefined {
  if (!condition) {
    if (value !== undefined) throw new DataError({ path: "condition", expected: "none, as this GAN has no condition", got: show(value) });
    return null;
  }
  if (value === undefined) {
    if ("size" in condition) throw new DataError({ path: "condition", expected: `${condition.size} numbers`, got: "none" });
    return undefined;
  }
  const size = "size" in condition ? condition.size : 1;
  const given = typeof value === "number" ? [value] : reading("condition", () => Array.from(value));
  if (given.length !== size && given.length !== count * size) {
    throw new DataError({ path: "condition", expected: `${size} or ${count * size} numbers`, got: `${given.length}` });
  }
  const isVector = "size" in condition;
  const good = (x: unknown) =>
    typeof x === "number" && (isVector ? Number.isFinite(Math.fround(x)) : Number.isInteger(x) && x >= 0 && x < condition.classes);
  for (let i = 0; i < given.length; i++) {
    if (good(given[i])) continue;
    const expected = isVector ? "a finite number" : `an integer from 0 to ${condition.classes - 1}`;
    throw new DataError({ path: typeof value === "number" ? "condition" : `condition[${i}]`, expected, got: show(given[i]) });
  }
  return Float32Array.from({ length: count * size }, (_, i) => given[i % given.length]!);
}

/** Classes drawn without a pause: a few milliseconds' worth. */
const PART = 2 ** 14;

/**
 * [count] classes; that of image i is drawn from the seed and i.
 *
 * @param seen examples of each class that training has seen, by whose share they are drawn; all alike before it has seen any
 * @param pause awaited between parts of it
 */
export async function drawClasses(seen: readonly number[], count: number, seed: number, pause: Pause): Promise<Float32Array> {
  const isTrained = seen.some((n) => n > 0);
  let total = 0;
  const ends = Float64Array.from(seen, (n) => (total += isTrained ? n : 1));
  const classes = allocateFloats(count, "count");
  const draw = new Float32Array(1);
  for (let i = 0; i < count; i++) {
    if (i > 0 && i % PART === 0) await pause();
    fillUniforms(draw, seed, Stream.labels, i);
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
