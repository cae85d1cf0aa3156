/** What is to be seen of a GAN at a moment, as plain data: made in the worker, drawn by the page. */
import type { Dataset, GAN } from "ganvas";

/** Images as colours, one after another. */
export interface Pictures {
  readonly kind: "pictures";
  readonly height: number;
  readonly width: number;
  readonly count: number;
  /** `[count, height, width, 4]` */
  readonly rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** Points, and where they are in the plane: as x and y, one after another. */
export interface Plane {
  readonly kind: "plane";
  /** Numbers that a point has: the first two are its place in the plane; one alone is its place on the horizontal axis. */
  readonly dimensions: number;
  /** Some of the data. */
  readonly real: Float32Array;
  /** What the generator makes of the same latents each time; empty before there is one. */
  readonly generated: Float32Array;
  /** Where the discriminator's score rises at each generated point, and how steeply; empty where there is no `landscape`. */
  readonly slopes: Float32Array;
  /**
   * Scores at the middles of `side` × `side` squares, row by row from above. Empty before there is a discriminator, and where a place of the plane has more than one score: points of other than two
   * numbers, or of classes.
   */
  readonly landscape: Float32Array;
  readonly side: number;
}

export type View = Pictures | Plane;

/** The plane is seen from -`REACH` to `REACH` in both directions. */
export const REACH = 1.6;
const SIDE = 48;
const POINTS = 300;
/** Half of the distance that slopes are taken over. */
const STEP = 0.02;
/** As many pictures as make a square that is full: of large ones fewer. */
const PICTURES = { small: 64, large: 36 };
/** The latents that are looked at, always. */
export const SEED = 7;

export const bytesOf = (data: Float32Array): Uint8Array<ArrayBuffer> => new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);

const pictureCount = (height: number): number => (height > 32 ? PICTURES.large : PICTURES.small);

const EMPTY = new Float32Array(0);

/** The first examples of data, as they would be drawn. */
export function viewOfDataset(dataset: Dataset): View {
  const shape = dataset.shape.slice(1);
  if (shape.length === 1) return planeOf(shape[0]!, placesOf(dataset), EMPTY);
  const count = Math.min(dataset.count, pictureCount(shape[0]!));
  return picturesOf(firstOf(dataset, count), [count, ...shape]);
}

/** What a GAN makes now. @param dataset what it learns from, if there is any */
export async function viewOfGAN(gan: GAN, dataset: Dataset | undefined): Promise<View> {
  const [size, ...rest] = gan.spec.shape as [number, ...number[]];
  if (rest.length > 0) {
    const { data, shape } = await gan.sample({ count: pictureCount(size), seed: SEED });
    return picturesOf(data, shape);
  }
  // The weights as they are, not their moving average: what the discriminator is shown.
  const { data } = await gan.sample({ count: POINTS, seed: SEED, ema: false });
  const [real, generated] = [placesOf(dataset), inPlane(data, size)];
  return planeOf(size, real, generated, size === 2 && !gan.spec.condition ? await judged(gan, generated) : undefined);
}

/** @param judgement of a discriminator, where it can be drawn */
const planeOf = (
  dimensions: number,
  real: Float32Array,
  generated: Float32Array,
  judgement: Pick<Plane, "slopes" | "landscape"> = { slopes: EMPTY, landscape: EMPTY },
): Plane => ({ kind: "plane", dimensions, real, generated, side: SIDE, ...judgement });

const firstOf = (dataset: Dataset, count: number): Float32Array => dataset.take(Array.from({ length: count }, (_, i) => i)).data as Float32Array;

const placesOf = (dataset: Dataset | undefined): Float32Array =>
  dataset ? inPlane(firstOf(dataset, Math.min(POINTS, dataset.count)), dataset.shape[1]!) : EMPTY;

/** Where points are in the plane. @param dimensions numbers that each of them has in `data` */
export function inPlane(data: Float32Array, dimensions: number): Float32Array {
  if (dimensions === 2) return data;
  const places = new Float32Array((2 * data.length) / dimensions);
  for (let i = 0; i < places.length / 2; i++) {
    places[2 * i] = data[i * dimensions]!;
    if (dimensions > 1) places[2 * i + 1] = data[i * dimensions + 1]!;
  }
  return places;
}

/** What the discriminator thinks of all places of the plane, and where it rises at points. */
async function judged(gan: GAN, points: Float32Array): Promise<Pick<Plane, "slopes" | "landscape">> {
  // Scores are differences from place to place, so that slopes are those of the function that is drawn.
  const squares = SIDE * SIDE;
  const places = new Float32Array(2 * (squares + 4 * POINTS));
  for (let row = 0, at = 0; row < SIDE; row++)
    for (let column = 0; column < SIDE; column++) {
      places[at++] = ((column + 0.5) / SIDE) * 2 * REACH - REACH;
      places[at++] = REACH - ((row + 0.5) / SIDE) * 2 * REACH;
    }
  for (let i = 0, at = 2 * squares; i < POINTS; i++) {
    const [x, y] = [points[2 * i]!, points[2 * i + 1]!];
    places.set([x + STEP, y, x - STEP, y, x, y + STEP, x, y - STEP], at);
    at += 8;
  }
  const scores = await gan.discriminate({ data: places, shape: [places.length / 2, 2] });
  const slopes = new Float32Array(2 * POINTS);
  for (let i = 0; i < POINTS; i++) {
    const [right, left, up, down] = scores.subarray(squares + 4 * i, squares + 4 * i + 4);
    slopes[2 * i] = (right! - left!) / (2 * STEP);
    slopes[2 * i + 1] = (up! - down!) / (2 * STEP);
  }
  return { slopes, landscape: scores.slice(0, squares) };
}

/** Images as colours. @param data in [-1, 1] @param shape `[N, H, W, C]` of one channel or three */
export function picturesOf(data: Float32Array, shape: readonly number[]): Pictures {
  const [count, height, width, channels] = shape as [number, number, number, number];
  const rgba = new Uint8ClampedArray(4 * count * height * width);
  for (let pixel = 0; pixel < count * height * width; pixel++) {
    for (let c = 0; c < 3; c++) rgba[4 * pixel + c] = (data[pixel * channels + Math.min(c, channels - 1)]! + 1) * 127.5;
    rgba[4 * pixel + 3] = 255;
  }
  return { kind: "pictures", height, width, count, rgba };
}
