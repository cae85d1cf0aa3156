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

/** Points of the plane, [-`REACH`, `REACH`] in both directions. */
export interface Plane {
  readonly kind: "plane";
  /** x and y of some of the data. */
  readonly real: Float32Array;
  /** x and y of what the generator makes of the same latents each time; empty before there is one. */
  readonly generated: Float32Array;
  /** Where the discriminator's score rises at each generated point, and how steeply: x and y of the slope. */
  readonly slopes: Float32Array;
  /** Scores at the middles of `side` × `side` squares, row by row from above; empty before there is a discriminator. */
  readonly landscape: Float32Array;
  readonly side: number;
}

export type View = Pictures | Plane;

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

export const picturesOf = (height: number): number => (height > 32 ? PICTURES.large : PICTURES.small);

/** The first examples of data, as they would be drawn. */
export function shown(dataset: Dataset): View {
  const shape = dataset.shape.slice(1);
  if (shape.length === 1) return { kind: "plane", real: pointsOf(dataset), generated: EMPTY, slopes: EMPTY, landscape: EMPTY, side: SIDE };
  const count = Math.min(dataset.count, picturesOf(shape[0]!));
  const { data } = dataset.take(Array.from({ length: count }, (_, i) => i));
  return pictures(data as Float32Array, [count, ...shape]);
}

const EMPTY = new Float32Array(0);

function pointsOf(dataset: Dataset | undefined): Float32Array {
  if (!dataset) return EMPTY;
  const { data } = dataset.take(Array.from({ length: Math.min(POINTS, dataset.count) }, (_, i) => i));
  return data as Float32Array;
}

/** What a GAN makes now. @param dataset what it learns from, if there is any */
export async function look(gan: GAN, dataset: Dataset | undefined): Promise<View> {
  const [height] = gan.spec.shape;
  if (gan.spec.shape.length === 3) {
    const { data, shape } = await gan.sample({ count: picturesOf(height!), seed: SEED });
    return pictures(data, shape);
  }
  // The weights as they are, not their moving average: what the discriminator is shown.
  const { data: generated } = await gan.sample({ count: POINTS, seed: SEED, ema: false });
  if (gan.spec.shape[0] !== 2) return { kind: "plane", real: EMPTY, generated: EMPTY, slopes: EMPTY, landscape: EMPTY, side: SIDE };
  // One that judges points by what they are made for has a landscape for each.
  if (gan.spec.condition) return { kind: "plane", real: pointsOf(dataset), generated, slopes: EMPTY, landscape: EMPTY, side: SIDE };
  // Scores are differences from place to place, so that slopes are those of the function that is drawn.
  const squares = SIDE * SIDE;
  const places = new Float32Array(2 * (squares + 4 * POINTS));
  for (let row = 0, at = 0; row < SIDE; row++)
    for (let column = 0; column < SIDE; column++) {
      places[at++] = ((column + 0.5) / SIDE) * 2 * REACH - REACH;
      places[at++] = REACH - ((row + 0.5) / SIDE) * 2 * REACH;
    }
  for (let i = 0, at = 2 * squares; i < POINTS; i++) {
    const [x, y] = [generated[2 * i]!, generated[2 * i + 1]!];
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
  return { kind: "plane", real: pointsOf(dataset), generated, slopes, landscape: scores.slice(0, squares), side: SIDE };
}

/** @param data in [-1, 1] @param shape `[N, H, W, C]` of one channel or three */
function pictures(data: Float32Array, shape: readonly number[]): Pictures {
  const [count, height, width, channels] = shape as [number, number, number, number];
  const rgba = new Uint8ClampedArray(4 * count * height * width);
  for (let pixel = 0; pixel < count * height * width; pixel++) {
    for (let c = 0; c < 3; c++) rgba[4 * pixel + c] = (data[pixel * channels + Math.min(c, channels - 1)]! + 1) * 127.5;
    rgba[4 * pixel + 3] = 255;
  }
  return { kind: "pictures", height, width, count, rgba };
}
