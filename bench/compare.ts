/** Correctness before speed: what a peer computed, against ours. */
import type { Task, Tensor } from "./task.ts";

/**
 * What is wrong with `got`, in a sentence, or null.
 *
 * Losses agree to 1e-4. Parameters are compared by how far they moved, in the L2 norm, to 10 %: where a pre-activation is within rounding of 0 it takes the
 * one slope of LeakyReLU or the other, and each of the few that do moves a gradient by a part in 10^3. Ours with and without fused multiply-add differ
 * by 5 % in the first layer of T64's generator, and by 10^-6 behind the last such kink; against float64 both are right to 10^-6 (test/golden).
 * Pictures (in [-1, 1]) and kernels agree to a bound on float32 sums of as many terms as the longest chain has.
 */
export function compare(
  task: Task,
  first: readonly Tensor[],
  expected: ReadonlyMap<string, Float32Array>,
  got: ReadonlyMap<string, Float32Array>,
): string | null {
  const start = new Map(first.map(({ name, data }) => [name, data]));
  for (const [name, e] of expected) {
    const g = got.get(name);
    if (!g || g.length !== e.length) return `${name}: ${g ? `${g.length} values` : "missing"}, ours has ${e.length}`;
    const s = start.get(name);
    const [distance, limit, measure] = s
      ? ([relativeL2(minus(g, s), minus(e, s)), 0.1, "update differs by"] as const)
      : task.kind === "train" || task.kind === "critic"
        ? ([Math.abs(g[0]! - e[0]!) / Math.max(1, Math.abs(e[0]!)), 1e-4, "differs by"] as const)
        : task.kind === "sample"
          ? ([largest(minus(g, e)), 1e-4, "differs by"] as const)
          : ([largest(minus(g, e)) / largest(e), 2e-5, "differs, relative to the largest element, by"] as const);
    if (!(distance <= limit)) return `${name} ${measure} ${distance.toPrecision(2)} (at most ${limit})`;
  }
  return null;
}

const minus = (a: Float32Array, b: Float32Array): Float32Array => a.map((x, i) => x - b[i]!);
const largest = (a: Float32Array): number => a.reduce((m, x) => (Number.isNaN(x) ? Number.NaN : Math.max(m, Math.abs(x))), 0);
const norm = (a: Float32Array): number => Math.sqrt(a.reduce((sum, x) => sum + x * x, 0));
const relativeL2 = (a: Float32Array, b: Float32Array): number => norm(minus(a, b)) / Math.max(norm(b), Number.MIN_VALUE);
