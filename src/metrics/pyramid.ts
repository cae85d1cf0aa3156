/** Laplacian pyramids of pictures: Burt & Adelson 1983, "The Laplacian pyramid as a compact image code". */

/** A picture `[height, width, channels]`. */
export interface Picture {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly data: Float64Array;
}

/** Binomial weights, 16 in all. */
const WEIGHTS = [1, 4, 6, 4, 1];

/** The picture as `levels` bands from fine to coarse, each half as high and wide as the one before, rounded up. The last holds what is left. Sides must be at least 3 everywhere. */
export function laplacianPyramid(picture: Picture, levels: number): Picture[] {
  const bands: Picture[] = [];
  let rest = picture;
  while (bands.length < levels - 1) {
    const coarser = reduce(rest);
    const blurred = expand(coarser, rest.height, rest.width);
    bands.push({ ...rest, data: rest.data.map((x, i) => x - blurred.data[i]!) });
    rest = coarser;
  }
  return [...bands, rest];
}

export const half = (side: number): number => Math.ceil(side / 2);

/** Smoothed, every second pixel of every second row. */
function reduce(picture: Picture): Picture {
  const { height, width, channels } = picture;
  const smooth = blur(picture, 1);
  const data = new Float64Array(half(height) * half(width) * channels);
  for (let y = 0, to = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      const from = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) data[to++] = smooth[from + c]!;
    }
  }
  return { height: half(height), width: half(width), channels, data };
}

/** A picture of this size whose every second pixel of every second row is given, the others between. */
function expand({ width: given, channels, data }: Picture, height: number, width: number): Picture {
  const spread = new Float64Array(height * width * channels);
  for (let y = 0; y < height; y += 2) {
    for (let x = 0; x < width; x += 2) {
      const [from, to] = [((y / 2) * given + x / 2) * channels, (y * width + x) * channels];
      for (let c = 0; c < channels; c++) spread[to + c] = data[from + c]!;
    }
  }
  const picture = { height, width, channels, data: spread };
  // Three of four pixels are 0.
  return { ...picture, data: blur(picture, 4) };
}

function blur({ height, width, channels, data }: Picture, gain: number): Float64Array {
  return blurAlong(blurAlong(data, height, width * channels, Math.sqrt(gain)), width, channels, Math.sqrt(gain));
}

/** Along the axis of this length, whose neighbours are `stride` apart; mirrored at the first and the last. */
function blurAlong(data: Float64Array, length: number, stride: number, gain: number): Float64Array {
  const result = new Float64Array(data.length);
  for (let start = 0; start < data.length; start += length * stride) {
    for (let i = 0; i < length; i++) {
      for (const [t, weight] of WEIGHTS.entries()) {
        const away = Math.abs(i + t - 2);
        const from = start + (away < length ? away : 2 * (length - 1) - away) * stride;
        const to = start + i * stride;
        const share = (gain * weight) / 16;
        for (let k = 0; k < stride; k++) result[to + k]! += share * data[from + k]!;
      }
    }
  }
  return result;
}
