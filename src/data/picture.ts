/** One picture of 8 bits a channel, as an `ImageData` holds it or a decoder gives it. */
import { isBytes } from "../core/bytes.ts";
import { DataError, show } from "../core/errors.ts";
import { type Shape, showShape } from "../core/shape.ts";
import type { GivenExamples } from "./given.ts";

const OPAQUE = 255;

/**
 * A picture as bytes of a model's shape `[H, W, C]`: as it is where it has as many channels, else without an alpha that is opaque throughout, grey for red, green and blue
 * that are equal, and the other way round.
 *
 * @param path of the picture's numbers
 * @throws DataError when it is no picture, is of another size, or has colours or an alpha that would be lost
 */
export function pictureBytes(path: string, { data, picture }: GivenExamples, shape: Shape): Uint8Array | Uint8ClampedArray {
  const { width, height, channels: given } = picture!;
  if (!isBytes(data)) throw new DataError({ path, expected: "a picture's bytes, a Uint8ClampedArray or Uint8Array", got: show(data) });
  const channels = given ?? data.length / ((width as number) * (height as number));
  const isPicture = [width, height, channels].every((size) => Number.isSafeInteger(size) && (size as number) > 0) && (channels as number) <= 4;
  if (!isPicture || data.length !== (width as number) * (height as number) * (channels as number)) {
    const got = `${data.length} bytes${given === undefined ? "" : ` of ${show(given)} channels`}`;
    throw new DataError({ path, expected: `a picture of ${show(width)} x ${show(height)} pixels, 1 to 4 channels each`, got });
  }
  const found = [height, width, channels] as number[];
  const refuse = (expected: string, but = "") => new DataError({ path, expected, got: `a picture of shape ${showShape(found)}${but}` });
  const [h, w, target] = shape;
  if (shape.length !== 3 || h !== height || w !== width) throw refuse(`shape ${showShape(shape)}`);
  if (target === channels) return data;
  if (target !== 1 && target !== 3 && target !== 4) throw refuse(`shape ${showShape(shape)}`);
  return convert(data, channels as number, target, (needed, but) => refuse(`shape ${showShape(shape)}, or ${needed}`, `, ${but}`));
}

/** Pixels with other channels, of which none is lost. */
function convert(
  data: Uint8Array | Uint8ClampedArray,
  channels: number,
  target: 1 | 3 | 4,
  refuse: (needed: string, but: string) => DataError,
): Uint8ClampedArray {
  const count = data.length / channels;
  const isGrey = channels < 3;
  const result = new Uint8ClampedArray(count * target);
  for (let p = 0; p < count; p++) {
    const [from, to] = [p * channels, p * target];
    const red = data[from]!;
    const green = isGrey ? red : data[from + 1]!;
    const blue = isGrey ? red : data[from + 2]!;
    const alpha = channels % 2 === 0 ? data[from + channels - 1]! : OPAQUE;
    if (target !== 4 && alpha !== OPAQUE) throw refuse("opaque pixels", `an alpha of ${alpha} at pixel ${p}`);
    if (target === 1 && (red !== green || green !== blue)) throw refuse("grey pixels", `colour ${red}, ${green}, ${blue} at pixel ${p}`);
    result[to] = red;
    if (target === 1) continue;
    result[to + 1] = green;
    result[to + 2] = blue;
    if (target === 4) result[to + 3] = alpha;
  }
  return result;
}
