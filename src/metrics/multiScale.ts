import { checkOptions, type Fields, integer, optional } from "../core/check.ts";
import { ShapeError } from "../core/errors.ts";
import { allocateFloats } from "../core/memory.ts";
import { fillUniforms, Stream } from "../core/random.ts";
import { showShape } from "../core/shape.ts";
import { COURSE, Progress } from "./course.ts";
import type { Course, Features } from "./features.ts";
import { checkPoints, largest } from "./points.ts";
import { half, laplacianPyramid, type Picture } from "./pyramid.ts";
import { PROJECTIONS, SEED, sliced } from "./sliced.ts";

/** How pictures are compared. Nothing must be given. */
export interface MultiScaleSWDOptions extends Course {
  /** Patches of each picture at each level, 1 to 4096. Default 32; the paper has 128. */
  readonly patches?: number | undefined;
  /** Number of lines that patches are compared along, 1 to 65536. Default 128; the paper has 512. */
  readonly projections?: number | undefined;
  /** The least side of the coarsest level, from 7, the side of a patch. Default 16, as in the paper. */
  readonly smallest?: number | undefined;
  /** What patches and lines follow from, 0 to 2^53 - 1. Default 0. */
  readonly seed?: number | undefined;
}

/** How far pictures are apart at each scale. */
export interface MultiScaleDistance {
  /** The levels from fine to coarse: detail first, the overall look last. */
  readonly levels: readonly {
    /** Height and width of the level, in pixels. */
    readonly size: readonly [height: number, width: number];
    /** The sliced Wasserstein distance of its patches, times 1000. */
    readonly distance: number;
  }[];
  /** The mean over the levels, times 1000. */
  readonly mean: number;
}

/** The side of a patch. */
const SIDE = 7;

const MULTI_SCALE: Fields<Course & { patches: number; projections: number; smallest: number; seed: number }> = {
  patches: optional(integer(1, 4096), 32),
  projections: PROJECTIONS,
  smallest: optional(integer(SIDE, 65536), 16),
  seed: SEED,
  ...COURSE,
};

/**
 * The sliced Wasserstein distance of two sets of pictures at several scales: Karras, Aila, Laine & Lehtinen 2018, "Progressive growing of GANs for improved quality, stability, and variation", section 5.
 * Each level of the pictures' Laplacian pyramids gives random patches of 7 × 7 pixels; each channel of a set's patches is shifted and scaled to mean 0 and variance 1; their sliced W₁ is the distance.
 *
 * Levels halve the picture while both sides are at least `smallest` then, so small pictures have fewer: 28 × 28 has one, 64 × 64 three. Distances are times 1000, as in the paper's tables. By the
 * normalisation, brightness and contrast of a whole set count for nothing, nor does the unit; a channel that hardly differs (by a millionth of the largest number) counts as constant. The same pictures in the
 * same order give 0. Compare only what has the same numbers of pictures, patches and projections: the paper takes 16,384 pictures. Takes 196 C bytes a patch, and 49 C multiplications for each
 * patch and line.
 *
 * @param a pictures `[n, H, W, C]`, sides at least 7
 * @param b pictures `[m, H, W, C]`
 * @throws {@link SpecError} for options that cannot be
 * @throws {@link DataError} for numbers that are not finite, or where there is no memory for the patches
 * @throws {@link ShapeError} for what is no pictures, for smaller ones, or those of two sizes
 * @throws the signal's reason, once it is aborted
 *
 * @example
 * const { levels, mean } = await multiScaleSWD(images, dataset, { patches: 8, projections: 16 });
 * for (const { size, distance } of levels) console.log(size, distance);
 * console.log(mean);
 */
