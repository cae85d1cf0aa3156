import { checkOptions, type Fields, integer, oneOf, optional, refuse } from "../core/check.ts";
import { allocateBytes } from "../core/memory.ts";
import { Dataset } from "../data/dataset.ts";
import { Canvas } from "./canvas.ts";
import { paintEyes } from "./faces/eyes.ts";
import { animeFaceFactors, animeFacePose, drawFace, type Face, type FaceFactor, type FacePose } from "./faces/factors.ts";
import { paintAccessory, paintBackHair, paintFrontHair, paintHairShadow } from "./faces/hair.ts";
import { paintBackground, paintBody, paintMouth, paintSkin } from "./faces/head.ts";

/** Drawn faces `[count, size, size, 3]`, with every factor they were drawn by. */
export interface AnimeFaces extends Dataset {
  /** The values of each factor, `[count]` each: indices into `animeFaceFactors`, and numbers for the pose (`animeFacePose`). */
  readonly factors: Readonly<Record<FaceFactor, Uint8Array> & Record<FacePose, Float32Array>>;
}

/** Which faces to draw. */
export interface AnimeFacesOptions {
  /** Number of faces, 1 to 2^24; all of them together may have 2^31 bytes. */
  readonly count: number;
  /** Height and width in pixels, 16 to 128. Default 32. */
  readonly size?: number;
  /** What the faces follow from, 0 to 2^53 - 1; face i of a seed is the same whatever the count, and the same at every size. Default 0. */
  readonly seed?: number;
  /** The factor that `labels` are the values of. Default "hairColor". */
  readonly label?: FaceFactor;
}

const FIELDS: Fields<Required<AnimeFacesOptions>> = {
  count: integer(1, 2 ** 24),
  size: optional(integer(16, 128), 32),
  seed: optional(integer(0, Number.MAX_SAFE_INTEGER), 0),
  label: optional(oneOf(...(Object.keys(animeFaceFactors) as FaceFactor[])), "hairColor"),
};

/** The most bytes of faces at once. */
const MAX_BYTES = 2 ** 31;

/**
 * Draws anime-style faces in colour, `[count, size, size, 3]` bytes, every factor of every face independent and uniform.
 *
 * @param options how many faces, and how large
 * @throws {@link SpecError} for options that cannot be
 * @throws {@link DataError} when there is no memory for that many faces
 *
 * @example
 * const faces = animeFaces({ count: 10, size: 32, seed: 1 });
 * faces.shape; // [10, 32, 32, 3]
 * animeFaceFactors.hairColor[faces.factors.hairColor[0]]; // "blonde"
 */
export function animeFaces(options: AnimeFacesOptions): AnimeFaces {
  const { count, size, seed, label } = checkOptions(FIELDS, options);
  const pixels = size * size * 3;
  const most = Math.floor(MAX_BYTES / pixels);
  if (count > most) refuse([{ path: "count", expected: `an integer from 1 to ${most} at size ${size}`, got: `${count}` }]);
  const data = allocateBytes(count * pixels, "count");
  const canvas = new Canvas(size);
  const factors: Record<string, Uint8Array | Float32Array> = {};
  for (const name of Object.keys(animeFaceFactors)) factors[name] = new Uint8Array(count);
  for (const name of animeFacePose) factors[name] = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const face = drawFace(seed, i);
    paintFace(canvas, face);
    canvas.write(data, i * pixels);
    for (const [name, value] of Object.entries({ ...face.indices, ...face.pose })) factors[name]![i] = value;
  }
  const dataset = new Dataset({ data, shape: [count, size, size, 3], labels: factors[label] });
  return Object.assign(dataset, { factors: factors as AnimeFaces["factors"] });
}

/** Paints one face, from the back to the front. */
export function paintFace(canvas: Canvas, face: Face): void {
  paintBackground(canvas, face);
  canvas.place(face.pose);
  paintBackHair(canvas, face);
  paintBody(canvas, face);
  paintSkin(canvas, face);
  paintHairShadow(canvas, face);
  paintMouth(canvas, face);
  paintEyes(canvas, face);
  paintFrontHair(canvas, face);
  paintAccessory(canvas, face);
}
