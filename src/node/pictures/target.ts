/** What every picture is made into. */
import type { Shape } from "../../core/shape.ts";

export interface Target {
  readonly shape: Shape;
  /** How a picture of other proportions gets there: cut at two sides, with margins at two sides, or distorted. */
  readonly fit: "cover" | "contain" | "stretch";
  /** Red, green and blue of what is behind a picture. */
  readonly background: readonly [number, number, number];
  /** The most pixels that a file may have. */
  readonly maxPixels: number;
}

/** Red, green, blue and alpha of each pixel. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
}

/**
 * Pixels, of which there are not more a side than the target has, in the middle of it and before its background. With alpha for a channel there is no background: margins are transparent, and what is transparent throughout is black.
 */
export function compose({ width, height, bytes }: Pixels, { shape, background }: Target): Uint8Array<ArrayBuffer> {
  const [rows, columns, channels] = shape as [number, number, number];
  const result = new Uint8Array(rows * columns * channels);
  const [top, left] = [(rows - height) >> 1, (columns - width) >> 1];
  const [red, green, blue] = background;
  const paint = (to: number, r: number, g: number, b: number, alpha: number) => {
    if (channels === 4) {
      if (alpha > 0) result.set([r, g, b, alpha], to);
      return;
    }
    const [x, y, z] = [over(r, red, alpha), over(g, green, alpha), over(b, blue, alpha)];
    if (channels === 1) result[to] = luma(x, y, z);
    else {
      result[to] = x;
      result[to + 1] = y;
      result[to + 2] = z;
    }
  };
  if (width < columns || height < rows) for (let to = 0; to < result.length; to += channels) paint(to, 0, 0, 0, 0);
  for (let y = 0, from = 0; y < height; y++) {
    for (let x = 0; x < width; x++, from += 4) {
      paint(((top + y) * columns + left + x) * channels, bytes[from]!, bytes[from + 1]!, bytes[from + 2]!, bytes[from + 3]!);
    }
  }
  return result;
}

/** A value before another, by an alpha of 0 to 255. */
const over = (front: number, back: number, alpha: number): number => Math.round((front * alpha + back * (255 - alpha)) / 255);

/** The grey of a colour: luma by ITU-R BT.601, in thousandths, so that equal parts give themselves. */
const luma = (red: number, green: number, blue: number): number => Math.round((299 * red + 587 * green + 114 * blue) / 1000);