export async function multiScaleSWD(a: Features, b: Features, options: MultiScaleSWDOptions = {}): Promise<MultiScaleDistance> {
  const { patches, projections, smallest, seed, ...course } = checkOptions(MULTI_SCALE, options);
  const { n, m, ...points } = checkPoints(a, b);
  const [height, width, channels] = checkPictures(a.shape, b.shape);
  const sizes = levelsOf([height, width], smallest);
  const progress = new Progress(course);

  const levels = [];
  for (const [level, size] of sizes.entries()) {
    const part = (from: number, to: number) => (done: number) => progress.at((level + from + (to - from) * done) / sizes.length);
    const patchesOf = (path: string, data: Float64Array, count: number, from: number) =>
      describe({ path, data, count, height, width, channels, level, levels: sizes.length, patches, seed }, part(from, from + 0.2));
    const [ofA, ofB] = [await patchesOf("a", points.a, n, 0), await patchesOf("b", points.b, m, 0.2)];
    const distance = 1000 * (await sliced(ofA, ofB, SIDE * SIDE * channels, { projections, p: 1, seed }, part(0.4, 1)));
    levels.push({ size, distance });
  }
  await progress.at(1);
  return { levels, mean: levels.reduce((sum, { distance }) => sum + distance / levels.length, 0) };
}

function checkPictures(a: readonly number[], b: readonly number[]): readonly [height: number, width: number, channels: number] {
  const [, height = 0, width = 0, channels = 0] = a;
  if (a.length !== 4 || height < SIDE || width < SIDE) {
    throw new ShapeError({ path: "a.shape", expected: `[n, H, W, C], H and W at least ${SIDE}`, got: showShape(a) });
  }
  if (b.length !== 4 || b.some((size, axis) => axis > 0 && size !== a[axis])) {
    throw new ShapeError({ path: "b.shape", expected: `[m, ${height}, ${width}, ${channels}], as a has it`, got: showShape(b) });
  }
  return [height, width, channels];
}

type Size = readonly [height: number, width: number];

function levelsOf(size: Size, smallest: number): Size[] {
  const next = size.map(half) as unknown as Size;
  return Math.min(...next) < smallest ? [size] : [size, ...levelsOf(next, smallest)];
}

/** What is looked at of a set of pictures. */
interface Look {
  readonly path: string;
  readonly data: Float64Array;
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Which level of how many. */
  readonly level: number;
  readonly levels: number;
  readonly patches: number;
  readonly seed: number;
}

/** More levels than pictures have. */
const MOST_LEVELS = 64;

/** Patches `[count · patches, 7 · 7 · channels]` of a level, each channel of mean 0 and variance 1. Where they lie follows from the seed, the level and the number of the picture. */
async function describe(look: Look, pause: (done: number) => Promise<void>): Promise<Float32Array> {
  const { path, data, count, height, width, channels, level, levels, patches, seed } = look;
  const length = SIDE * SIDE * channels;
  const result = allocateFloats(count * patches * length, path);
  const places = new Float32Array(2 * patches);
  const size = height * width * channels;
  for (let i = 0; i < count; i++) {
    await pause(i / count);
    const picture = { height, width, channels, data: data.subarray(i * size, (i + 1) * size) };
    const band = laplacianPyramid(picture, Math.min(level + 2, levels))[level]!;
    fillUniforms(places, seed, Stream.patches, i * MOST_LEVELS + level);
    for (let k = 0; k < patches; k++) copyPatch(band, places[2 * k]!, places[2 * k + 1]!, result, (i * patches + k) * length);
  }
  normalise(result, channels, 1e-6 * largest(data));
  return result;
}

/** Copies the patch whose corner is this share of the way down and to the right. */
function copyPatch({ height, width, channels, data }: Picture, down: number, right: number, to: Float32Array, at: number): void {
  const [top, left] = [Math.floor(down * (height - SIDE + 1)), Math.floor(right * (width - SIDE + 1))];
  const row = SIDE * channels;
  for (let y = 0; y < SIDE; y++) {
    const from = ((top + y) * width + left) * channels;
    to.set(data.subarray(from, from + row), at + y * row);
  }
}

/** Shifts and scales each channel to mean 0 and variance 1; one whose standard deviation is not above `least` becomes 0. */
function normalise(values: Float32Array, channels: number, least: number): void {
  const count = values.length / channels;
  for (let c = 0; c < channels; c++) {
    let sum = 0;
    for (let i = c; i < values.length; i += channels) sum += values[i]!;
    const mean = sum / count;
    let squares = 0;
    for (let i = c; i < values.length; i += channels) squares += (values[i]! - mean) ** 2;
    const deviation = Math.sqrt(squares / count);
    for (let i = c; i < values.length; i += channels) values[i] = deviation > least ? (values[i]! - mean) / deviation : 0;
  }
}
