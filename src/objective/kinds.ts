/** What kind of data is learned: the numbers that suit small networks on points do not suit convolutions on images. */
import type { Shape } from "../core/shape.ts";

/** `points`: vectors; `images`: [height, width, channels]; `large images`: those with a side above 32. */
export type Kind = "points" | "images" | "large images";

export const kindOfData = ([size, width, channels]: Shape): Kind =>
  channels === undefined ? "points" : Math.max(size!, width!) > 32 ? "large images" : "images";
