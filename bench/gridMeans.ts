/** What drawn pictures are compared by, as no network is at hand. */
import type { Images } from "../src/formats/image.ts";

/** Cells on each side of the grid that a picture is averaged over. */
const GRID = 8;

/** Each picture as the means of its channels over an 8 × 8 grid: 192 numbers for one in colour. What is smaller than a cell is not seen. */
export function gridMeans({ shape, data }: Pick<Images, "shape" | "data">): { data: Float64Array; shape: [count: number, size: number] } {
  const [count, height, width, channels] = shape as [number, number, number, number];
  if (shape.length !== 4 || height % GRID || width % GRID)
    throw new Error(`pictures whose sides are multiples of ${GRID} are wanted, not [${shape}]`);
  const size = GRID * GRID * channels;
  const out = new Float64Array(count * size);
  const share = (GRID * GRID) / (height * width);
  for (let i = 0, at = 0; i < count; i++) {
    for (let y = 0; y < height; y++) {
      const row = Math.floor((y * GRID) / height) * GRID;
      for (let x = 0; x < width; x++) {
        const cell = i * size + (row + Math.floor((x * GRID) / width)) * channels;
        for (let c = 0; c < channels; c++) out[cell + c]! += share * data[at++]!;
      }
    }
  }
  return { data: out, shape: [count, size] };
}
