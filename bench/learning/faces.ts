/** How drawn faces are judged without a network. */
import type { Images } from "../../src/index.ts";
import { features, frechetDistance } from "../frechet.ts";

export interface Faces {
  readonly frechet: number;
  readonly speckle: number;
}

/** Where a pixel and its neighbours lie so near each other (of a range of 2), a picture is flat: drawn details are not. */
const FLAT = 0.25;

/**
 * How far pixels are from the mean of their eight neighbours, on average over flat places (root mean square over channels and places, pixels in [-1, 1]): drawn areas of one
 * colour are smooth, those of a generator are speckled.
 */
export function speckle({ shape, data }: Pick<Images, "shape" | "data">): number {
  const [count, height, width, channels] = shape as [number, number, number, number];
  let [sum, places] = [0, 0];
  for (let n = 0; n < count; n++) {
    for (let y = 1; y < height - 1; y++) {
      for (let x = 1; x < width - 1; x++) {
        for (let c = 0; c < channels; c++) {
          const at = (dy: number, dx: number) => data[((n * height + y + dy) * width + x + dx) * channels + c]!;
          const around = [at(-1, -1), at(-1, 0), at(-1, 1), at(0, -1), at(0, 1), at(1, -1), at(1, 0), at(1, 1)];
          const here = at(0, 0);
          if (Math.max(here, ...around) - Math.min(here, ...around) > FLAT) continue;
          sum += (here - around.reduce((a, b) => a + b) / 8) ** 2;
          places++;
        }
      }
    }
  }
  return Math.sqrt(sum / Math.max(places, 1));
}

export const judgeFaces = (real: Images | Pick<Images, "shape" | "data">, made: Pick<Images, "shape" | "data">): Faces => ({
  frechet: frechetDistance(features(real), features(made)),
  speckle: speckle(made),
});
