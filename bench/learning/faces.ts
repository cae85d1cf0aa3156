/** How drawn faces are judged without a network. */
import type { Images } from "../../src/index.ts";
import { type Features, frechetDistance, nearestNeighbours } from "../../src/metrics.ts";
import { gridMeans } from "../gridMeans.ts";

export interface Faces {
  readonly frechet: number;
  readonly speckle: number;
}

/**
 * How far pixels are from the mean of their eight neighbours in the flatter places of pictures: the lower quartile over all pixels and channels, in [0, 2]. Areas of one colour, which are
 * a quarter of a drawing and more, have next to nothing there; a generator's are speckled.
 */
export function speckle({ shape, data }: Pick<Images, "shape" | "data">): number {
  const [count, height, width, channels] = shape as [number, number, number, number];
  const distances = new Float32Array(count * (height - 2) * (width - 2) * channels);
  let k = 0;
  for (let n = 0; n < count; n++) {
    for (let y = 1; y < height - 1; y++) {
      for (let x = 1; x < width - 1; x++) {
        for (let c = 0; c < channels; c++) {
          const at = (dy: number, dx: number) => data[((n * height + y + dy) * width + x + dx) * channels + c]!;
          const around = at(-1, -1) + at(-1, 0) + at(-1, 1) + at(0, -1) + at(0, 1) + at(1, -1) + at(1, 0) + at(1, 1);
          distances[k++] = Math.abs(at(0, 0) - around / 8);
        }
      }
    }
  }
  return distances.sort()[Math.floor(k / 4)]!;
}

export const judgeFaces = async (real: Pick<Images, "shape" | "data">, made: Pick<Images, "shape" | "data">): Promise<Faces> => ({
  frechet: await frechetDistance(gridMeans(real), gridMeans(made)),
  speckle: speckle(made),
});

/** The share of samples that are nearer to what was learned from than to as many others: a half where nothing is copied, all where there is nothing but copies. */
export async function copies(made: Features, learned: Features, others: Features): Promise<number> {
  const [own, other] = [await nearestNeighbours(made, learned), await nearestNeighbours(made, others)];
  return own.distances.filter((distance, i) => distance < other.distances[i]!).length / own.distances.length;
}
