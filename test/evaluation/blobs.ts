/** Images 8 × 8 with one bright quarter among noise, the quarter being the class. */
import { fillUniforms, Stream } from "../../src/core/random.ts";
import { Dataset } from "../../src/datasets.ts";

const SIDE = 8;

export function blobs(count: number, { seed = 1, classes = 4 } = {}): Dataset {
  const data = new Float32Array(count * SIDE * SIDE);
  fillUniforms(data, seed, Stream.data, 0);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % classes);
  for (let i = 0; i < data.length; i++) {
    const [n, y, x] = [Math.floor(i / 64), Math.floor((i % 64) / SIDE), i % SIDE];
    const bright = (y < 4 ? 0 : 2) + (x < 4 ? 0 : 1) === labels[n];
    data[i] = bright ? data[i]! : -data[i]!;
  }
  return new Dataset({ data, shape: [count, SIDE, SIDE, 1], labels });
}
