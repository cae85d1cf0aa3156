/** Points to measure. */
import { fillNormals, Stream } from "../../src/core/random.ts";
import type { Features } from "../../src/metrics/features.ts";

/** Standard normal points `[n, d]`. */
export function points(n: number, d: number, seed: number): Features & { readonly data: Float32Array } {
  const data = new Float32Array(n * d);
  fillNormals(data, seed, Stream.data, 0);
  return { data, shape: [n, d] };
}

/** Every number changed. */
export const changed = ({ data, shape }: Features, change: (x: number, i: number) => number): Features => ({
  data: Float64Array.from(data, change),
  shape,
});

/** The rows in another order. */
export function reversed({ data, shape }: Features): Features {
  const [n = 0] = shape;
  const d = data.length / n;
  return { data: Float64Array.from(data, (_, i) => data[(n - 1 - Math.floor(i / d)) * d + (i % d)]!), shape };
}
