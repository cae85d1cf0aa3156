/** Integers of 8 bits for weights: each output channel has a float32 scale, and a weight is its integer times the scale of its channel. */
import { type Shape, sizeOf } from "../core/shape.ts";
import { findOutside, LIMIT } from "../core/values.ts";

export interface Quantized {
  readonly data: Int8Array;
  /** One for each channel. */
  readonly scale: Float32Array;
}

/** The smallest scale is a normal number: no scale of tiny weights is coarser than a product with it, and none is zero. */
const LEAST_SCALE = 2 ** -126;

/**
 * The integers from -127 to 127 nearest to finite values over a channel's scale, by which its largest magnitude is 127.
 *
 * @param axis of `shape`, along which the channels are
 */
export function quantize(values: Float32Array, shape: Shape, axis: number): Quantized {
  const inner = sizeOf(shape.slice(axis + 1));
  const scale = new Float32Array(shape[axis]!);
  const data = new Int8Array(values.length);
  for (let i = 0, channel = 0; i < values.length; i += inner, channel = (channel + 1) % scale.length) {
    for (let j = i; j < i + inner; j++) scale[channel] = Math.max(scale[channel]!, Math.abs(values[j]!));
  }
  for (let channel = 0; channel < scale.length; channel++) scale[channel] = Math.max(scale[channel]! / 127, LEAST_SCALE);
  for (let i = 0, channel = 0; i < values.length; i += inner, channel = (channel + 1) % scale.length) {
    for (let j = i; j < i + inner; j++) data[j] = Math.round(values[j]! / scale[channel]!);
  }
  return { data, scale };
}

/**
 * Writes values as `quantize` left them.
 *
 * @param into as many as are wanted, of which there are so many from value `first` on
 * @returns whether all are within `LIMIT`
 */
export function dequantize({ data, scale }: Quantized, shape: Shape, axis: number, into: Float32Array, first = 0): boolean {
  const inner = sizeOf(shape.slice(axis + 1));
  let channel = Math.floor(first / inner) % scale.length;
  let left = inner - (first % inner);
  for (let i = 0; i < into.length; i++) {
    into[i] = data[first + i]! * scale[channel]!;
    if (--left > 0) continue;
    left = inner;
    if (++channel === scale.length) channel = 0;
  }
  // No value is more than 128 times its scale.
  return scale.every((s) => Math.abs(s) < LIMIT / 128) || findOutside(into) < 0;
}
