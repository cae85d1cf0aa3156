/** StackedMNIST: three digits drawn independently as the channels of one image, 1,000 modes (Metz et al. 2017, "Unrolled generative adversarial networks", section 3.3.1). */
import { fillUniforms, Stream } from "../../src/core/random.ts";
import type { Dataset } from "../../src/datasets.ts";
import type { Examples } from "../../src/index.ts";

/** `count` triples of the grey images of `digits`, `[count, H, W, 3]` as bytes: a function of the seed and of `item`. */
export function triples(digits: Dataset, count: number, seed: number, item: number): Examples {
  const [total, height, width] = digits.shape as [number, number, number, number];
  const size = height * width;
  const draws = new Float32Array(3 * count);
  fillUniforms(draws, seed, Stream.data, item);
  const data = new Uint8Array(count * size * 3);
  for (let k = 0; k < draws.length; k++) {
    const from = Math.floor(draws[k]! * total) * size;
    const to = Math.floor(k / 3) * size * 3 + (k % 3);
    for (let i = 0; i < size; i++) data[to + 3 * i] = digits.data[from + i]! as number;
  }
  return { data, shape: [count, height, width, 3] };
}

/** Batches of fresh triples, without end; iterated anew they go on. */
export function freshTriples(digits: Dataset, count: number, seed: number): Iterable<Examples> {
  let item = 0;
  return {
    *[Symbol.iterator]() {
      for (;;) yield triples(digits, count, seed, item++);
    },
  };
}
