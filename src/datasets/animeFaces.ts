import { DataError, show } from "../core/errors.ts";
import { checkSeed } from "../core/random.ts";
import { Dataset } from "../data/dataset.ts";
import { Canvas } from "./canvas.ts";
import { checkCount } from "./check.ts";
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
  /** Number of faces, at least 1. */
  readonly count: number;
  /** Height and width in pixels, 16 to 128. Default 32. */
  readonly size?: number;
  /** What the faces follow from, 0 to 2^53 - 1; face i of a seed is the same whatever the count, and the same at every size. Default 0. */
  readonly seed?: number;
  /** The factor that `labels` are the values of. Default "hairColor". */
  readonly label?: FaceFactor;
}

/**
 * Draws anime-style faces in colour, `[count, size, size, 3]` bytes, every factor of every face independent and uniform.
 *
 * @param options how many faces, and how large
 * @throws {@link DataError} if an option is out of range
 *
 * @example
 * const faces = animeFaces({ count: 10, size: 32, seed: 1 });
 * faces.shape; // [10, 32, 32, 3]
 * animeFaceFactors.hairColor[faces.factors.hairColor[0]]; // "blonde"
 */
export function animeFaces({ count, size = 32, seed = 0, label = "hairColor" }: AnimeFacesOptions): AnimeFaces {
  checkCount(count);
  if (!Number.isInteger(size) || size < 16 || size > 128) {
    throw new DataError({ path: "size", expected: "an integer in 16..128", got: show(size) });
  }
  checkSeed("seed", seed);
  if (!Object.hasOwn(animeFaceFactors, label)) {
    throw new DataError({ path: "label", expected: `one of ${Object.keys(animeFaceFactors).join(", ")}`, got: show(label) });
  }
  const canvas = new Canvas(size);
  const pixels = size * size * 3;
  const data = new Uint8Array(count * pixels);
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
