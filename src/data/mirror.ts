/** Images that may be turned left to right: twice as many as there are. */
import { fillUniforms, Stream } from "../core/random.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import type { Batch, DataFormat } from "./dataset.ts";
import type { BatchSource } from "./source.ts";

/**
 * A source of images each of which has left and right changed with probability 1/2, and of its condition too where that is an image. Which, follows from the seed and from how many images were taken before.
 *
 * @param format images [height, width, channels]
 */
export function mirrored(source: BatchSource, format: DataFormat, seed: number): BatchSource {
  const { heldOut } = source;
  const mirror = (batch: Batch, position: number): Batch => mirrorBatch(batch, position, format, seed);
  return {
    heldOut: heldOut && {
      take: async (position, count) => mirror(await heldOut.take(position, count), position),
      others: async (position, count) => mirror(await heldOut.others(position, count), position),
    },
    async take(position, count) {
      const batch = await source.take(position, count);
      return batch && mirror(batch, position);
    },
    close: () => source.close(),
  };
}

/** In arrays of its own, as a source may hand out the batch's once more. */
function mirrorBatch({ count, data, labels }: Batch, position: number, { shape, condition }: DataFormat, seed: number): Batch {
  const turned = Array.from({ length: count }, (_, i) => isTurned(seed, position + i));
  return {
    count,
    data: leftToRight(data, shape, turned),
    labels: labels && condition && "shape" in condition ? leftToRight(labels, condition.shape, turned) : labels,
  };
}

function isTurned(seed: number, position: number): boolean {
  const side = new Float32Array(1);
  fillUniforms(side, seed, Stream.mirror, position);
  return side[0]! < 0.5;
}

function leftToRight(images: Float32Array, shape: Shape, turned: readonly boolean[]): Float32Array {
  const [, width, channels] = shape as [number, number, number];
  const size = sizeOf(shape);
  const row = width * channels;
  const result = images.slice();
  for (const [i, isTurned] of turned.entries()) {
    if (!isTurned) continue;
    for (let start = i * size; start < (i + 1) * size; start += row) {
      for (let x = 0; x < row; x += channels) {
        for (let c = 0; c < channels; c++) result[start + row - channels - x + c] = images[start + x + c]!;
      }
    }
  }
  return result;
}
