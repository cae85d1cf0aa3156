import { fillNormals, Stream } from "../../src/core/random.ts";

/** Standard normal vectors, a function of the seed, moved and stretched. */
export function normals(n: number, d: number, seed: number, { mean = 0, stddev = 1 } = {}): { data: Float32Array; shape: [number, number] } {
  const data = new Float32Array(n * d);
  fillNormals(data, seed, Stream.data, 0);
  return { data: data.map((x) => mean + stddev * x), shape: [n, d] };
}
