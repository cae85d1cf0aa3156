/** What kind of data is learned: the numbers that suit small networks on points do not suit convolutions on images. */
import type { Shape } from "../core/shape.ts";

/** `points`: vectors; `images`: [height, width, channels]. */
export type Kind = "points" | "images";

export const kindOfData = (shape: Shape): Kind => (shape.length === 1 ? "points" : "images");
