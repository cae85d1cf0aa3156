import { DataError, show } from "../core/errors.ts";
import { fillUniforms, Stream } from "../core/random.ts";
import { reading } from "../data/given.ts";
import type { Condition } from "../nn/spec.ts";

/**
 * What each of `count` images is made for, as it is fed: [count] classes, [count, size] vectors, or null for a GAN without condition.
 *
 * @param value what was asked for: one for all images, or one for each. Without it, image i is of a class drawn from the seed and i
 * @param seen examples of each class that training has seen, by which classes are drawn. Without any, all are drawn alike
 * @throws DataError when the GAN has no such condition
 */
export function conditionRows(
  condition: Condition | null,
  value: number | ArrayLike<number> | undefined,
  count: number,
  seed: number,
  seen: readonly number[] = [],
): Float32Array | null {
  if (!condition) {
    if (value !== undefined) throw new DataError({ path: "condition", expected: "none, as this GAN has no condition", got: show(value) });
    return null;
  }
  if (value === undefined) {
    if ("size" in condition) throw new DataError({ path: "condition", expected: `${condition.size} numbers`, got: "none" });
    const weights = seen.some((n) => n > 0) ? seen : new Array<number>(condition.classes).fill(1);
    return drawClasses(weights, count, seed);
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

/** `count` classes, each drawn with a probability in proportion to its weight. */
function drawClasses(weights: readonly number[], count: number, seed: number): Float32Array {
  let total = 0;
  const ends = weights.map((weight) => (total += weight));
  const draw = new Float32Array(1);
  return Float32Array.from({ length: count }, (_, i) => {
    fillUniforms(draw, seed, Stream.labels, i);
    const at = draw[0]! * total;
    return ends.findIndex((end) => at < end);
  });
}

/** How many examples of each class were seen, with those of these labels. */
export function withLabels(seen: readonly number[], labels: Float32Array): readonly number[] {
  const result = [...seen];
  for (const label of labels) result[label]!++;
  return result;
}
