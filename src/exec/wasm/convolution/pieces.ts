/** Convolutions by stored components go through in pieces, of each of which a thread has a share of its own. */
import type { Buffer, Partition } from "../instructions/instruction.ts";
import type { Piece } from "../instructions/transform.ts";

/** Elements between the end of a component and the next one, so that those of a tile do not fall into the same set of a cache. */
export const GAP = 16;

/** An axis in pieces of `step`, and what is left. */
export function piecesOf(size: number, step: number): Piece[] {
  return Array.from({ length: Math.ceil(size / step) }, (_, i) => ({ first: i * step, size: Math.min(step, size - i * step) }));
}

/** Of each piece, by its size, a thread has rows of its own, which it splits, multiplies and joins: they stay in its cache, and no thread waits for another. */
export function partitions(buffers: readonly Buffer[]): (size: number) => Partition {
  const known = new Map<number, Partition>();
  return (size) => {
    const partition = known.get(size) ?? { buffers };
    known.set(size, partition);
    return partition;
  };
}
