/** Order statistics. */

export const median = (samples: readonly number[]): number => quantile(samples, 0.5);

/** By linear interpolation between the order statistics. */
export function quantile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = p * (sorted.length - 1);
  const below = sorted[Math.floor(at)]!;
  return below + (at % 1) * (sorted[Math.ceil(at)]! - below);
}
