/** Images in another size. */
import { type Shape, sizeOf } from "../core/shape.ts";

/** What a pixel of the result consists of: `weights` of as many pixels from `first` on. */
interface Tap {
  readonly first: number;
  readonly weights: readonly number[];
}

/**
 * Images [N, H, W, C] at [height, width], by a triangle that is as wide as two pixels of the coarser grid, both grids covering the same area: bilinear where they grow, without aliases where they
 * shrink. At the edges what lies beyond them does not count.
 */
export function resizeImages(
  images: Float32Array<ArrayBuffer>,
  [h, w, c]: Shape,
  [height, width]: readonly [number, number],
): Float32Array<ArrayBuffer> {
  const count = images.length / (h! * w! * c!);
  const rows = h === height ? images : along(images, [count, h!, w! * c!], height);
  return w === width ? rows : along(rows, [count * height, w!, c!], width);
}

/** Resizes the middle axis of [outer, size, inner]. */
function along(from: Float32Array, [outer, size, inner]: readonly [number, number, number], to: number): Float32Array<ArrayBuffer> {
  const taps = tapsOf(size, to);
  const result = new Float32Array(sizeOf([outer, to, inner]));
  for (let o = 0; o < outer; o++) {
    for (const [i, { first, weights }] of taps.entries()) {
      const start = (o * to + i) * inner;
      for (let k = 0; k < inner; k++) {
        let sum = 0;
        for (let t = 0; t < weights.length; t++) sum += weights[t]! * from[(o * size + first + t) * inner + k]!;
        result[start + k] = sum;
      }
    }
  }
  return result;
}

function tapsOf(size: number, to: number): Tap[] {
  const step = size / to;
  const reach = Math.max(step, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = (i + 0.5) * step;
    const first = Math.max(0, Math.floor(centre - reach + 0.5));
    const end = Math.min(size, Math.floor(centre + reach + 0.5));
    const heights = Array.from({ length: end - first }, (_, t) => Math.max(0, 1 - Math.abs(first + t + 0.5 - centre) / reach));
    const total = heights.reduce((a, b) => a + b);
    return { first, weights: heights.map((x) => x / total) };
  });
}
