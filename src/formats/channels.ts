/** Integers of 8 bits for weights: each output channel has a float32 scale, and a weight is its integer times the scale of its channel. */
import { type Shape, sizeOf } from "../core/shape.ts";

export interface Quantized {
  readonly data: Int8Array;
  /** One for each channel. */
  readonly scale: Float32Array;
}

/** The smallest scale, a normal number: products with it are exact, and no weight is divided by zero. */
const LEAST_SCALE = 2 ** -126;

/**
 * The integers from -127 to 127 nearest to finite values, the largest magnitude of a channel being 127.
 *
 * @param axis of `shape`, along which the channels are
 */
export function quantize(values: Float32Array, shape: Shape, axis: number): Quantized {
  const scale = new Float32Array(shape[axis]!);
  const place = channelOf(shape, axis);
  for (let i = 0; i < values.length; i++) scale[place(i)] = Math.max(scale[place(i)]!, Math.abs(values[i]!));
  for (let channel = 0; channel < scale.length; channel++) scale[channel] = Math.max(scale[channel]! / 127, LEAST_SCALE);
  return { data: Int8Array.from(values, (value, i) => Math.round(value / scale[place(i)]!)), scale };
}

const channelOf = (shape: Shape, axis: number): ((i: number) => number) => {
  const inner = sizeOf(shape.slice(axis + 1));
  return (i) => Math.floor(i / inner) % shape[axis]!;
};

/**
 * Writes values as `quantize` left them.
 *
 * @param into as many as are wanted, of which there are so many from value `first` on
 */
export function dequantize({ data, scale }: Quantized, shape: Shape, axis: number, into: Float32Array, first = 0): void {
  const inner = sizeOf(shape.slice(axis + 1));
  let channel = channelOf(shape, axis)(first);
  let left = inner - (first % inner);
  for (let i = 0; i < into.length; i++) {
    into[i] = data[first + i]! * scale[channel]!;
    if (--left > 0) continue;
    left = inner;
    if (++channel === scale.length) channel = 0;
  }
}
