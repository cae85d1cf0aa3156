/** Whether what augmentations do to images shows in those that are generated (Karras et al. 2020, section 2.2): how many images have a grey part as "cutout" or "translation" leaves one. */
import type { Shape } from "../../src/core/shape.ts";

/** Images [n, height, width, channels], one after another. */
export interface ImageBatch {
  readonly data: Float32Array;
  readonly shape: Shape;
}

/** Shares of images, 0 to 1. */
export interface Leak {
  readonly samples: number;
  /** Of the data: what there is without any leak. */
  readonly data: number;
}

/** Numbers this near to 0 are grey. */
const TOLERANCE = 0.1;

/**
 * How many images have a grey part of a quarter of the height and a quarter of the width, such as every cutout leaves, at the edge too.
 *
 * @param tolerance how far from 0 every channel of a grey pixel may be
 */
export const greySquares = (samples: ImageBatch, data: ImageBatch, tolerance = TOLERANCE): Leak => both(samples, data, tolerance, hasGreySquare);

/**
 * How many images have a grey row or column at their edge, such as most translations leave.
 *
 * @param tolerance as of `greySquares`
 */
export const greyBorders = (samples: ImageBatch, data: ImageBatch, tolerance = TOLERANCE): Leak => both(samples, data, tolerance, hasGreyBorder);

/** How many of the pixels in rows `top` to `bottom` and columns `left` to `right`, the last not among them, are grey. */
type Count = (top: number, bottom: number, left: number, right: number) => number;

type Sign = (grey: Count, height: number, width: number) => boolean;

/** Of a part at most this share need be grey: what a generator learned has no sharp edges. */
const MOSTLY = 0.9;

const isGrey = (grey: Count, top: number, bottom: number, left: number, right: number): boolean =>
  grey(top, bottom, left, right) >= MOSTLY * (bottom - top) * (right - left);

const hasGreySquare: Sign = (grey, height, width) => {
  const [h, w] = [Math.max(1, Math.floor(height / 4)), Math.max(1, Math.floor(width / 4))];
  for (let top = 0; top + h <= height; top++) {
    for (let left = 0; left + w <= width; left++) if (isGrey(grey, top, top + h, left, left + w)) return true;
  }
  return false;
};

const hasGreyBorder: Sign = (grey, height, width) =>
  isGrey(grey, 0, 1, 0, width) ||
  isGrey(grey, height - 1, height, 0, width) ||
  isGrey(grey, 0, height, 0, 1) ||
  isGrey(grey, 0, height, width - 1, width);

const both = (samples: ImageBatch, data: ImageBatch, tolerance: number, sign: Sign): Leak => ({
  samples: shareOf(samples, tolerance, sign),
  data: shareOf(data, tolerance, sign),
});

function shareOf({ data, shape }: ImageBatch, tolerance: number, sign: Sign): number {
  const [n, height, width, channels] = shape as [number, number, number, number];
  let found = 0;
  // Grey pixels above and left of each place.
  const sums = new Float64Array((height + 1) * (width + 1));
  const at = (row: number, column: number): number => sums[row * (width + 1) + column]!;
  const grey: Count = (top, bottom, left, right) => at(bottom, right) - at(top, right) - at(bottom, left) + at(top, left);
  for (let i = 0; i < n; i++) {
    for (let row = 0; row < height; row++) {
      for (let column = 0; column < width; column++) {
        const start = ((i * height + row) * width + column) * channels;
        const pixel = data.subarray(start, start + channels);
        const one = pixel.every((x) => Math.abs(x) <= tolerance) ? 1 : 0;
        sums[(row + 1) * (width + 1) + column + 1] = one + at(row, column + 1) + at(row + 1, column) - at(row, column);
      }
    }
    if (sign(grey, height, width)) found++;
  }
  return found / n;
}
