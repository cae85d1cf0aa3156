import { DataError, show } from "../core/errors.ts";
import { fillUniforms, Stream } from "../core/random.ts";
import type { Condition } from "../nn/spec.ts";

/**
 * What each of `count` images is made for, as it is fed: [count] classes, [count, size] vectors, or null for a GAN without condition.
 *
 * @param value what was asked for: one for all images, or one for each. Without it, image i is of a class drawn from the seed and i.
 * @throws DataError when the GAN has no such condition
 */
export function conditionRows(
  condition: Condition | null,
  value: number | ArrayLike<number> | undefined,
  count: number,
  seed: number,
): Float32Array | null {
  if (!condition) {
    if (value !== undefined) throw new DataError({ path: "condition", expected: "none, as this GAN has no condition", got: show(value) });
    return null;
  }
  if (value === undefined) {
    if ("size" in condition) throw new DataError({ path: "condition", expected: `${condition.size} numbers`, got: "none" });
    return Float32Array.from({ length: count }, (_, i) => drawClass(condition.classes, seed, i));
  }
  const size = "size" in condition ? condition.size : 1;
  const given = typeof value === "number" ? [value] : value;
  if (given.length !== size && given.length !== count * size) {
    throw new DataError({ path: "condition", expected: `${size} or ${count * size} numbers`, got: `${given.length}` });
  }
  const rows = Float32Array.from({ length: count * size }, (_, i) => given[i % given.length]!);
  for (let i = 0; i < given.length; i++) {
    const x = given[i]!;
    const good = "size" in condition ? Number.isFinite(rows[i]) : Number.isInteger(x) && x >= 0 && x < condition.classes;
    if (typeof x !== "number" || !good) {
      const expected = "size" in condition ? "a finite number" : `an integer from 0 to ${condition.classes - 1}`;
      throw new DataError({ path: typeof value === "number" ? "condition" : `condition[${i}]`, expected, got: show(x) });
    }
  }
  return rows;
}

function drawClass(classes: number, seed: number, i: number): number {
  const draw = new Float32Array(1);
  fillUniforms(draw, seed, Stream.labels, i);
  return Math.floor(draw[0]! * classes);
}
